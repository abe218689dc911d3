"""The capacity test: a discharge that a person has announced, its end voltage and its result (IEEE 450, IEEE 1188).

It switches nothing. A person or a load bank discharges the string, and the test says when the end is reached.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from . import end_voltage
from .capacity_result import CapacityTestResult, Outcome
from .discharge_recorder import Recording, at_reference, capacity
from .end_voltage import Look
from .events import CapacityTested, CapacityTestEnded, Discharge, DischargeEnded, Event
from .limits import DAY, HOUR
from .rate_class import rate_class
from .sample import Sample
from .settings import Settings

EXPIRES: Final = DAY  # s; a discharge that begins later is not the test
BEFORE: Final = 10.0  # s; a discharge that began so much earlier, and was not believed yet, is the test too
CUT: Final = 0.002  # V per cell above the end voltage, at which a load that has cut itself off was at the end voltage
PASSES: Final = 0.8  # of the rated capacity: a battery with less is to be replaced (IEEE 450 and 1188)


class Stage(StrEnum):
    """How far a test is."""

    ANNOUNCED = "announced"
    DISCHARGE = "discharge"
    END_VOLTAGE = "end_voltage"  # reached: the load is to be disconnected


@dataclass(frozen=True, kw_only=True, slots=True)
class Basis:
    """Settings of the string when a test began. Those that are changed while it is under way do not count for it."""

    capacity: float  # Ah
    end_voltage: float  # V of one cell
    reference_temperature: float  # °C
    batteries: tuple[str, ...] = ()  # none in the state of an earlier release

    def applied(self, settings: Settings) -> Settings:
        """Return the settings as they were."""
        figures = {"end_voltage": self.end_voltage, "reference_temperature": self.reference_temperature}
        return replace(settings, capacity=self.capacity, figures={**settings.figures, **figures})


@dataclass(frozen=True, kw_only=True, slots=True)
class CapacityTest:
    """A test that is announced or under way."""

    announced: float  # s since 1970, UTC
    announced_by: str | None = None  # who announced it; None for an automation
    current: float | None = None  # A of a constant duty; None: the load as it is
    end_voltage: float | None = None  # V of one cell; None: that of the string
    rated: float | None = None  # Ah at this duty, down to the end voltage; None: the nameplate, corrected for the rate
    passes: float = PASSES  # of the rated capacity
    start: float | None = None  # of the discharge, which is the test
    basis: Basis | None = None  # known since the begin
    # The last looks at the voltage. A restart starts without them: they are not saved.
    looks: tuple[Look, ...] = field(default=(), metadata={"serialize": "omit"})
    above: Look | None = None  # the last time that it was seen above its end voltage, which a restart does not forget
    uneven: bool = False  # whether the load changed too much for a rate, see `Recording.is_uneven`
    doubtful: bool = False  # whether a part of what was drawn is in doubt, see `Recording.is_doubtful`
    whole: bool = False  # whether the string was full before, and is monitored since
    changed: bool = False  # whether a battery was replaced, added or taken out before the end voltage
    at_end: Discharge | None = None  # the discharge when the end voltage was reached

    @property
    def stage(self) -> Stage:
        """How far the test is."""
        if self.start is None:
            return Stage.ANNOUNCED
        return Stage.DISCHARGE if self.at_end is None else Stage.END_VOLTAGE

    def cell_voltage(self, settings: Settings) -> float:
        """Return the end voltage of one cell in V."""
        if self.end_voltage is not None:
            return self.end_voltage
        return self.basis.end_voltage if self.basis is not None else settings.figure("end_voltage")


@dataclass(frozen=True, kw_only=True, slots=True)
class CapacityTests:
    """The test that is announced or under way, and the last results. The journal has all of them."""

    now: CapacityTest | None = None
    last: CapacityTestResult | None = None  # of the last test, whatever came of it
    measured: CapacityTestResult | None = None  # of the last test that measured the capacity
    measured_before: CapacityTestResult | None = None  # of the one before that one
    # What a state has that was saved before the journal had a table for them: they are written to it at a start.
    results: tuple[CapacityTestResult, ...] = ()


def step(
    settings: Settings,
    before: CapacityTests,
    recording: Recording | None,
    recorded: Sequence[Event],
    sample: Sample,
    *,
    discharging: bool,
) -> tuple[CapacityTests, list[Event]]:
    """Follow a test; `recording` and `recorded` are the discharge and its events after this step.

    `discharging` is whether the load is there: the voltages of a discharge that may be over are not those of the test.
    """
    test, at = before.now, sample.at
    if test is None:
        return before, []
    if test.start is None:
        found = recording.discharge.start if recording is not None else None
        if found is None or not test.announced - BEFORE <= found <= test.announced + EXPIRES:
            return (before, []) if at - test.announced <= EXPIRES else _over(before, _not_begun(settings, test, at))
        basis = Basis(
            capacity=settings.capacity,
            end_voltage=settings.figure("end_voltage"),
            reference_temperature=settings.figure("reference_temperature"),
            batteries=settings.batteries,
        )
        test = replace(test, start=found, basis=basis)
    elif test.at_end is None and test.basis is not None and test.basis.batteries:
        test = replace(test, changed=test.changed or set(test.basis.batteries) != set(settings.batteries))
    if recording is not None and recording.discharge.start == test.start:
        discharge = recording.discharge
        if test.at_end is None and (discharge.interrupted or discharge.drawn is None or test.changed):
            # Nothing can come of it any more: the technician at the load is notified now, not after hours.
            return _over(before, _result(settings, test, replace(discharge, end=at - recording.ahead), at))
        events: list[Event] = []
        if test.at_end is None and discharging:
            test = _watched(settings, test, recording, sample)
            if test.at_end is not None:
                events.append(CapacityTestEnded(at=at, voltage=test.cell_voltage(settings) * settings.all_cells))
        return replace(before, now=test), events
    ended = next((one.discharge for one in recorded if isinstance(one, DischargeEnded)), None)
    ended = ended if ended is not None and ended.start == test.start else None
    return _over(before, _result(settings, test, ended, at))


def _over(before: CapacityTests, result: CapacityTestResult) -> tuple[CapacityTests, list[Event]]:
    """Return the tests after this one, and its event."""
    return replace(_with(before, result), now=None), [CapacityTested(result=result)]


def _with(tests: CapacityTests, result: CapacityTestResult) -> CapacityTests:
    if result.outcome is not Outcome.MEASURED:
        return replace(tests, last=result)
    return replace(tests, last=result, measured=result, measured_before=tests.measured)


def kept(tests: CapacityTests) -> CapacityTests:
    """Return the tests of a saved state whose results are in the journal now."""
    after = replace(tests, results=())
    for result in tests.results:
        after = _with(after, result)
    return after


def resumed(saved: CapacityTests, live: CapacityTests) -> CapacityTests:
    """Return the saved tests with what came of a test since the start."""
    return CapacityTests(
        now=saved.now or live.now,
        last=live.last or saved.last,
        measured=live.measured or saved.measured,
        measured_before=live.measured_before or (saved.measured if live.measured else saved.measured_before),
        results=saved.results,
    )


def _not_begun(settings: Settings, test: CapacityTest, at: float) -> CapacityTestResult:
    """Return the result of a test whose discharge did not begin in time."""
    return replace(_result(settings, test, None, at), outcome=Outcome.NOT_BEGUN)


def _watched(settings: Settings, test: CapacityTest, recording: Recording, sample: Sample) -> CapacityTest:
    """Return a test with what the present voltage of the string says."""
    looks, discharge = end_voltage.looked(test.looks, sample, recording), recording.discharge
    hours = (sample.at - recording.ahead - discharge.start) / HOUR
    uneven = recording.is_uneven(settings if test.basis is None else test.basis.applied(settings), hours)
    test = replace(test, whole=recording.whole, doubtful=recording.is_doubtful, uneven=uneven)
    if looks is test.looks:
        return test
    cells = settings.all_cells
    limit = test.cell_voltage(settings) * cells
    reached = end_voltage.reached(looks, test.above, discharge.start, limit, cells)
    if reached is None:
        return replace(test, looks=looks, above=end_voltage.last_above(looks, test.above, limit))
    # The capacity counts down to the end voltage, and not down to the voltage of the last look.
    at_end = replace(
        discharge,
        end=reached.at,
        drawn=reached.drawn,
        end_voltage=reached.voltage,
        interrupted=discharge.interrupted or reached.unseen,
    )
    return replace(test, looks=(), at_end=at_end)


def _cut_off(settings: Settings, test: CapacityTest, ended: Discharge | None) -> Discharge | None:
    """Return a discharge whose load has cut itself off at the end voltage, sooner than this could be seen."""
    if ended is None or ended.end is None:
        return None
    last = end_voltage.at_once(test.looks, ended.end)
    limit = (test.cell_voltage(settings) + CUT) * settings.all_cells
    return ended if last is not None and last <= limit else None


def _result(settings: Settings, test: CapacityTest, ended: Discharge | None, at: float) -> CapacityTestResult:
    """Return the result of a test whose discharge is over; `ended` is None if that was not monitored."""
    settings = settings if test.basis is None else test.basis.applied(settings)
    at_end = test.at_end or _cut_off(settings, test, ended)
    discharge = at_end or ended
    result = CapacityTestResult(
        announced=test.announced,
        announced_by=test.announced_by,
        start=test.start or test.announced,
        end=discharge.end if discharge is not None and discharge.end is not None else at,
        duty=test.current,
        current=discharge.rate if discharge else None,
        drawn=discharge.drawn if discharge else None,
        temperature=discharge.temperature if discharge else None,
        cell_voltage=test.cell_voltage(settings),
        first_below=discharge.first_below if discharge else None,
        passes=test.passes,
    )
    if (why := _no_result(test, discharge, at_end)) is not None:
        return replace(result, outcome=why)
    if at_end is None or result.current is None or result.drawn is None:
        return replace(result, outcome=Outcome.NO_CURRENT)
    if test.rated is not None:
        hours = (result.end - result.start) / HOUR
        measured: float | None = at_reference(settings, result.drawn, result.temperature, hours)
    elif test.uneven or rate_class(settings, result.current) or result.cell_voltage < settings.figure("end_voltage"):
        measured = None
    else:
        measured = capacity(settings, at_end)
    if measured is None:
        return replace(result, outcome=Outcome.NO_RATING)
    rated = test.rated if test.rated is not None else settings.capacity
    return replace(result, outcome=Outcome.MEASURED, capacity=measured, rated=rated)


def _no_result(test: CapacityTest, discharge: Discharge | None, at_end: Discharge | None) -> Outcome | None:
    """Return why a test whose discharge is over has no result; None if it may have one."""
    if test.changed:
        return Outcome.CHANGED
    if discharge is None or discharge.interrupted:
        return Outcome.INTERRUPTED
    if at_end is None:
        return Outcome.NOT_REACHED
    if not test.whole:
        return Outcome.NOT_FULL
    return Outcome.CLOCK_SET if test.doubtful else None


def replaced(tests: CapacityTests, at: float) -> tuple[CapacityTests, list[Event]]:
    """Refuse the result of a test in which a battery was replaced at a time, in s since 1970, and return its event.

    Of an earlier day only the day is known, so `at` is its begin. A replacement that may have been in the test counts.
    """
    test, last = tests.now, tests.last
    if test is not None and test.start is not None and test.at_end is None and at + DAY > test.start:
        tests = replace(tests, now=replace(test, changed=True))
    if last is None or last.outcome is not Outcome.MEASURED or not last.start - DAY < at < last.end:
        return tests, []
    result = replace(last, outcome=Outcome.CHANGED, capacity=None, rated=None)
    after = replace(tests, last=result, measured=tests.measured_before, measured_before=None)
    return after, [CapacityTested(result=result)]


def set_back(tests: CapacityTests, by: float) -> CapacityTests:
    """Move the times of a test back, because the clock was set back; its discharge keeps its begin."""
    test = tests.now
    return tests if test is None else replace(tests, now=replace(test, announced=test.announced - by))
