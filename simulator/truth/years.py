"""Healthy lives of a year: nothing may be said of them. Steps are coarse while nothing happens."""

from collections.abc import Callable, Iterator
from functools import partial
from math import cos, tau
from random import Random
from typing import Any, Final

from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry

from . import seen
from .banks import OVERDUE
from .checks import Check, Story, Verdict, at_most, measured, says_not
from .circuit import HOUR, Circuit
from .monitor import Monitor
from .resistances import NEWER, UNSTEADY
from .scene import DAY, KINDS, MINUTE, Recorded, blocks, string

QUIET: Final = 280.0  # s between two samples while nothing happens; more than 300 s are a gap for the monitor
BUSY: Final = 30.0  # s while charge moves
YEAR: Final = 365.0  # d
TESTS: Final = 30  # d between two resistance tests
TEST_NOISE: Final = 0.015  # of a resistance test

type Plan = Callable[["Life"], None]  # lives one day


class Life:
    """A string that lives from day to day."""

    def __init__(
        self,
        monitor: Monitor,
        *,
        mean: float = 22.0,
        season: float = 3.0,
        day_swing: float = 1.0,
        float_voltage: float | None = None,
        charge_limit: float = 0.1,
        seed: int = 21,
    ) -> None:
        """Begin it full, on float, in a room that follows the seasons and the hours."""
        settings = monitor.settings
        self.monitor, self.settings, self.random = monitor, settings, Random(seed)
        self.kind = KINDS[settings.chemistry]
        self.float_voltage = float_voltage or self.kind.float_voltage
        self.mean, self.season, self.day_swing = mean, season, day_swing
        self.circuit = Circuit(
            blocks=blocks(settings, seed, temperature=self._room(0.0)),
            ambient=self._room(0.0),
            charge_voltage=self.float_voltage,
            charge_limit=charge_limit,
        )
        self.recorded = Recorded(settings=settings, circuit=self.circuit, seed=seed, physics=600.0)
        self.circuit.advance(DAY, 600.0)
        self.day = 0

    def idle(self, hours: float) -> None:
        """Live on as it is; samples are close together while charge moves."""
        ends = self.recorded.at + hours * HOUR
        while self.recorded.at < ends - 1:
            self.circuit.ambient = self._room(self.recorded.at)
            moving = abs(self.circuit.current) > 0.01 * self.circuit.capacity
            every = 2 * BUSY if moving else QUIET
            part = min(30 * MINUTE, ends - self.recorded.at)
            self.recorded.physics = 60.0 if moving else 300.0
            every = min(every, part)
            self.monitor.hear(self.recorded.run(round(part / every) * every, every=every))

    def fail(self, minutes: float, rate: float) -> None:
        """Let the mains fail for so many minutes."""
        held = self.circuit.charge_voltage
        self.circuit.charge_voltage, self.circuit.load = None, rate * self.settings.capacity
        self.recorded.physics = 5.0
        self.monitor.hear(self.recorded.run(30.0, every=3.0))
        self.recorded.physics = 20.0
        self.monitor.hear(self.recorded.run(minutes * MINUTE - 30.0, every=min(BUSY, max(1.0, minutes * MINUTE / 30))))
        self.circuit.charge_voltage = held
        self.recorded.physics = 30.0
        self.monitor.hear(self.recorded.run(5 * MINUTE, every=BUSY))

    def charge_at(self, volts: float | None, hours: float) -> None:
        """Set the charger to a voltage for so many hours."""
        self.circuit.charge_voltage = volts
        self.circuit.load = 0.0
        self.idle(hours)

    def test_all(self) -> None:
        """Test the resistance of each battery, one a minute."""
        for battery, block in zip(self.settings.batteries, self.circuit.blocks, strict=True):
            self.monitor.test(battery, block.resistance * self.random.gauss(1, TEST_NOISE), self.recorded.at)

    def _room(self, at: float) -> float:
        """Return the room's temperature in °C: coldest in January and before dawn."""
        year = -self.season * cos(tau * (at / DAY / 365.25 + 0.5))
        return self.mean + year - self.day_swing * cos(tau * (at / DAY - 0.2))


def _lived(monitor: Monitor, *, plan: Plan, days: int, tests: bool = True, **room: float) -> None:
    life = Life(monitor, **room)  # type: ignore[arg-type]
    for day in range(days):
        life.day = day
        plan(life)
        if tests and day % TESTS == TESTS - 1:
            life.test_all()
        life.idle((day + 1) * 24 - life.recorded.at / HOUR)
    monitor.notes["discharges"] = sum(one.discharge.drawn is not None for one in monitor.discharges())
    monitor.notes["days"] = life.recorded.at / DAY


def _ups(life: Life) -> None:
    """Test itself each week for 30 s at 2C, and carry the load for some minutes a few times a year."""
    life.idle(8.0)
    if life.day % 7 == 2:  # noqa: PLR2004 - a weekday
        life.fail(0.5, 2.0)
    if life.day % 61 == 40:  # noqa: PLR2004 - some day
        life.fail(life.random.uniform(3.0, 8.0), 1.5)


def _telecom(life: Life) -> None:
    """Lose the mains six times a day for some minutes, now and then for two hours."""
    for number in range(6):
        life.idle(2.0 + 2.0 * life.random.random())
        life.fail(120.0 if number == 3 and life.day % 20 == 10 else life.random.uniform(2.0, 20.0), 0.1)  # noqa: PLR2004


def _solar(life: Life) -> None:
    """Carry a small load by night; charge by day, on dark days less, with an absorption and then float."""
    night, dark = 13.0, life.random.random() < 0.15  # noqa: PLR2004 - one day in seven
    life.circuit.charge_voltage = None
    life.circuit.load = life.random.uniform(0.008, 0.02) * life.settings.capacity
    life.idle(night)
    life.circuit.charge_limit = 0.03 if dark else 0.12
    life.charge_at(life.kind.boost_voltage, 6.0)
    life.charge_at(life.float_voltage, 3.5)
    life.charge_at(None, 0.4)


def _nicd(life: Life) -> None:
    """Switch a substation's breakers, and lose the mains once a month, with a boost charge after it."""
    life.idle(9.0)
    if life.day % 30 == 12:  # noqa: PLR2004 - once a month
        life.fail(90.0, 0.2)
        life.charge_at(life.kind.boost_voltage, 8.0)
        life.circuit.charge_voltage = life.float_voltage


def _vented(life: Life) -> None:
    """Equalise each month at 2.38 V for ten hours, and discharge for an hour each quarter."""
    life.idle(7.0)
    if life.day % 90 == 45:  # noqa: PLR2004 - once a quarter
        life.fail(60.0, 0.15)
    if life.day % 30 == 20:  # noqa: PLR2004 - once a month
        life.charge_at(2.38, 10.0)
        life.circuit.charge_voltage = life.float_voltage


def _standby(life: Life) -> None:
    """Do nothing but float, and carry the load once a month."""
    life.idle(12.0)
    if life.day % 30 == 5:  # noqa: PLR2004 - once a month
        life.fail(15.0, 0.3)


def _healthy(
    name: str, settings: Settings, plan: Plan, *, tests: bool = True, days: int = int(YEAR), **room: Any
) -> Story:
    quiet: tuple[Check, ...] = (
        at_most(0),
        says_not(("becameweak", *UNSTEADY, *NEWER, *OVERDUE), "weak, unsteady, exchanged or overdue"),
        Check(expected="no dates", look=_no_dates),
        measured("days", days - 0.1, days + 0.1),
    )
    return Story(
        number=0,
        name=f"a healthy year: {name}" if days == int(YEAR) else f"{days} healthy days: {name}",
        settings=settings,
        play=partial(_lived, plan=plan, days=days, tests=tests, **room),
        checks=quiet,
        reported=days == int(YEAR),
        long=days == int(YEAR),
        every=HOUR,
    )


def _no_dates(monitor: Monitor) -> Verdict:
    dates = seen.replace_dates(monitor.state)
    return Verdict(ok=not dates, seen=f"{len(dates)} batteries")


def healthy() -> Iterator[Story]:
    """Yield a year of each kind of site, and a month of each, which is short enough to be tried often."""
    for days in (30, int(YEAR)):
        yield _healthy("UPS with weekly self-tests", string(20), _ups, days=days)
        yield _healthy(
            "telecom, six mains failures a day",
            string(24, Chemistry.VRLA_GEL, 2.0, 500.0),
            _telecom,
            days=days,
            day_swing=4.0,
            season=6.0,
        )
        yield _healthy("solar", string(4, capacity=200.0), _solar, days=days, tests=False, day_swing=4.0, season=7.0)
        yield _healthy("NiCd in a substation", string(92, Chemistry.NICD, 1.2, 200.0), _nicd, days=days)
        yield _healthy(
            "vented with equalisation", string(24, Chemistry.VENTED_LEAD_ACID, 2.0, 500.0), _vented, days=days
        )
        yield _healthy(
            "in a room without heating",
            string(20, limits={"ambient_low_warning": -10.0, "ambient_low_alarm": -20.0}),
            _standby,
            days=days,
            season=11.0,
            day_swing=5.0,
            mean=17.0,
        )
