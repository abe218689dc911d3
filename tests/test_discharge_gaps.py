"""One failure of the mains is one discharge, whatever is not monitored for up to five minutes of it."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from custom_components.battery_bank.monitor.battery import watch
from custom_components.battery_bank.monitor.battery.events import (
    Discharge,
    DischargeEnded,
    DischargeStarted,
    Event,
    OperatingState,
)
from custom_components.battery_bank.monitor.battery.running_state import Running
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.state_of_charge import Charge
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry

BEGIN = 1.8e9  # s since 1970
MINUTE = 60.0  # s
HOUR = 3600.0  # s
LOAD = 90.0  # A
MODES = {"chemistry": Chemistry.VRLA_AGM, "nominal_voltage": 12.0, "capacity": 200.0, "current_step": 0.1}
SETTINGS = Settings(batteries=("a", "b", "c", "d"), **MODES)  # type: ignore[arg-type]
WITHOUT_MODULE = Settings(batteries=("a", "b", "c", "d"), measures_current=False, **MODES)  # type: ignore[arg-type]

type Span = tuple[float, float]  # s since the mains have failed, from and until


class Outage:
    """A failure of the mains, with parts of the monitoring missing for spans of it."""

    def __init__(
        self,
        lasts: float,
        *,
        module: tuple[Span, ...] = (),
        line: tuple[Span, ...] = (),
        settings: Settings = SETTINGS,
        load: Callable[[float], float] = lambda _: LOAD,
        every: float = 5.0,
    ) -> None:
        """Live through float, the failure and 10 min of recharge."""
        self.events: list[Event] = []
        self.charge: list[tuple[float, float | None]] = []  # s since the begin, and the state of charge
        self.states: list[tuple[float, OperatingState | None]] = []
        state = StringState(running=Running(charge=Charge(state=1.0, full_at=BEGIN)))
        seconds, drawn = -30 * MINUTE, 0.0
        while seconds < lasts + 10 * MINUTE:
            seconds += every
            fails = 0 <= seconds < lasts
            current = -load(seconds) if fails else 0.1 if seconds < 0 else 20.0
            drawn += load(seconds) * every / HOUR if fails else 0.0
            if fails:
                cell = 2.06 - 0.0006 * load(seconds) - 0.002 * drawn
            else:
                cell = 2.27 if seconds < 0 else min(2.25, 2.12 + 0.0003 * (seconds - lasts))
            down = any(begin <= seconds < end for begin, end in line)
            silent = down or any(begin <= seconds < end for begin, end in module)
            sample = Sample(
                at=BEGIN + seconds,
                voltages={} if down else dict.fromkeys(settings.batteries, 6 * cell),
                current=None if silent or not settings.measures_current else current,
                line_down=down,
                string_offline=silent and not down,
            )
            state, events = watch.step(settings, state, sample)
            self.events += events
            self.charge.append((seconds, state.running.state_of_charge))
            self.states.append((seconds, state.running.condition.condition))
        self.drawn = drawn

    @property
    def ended(self) -> list[Discharge]:
        """All discharges that have ended."""
        return [event.discharge for event in self.events if isinstance(event, DischargeEnded)]

    @property
    def begins(self) -> int:
        """How many discharges have begun."""
        return sum(isinstance(event, DischargeStarted) for event in self.events)


GAPS: list[tuple[tuple[Span, ...], tuple[Span, ...]]] = [
    (((300, 440),), ((340, 400),)),  # the string module first, then the line, then the module again
    (((300, 350),), ((340, 400),)),
    (((390, 440),), ((340, 400),)),
    (((350, 390),), ((340, 400),)),
    (((300, 310), (400, 410)), ((310, 400),)),
    ((), ((300, 310),)),
    ((), ((300, 540),)),
    (((300, 540),), ()),
    (((300, 590),), ((310, 320), (400, 460))),
    (((300, 580),), ((320, 560),)),
    (((1500, 1740),), ((1540, 1600),)),
    (((20, 160),), ((60, 120),)),
]


@pytest.mark.parametrize("lasts", [30 * MINUTE, 60 * MINUTE])
@pytest.mark.parametrize(("module", "line"), GAPS)
def test_one_failure_of_the_mains_is_one_discharge(
    module: tuple[Span, ...], line: tuple[Span, ...], lasts: float
) -> None:
    outage = Outage(lasts, module=module, line=line)
    (discharge,) = outage.ended
    assert outage.begins == 1
    assert not discharge.interrupted
    assert discharge.end is not None
    assert discharge.end - discharge.start == pytest.approx(lasts, abs=15)
    assert discharge.drawn == pytest.approx(outage.drawn, rel=0.02)
    assert discharge.rate == pytest.approx(LOAD, rel=0.02)


@pytest.mark.parametrize("line", [((300, 310),), ((300, 360),), ((300, 540),), ((300, 340), (350, 400))])
def test_a_string_without_a_module_goes_on_with_its_discharge_too(line: tuple[Span, ...]) -> None:
    outage = Outage(30 * MINUTE, line=line, settings=WITHOUT_MODULE)
    (discharge,) = outage.ended
    assert outage.begins == 1
    assert discharge.drawn is None


@pytest.mark.parametrize("lighter", [60.0, 30.0])
@pytest.mark.parametrize("after", [-20.0, 0.0, 20.0])
def test_a_load_that_becomes_lighter_while_the_current_is_unknown_ends_nothing(lighter: float, after: float) -> None:
    outage = Outage(30 * MINUTE, module=((900, 1180),), load=lambda seconds: LOAD if seconds < 900 + after else lighter)
    assert outage.begins == len(outage.ended) == 1


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ((), ((1140, 1260),)),
        (((1100, 1300),), ((1140, 1260),)),
        (((1100, 1700),), ((1140, 1260),)),
        (((1100, 1700),), ()),
        (((1198, 1300),), ()),
        (((1190, 1260),), ((1100, 1190),)),
    ],
)
def test_the_end_of_a_discharge_during_a_gap_is_seen(module: tuple[Span, ...], line: tuple[Span, ...]) -> None:
    """The mains are back after 20 min, while the current or everything is unknown."""
    outage = Outage(20 * MINUTE, module=module, line=line)
    (discharge,) = outage.ended
    assert outage.begins == 1
    assert discharge.end is not None
    assert 0 <= discharge.end - BEGIN - 1200 <= 75  # at most the rest of the outage of the line
    seen = next(seconds for seconds, state in outage.states if state is OperatingState.RECHARGE)
    assert seen <= 1260 + 40


def test_a_gap_of_more_than_five_minutes_leaves_no_mean_current() -> None:
    outage = Outage(30 * MINUTE, module=((300, 900),))
    (discharge,) = outage.ended
    assert discharge.interrupted
    assert discharge.rate is None


def test_an_end_without_a_current_leaves_no_mean_current() -> None:
    """What was drawn in the last minutes is missing."""
    outage = Outage(20 * MINUTE, module=((1000, 1700),))
    (discharge,) = outage.ended
    assert discharge.interrupted
    assert discharge.rate is None


@pytest.mark.parametrize("lasts", [30 * MINUTE, 60 * MINUTE])
@pytest.mark.parametrize(
    ("module", "line"), [*GAPS, (((300, 900),), ()), (((300, 1500),), ()), (((300, 1500),), ((600, 800),))]
)
def test_the_charge_does_not_rise_in_a_discharge(
    module: tuple[Span, ...], line: tuple[Span, ...], lasts: float
) -> None:
    outage = Outage(lasts, module=module, line=line)
    known = [share for seconds, share in outage.charge if share is not None and 0 <= seconds < lasts]
    assert known[-1] < known[0]
    assert max(after - before for before, after in pairwise(known)) <= 1e-9
