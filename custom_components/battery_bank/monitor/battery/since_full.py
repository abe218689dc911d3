"""The time since a string that is cycled was last full: a lead-acid battery that is never full sulphates."""

from dataclasses import dataclass, replace
from typing import Final

from .counters import Flow
from .events import OperatingState
from .limits import DAY, HOUR
from .operating_state import Cells
from .sample import Sample
from .settings import Settings

USED: Final = 0.2  # of C10 in Ah: a string from which less was drawn stands by on float, and is not cycled [I]
# Without a current, a string is full after so long at a voltage close to float voltage or above it …
HELD: Final = 12 * HOUR
BELOW_FLOAT: Final = 0.02  # V per cell
ASSUMED: Final = 0.05  # … and a discharge is assumed to draw so much, in times C10 [I]


@dataclass(frozen=True, kw_only=True, slots=True)
class SinceFull:
    """When a string was last full, and how much was drawn from it since."""

    at: float | None = None  # s since 1970; when the monitoring began, if it was not full since. A gap moves it
    drawn: float = 0.0  # Ah
    held_since: float | None = None  # without a current: since when its voltage is that of a charge

    def days(self, now: float) -> float:
        """Return the days since it was full, or since the monitoring began."""
        return max(0.0, now - self.at) / DAY if self.at is not None else 0.0

    def never_full(self, settings: Settings, now: float) -> float:
        """Return the days that a string was cycled without being full; 0 for one that stands by on float."""
        return self.days(now) if self.drawn > USED * settings.capacity else 0.0


def step(
    settings: Settings,
    before: SinceFull,
    sample: Sample,
    flow: Flow,
    cells: Cells | None,
    condition: OperatingState | None,
    *,
    full_at: float | None,
) -> SinceFull:
    """Count one interval; `full_at` is when the string was last seen to be full by its current, s since 1970."""
    now = sample.at
    if before.at is None:
        return SinceFull(at=now if full_at is None else min(full_at, now))
    if full_at is not None and full_at > before.at:
        return SinceFull(at=full_at)
    if settings.measures_current:
        drawn = max(0.0, -(flow.charge or 0.0))
        return replace(before, drawn=before.drawn + drawn) if drawn else before
    return _from_voltage(settings, before, flow, cells, condition, now)


def _from_voltage(
    settings: Settings, before: SinceFull, flow: Flow, cells: Cells | None, condition: OperatingState | None, now: float
) -> SinceFull:
    if cells is None:
        return before
    if condition is OperatingState.DISCHARGE:
        drawn = before.drawn + ASSUMED * settings.capacity * max(0.0, flow.seconds) / HOUR
        return replace(before, drawn=drawn, held_since=None)
    held = cells.voltage >= settings.figure("float_voltage") + cells.compensation - BELOW_FLOAT
    if not held or condition is OperatingState.REST:
        return replace(before, held_since=None) if before.held_since is not None else before
    if before.held_since is None:
        return replace(before, held_since=now)
    return SinceFull(at=now, held_since=before.held_since) if now - before.held_since >= HELD else before
