"""The result of a capacity test."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """Whether a capacity test has a result, or why it has none."""

    MEASURED = "measured"
    NOT_BEGUN = "not_begun"  # no discharge began in time after the announcement
    NOT_REACHED = "not_reached"  # the discharge ended above the end voltage
    NOT_FULL = "not_full"  # before, or that is not known
    INTERRUPTED = "interrupted"  # a part of the discharge was not monitored
    CHANGED = "changed"  # a battery was replaced, added or taken out: it was not one string from begin to end
    CLOCK_SET = "clock_set"  # ahead, or the host was paused: more may have been drawn than was counted
    NO_CURRENT = "no_current"
    NO_RATING = "no_rating"  # what is rated at this current and end voltage is not known


@dataclass(frozen=True, kw_only=True, slots=True)
class CapacityTestResult:
    """The result of one capacity test. A figure that was not measured is None."""

    announced: float  # s since 1970, UTC
    announced_by: str | None
    start: float  # of the discharge; of a test that was not begun, when it was announced
    end: float  # when the end voltage was reached, or the discharge ended before; or when it was too late to begin
    duty: float | None  # A; None: the load as it was
    current: float | None  # A, the mean
    drawn: float | None  # Ah
    temperature: float | None  # °C
    cell_voltage: float  # V, the end voltage of one cell
    first_below: str | None  # the battery that reached the end voltage first
    passes: float  # of the rated capacity
    outcome: Outcome = Outcome.MEASURED
    capacity: float | None = None  # Ah at the reference temperature
    rated: float | None = None  # Ah

    @property
    def begun(self) -> bool:
        """Whether a discharge was this test."""
        return self.outcome is not Outcome.NOT_BEGUN

    @property
    def share(self) -> float | None:
        """The capacity over the rated one."""
        return None if self.capacity is None or not self.rated else self.capacity / self.rated

    @property
    def passed(self) -> bool | None:
        """Whether the test is passed; None without a result."""
        return None if self.share is None else self.share >= self.passes
