"""The capacity test: a discharge that a person has announced, its end voltage and its result (IEEE 450, IEEE 1188).

It switches nothing. A person or a load bank discharges the string, and the test says when the end is reached.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from .capacity_result import CapacityTestResult, Outcome
from .discharge_recorder import Recording, capacity
from .events import CapacityTested, CapacityTestEnded, Discharge, DischargeEnded, Event
from .limits import DAY, HOUR
from .rate_class import coefficient, rate_class
from .settings import Settings

EXPIRES: Final = DAY  # s; a discharge that begins later is not the test
HELD: Final = 10.0  # s for which the voltage must be at the end voltage
PASSES: Final = 0.8  # of the rated capacity: a battery with less is to be replaced (IEEE 450 and 1188)


class Stage(StrEnum):
    """How far a test is."""

    ANNOUNCED = "announced"
    DISCHARGE = "discharge"
    END_VOLTAGE = "end_voltage"  # reached: the load is to be disconnected


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
    below_since: float | None = None  # since when the voltage is at the end voltage
    whole: bool = False  # whether the string was full before, and is monitored since
    at_end: Discharge | None = None  # the discharge when the end voltage was reached

    @property
    def stage(self) -> Stage:
        """How far the test is."""
        if self.start is None:
            return Stage.ANNOUNCED
        return Stage.DISCHARGE if self.at_end is None else Stage.END_VOLTAGE

    def cell_voltage(self, settings: Settings) -> float:
        """Return the end voltage of one cell in V."""
        return self.end_voltage if self.end_voltage is not None else settings.figure("end_voltage")


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
    settings: Settings, before: CapacityTests, recording: Recording | None, recorded: Sequence[Event], at: float
) -> tuple[CapacityTests, list[Event]]:
    """Follow a test; `recording` and `recorded` are the discharge and its events after this step."""
    test = before.now
    if test is None:
        return before, []
    if test.start is None:
        found = recording.discharge.start if recording is not None else None
        if found is None or not test.announced - HELD <= found <= test.announced + EXPIRES:
            return (before, []) if at - test.announced <= EXPIRES else _over(before, _not_begun(settings, test, at))
        test = replace(test, start=found)
    if recording is not None and recording.discharge.start == test.start:
        events: list[Event] = []
        if test.at_end is None:
            test = _watched(settings, test, recording, at)
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
        now=live.now or saved.now,
        last=live.last or saved.last,
        measured=live.measured or saved.measured,
        measured_before=live.measured_before or (saved.measured if live.measured else saved.measured_before),
        results=saved.results,
    )


def _not_begun(settings: Settings, test: CapacityTest, at: float) -> CapacityTestResult:
    """Return the result of a test whose discharge did not begin in time."""
    return replace(_result(settings, test, None, at), outcome=Outcome.NOT_BEGUN)


def _watched(settings: Settings, test: CapacityTest, recording: Recording, at: float) -> CapacityTest:
    """Return a test with what the present voltage of the string says."""
    discharge = recording.discharge
    voltage = discharge.end_voltage  # the last known one
    if voltage is None or voltage > test.cell_voltage(settings) * settings.all_cells:
        return replace(test, below_since=None, whole=recording.whole)
    since = at if test.below_since is None else test.below_since
    reached = replace(discharge, end=at) if at - since >= HELD else None
    return replace(test, below_since=since, whole=recording.whole, at_end=reached)


def _result(settings: Settings, test: CapacityTest, ended: Discharge | None, at: float) -> CapacityTestResult:
    """Return the result of a test whose discharge is over; `ended` is None if that was not monitored."""
    discharge = test.at_end or ended
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
    if discharge is None or discharge.interrupted:
        return replace(result, outcome=Outcome.INTERRUPTED)
    if test.at_end is None:
        return replace(result, outcome=Outcome.NOT_REACHED)
    if not test.whole:
        return replace(result, outcome=Outcome.NOT_FULL)
    if result.current is None or result.drawn is None:
        return replace(result, outcome=Outcome.NO_CURRENT)
    if test.rated is not None:
        hours = (result.end - result.start) / HOUR
        measured: float | None = _at_reference(settings, result.drawn, result.temperature, hours)
    elif rate_class(settings, result.current) is None:
        measured = capacity(settings, test.at_end)
    else:
        measured = None
    if measured is None:
        return replace(result, outcome=Outcome.NO_RATING)
    rated = test.rated if test.rated is not None else settings.capacity
    return replace(result, outcome=Outcome.MEASURED, capacity=measured, rated=rated)


def _at_reference(settings: Settings, drawn: float, temperature: float | None, hours: float) -> float:
    """Return Ah at the reference temperature, see `discharge_recorder.capacity`."""
    if temperature is None:
        return drawn
    difference = temperature - settings.figure("reference_temperature")
    return drawn / (1 + coefficient(settings, hours) * difference)


def set_back(tests: CapacityTests, by: float) -> CapacityTests:
    """Move the times of a test back, because the clock was set back; its discharge keeps its begin."""
    test = tests.now
    if test is None:
        return tests
    below = None if test.below_since is None else test.below_since - by
    return replace(tests, now=replace(test, announced=test.announced - by, below_since=below))
