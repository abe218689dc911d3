"""The track of the discharge under way: means of a few seconds to minutes, kept in memory for the remaining time.

The curves in the journal have fewer points, and single ones: they are to be looked at. The track is for calculation.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from .discharge_recorder import Recording
from .events import CurvePoint
from .limits import HOUR, MINUTE
from .load_steps import RESTED
from .sample import Sample
from .settings import Settings

STEP: Final = 0.002  # V per cell, and …
PAUSE: Final = 2 * MINUTE  # … s, after which a point ends
# Shares of the time since the begin: a long discharge needs no closer points, and has no more than about a thousand.
PAUSE_SHARE: Final = 1 / 200
LEAST_SHARE: Final = 1 / 500
LEAST: Final = 2.0  # s of a point
LOAD_STEP: Final = 0.05  # of the mean current: a change of the load, which ends a point
RECENT: Final = MINUTE  # s, for the mean of the present current
SHORTEST: Final = 10.0  # s of a new load, until its mean is taken for the present current


@dataclass(frozen=True, kw_only=True, slots=True)
class Observed:
    """The means of a string over a short part of its discharge."""

    seconds: float  # since the discharge began
    voltage: float  # V
    drawn: float  # Ah since the discharge began
    current: float  # A, discharge positive


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """The points of a discharge in the order of time, and the sums of the point that is not ended yet."""

    points: tuple[Observed, ...] = ()
    now: Observed | None = None  # the last sample
    began: float = 0.0  # s since the discharge began, of the first sample in the sums
    count: int = 0
    seconds: float = 0.0  # these are sums of `count` samples
    voltage: float = 0.0
    drawn: float = 0.0
    current: float = 0.0

    @property
    def observed(self) -> tuple[Observed, ...]:
        """All points and the last sample."""
        return self.points if self.now is None else (*self.closed(), self.now)

    def current_at(self, seconds: float) -> float:
        """Return the current in A at a time; the nearest one known before the first point or after the last."""
        points = self.observed
        place = bisect_left(points, seconds, key=lambda point: point.seconds)
        near = points[max(place - 1, 0) : place + 1] or points[-1:]
        return min(near, key=lambda point: abs(point.seconds - seconds)).current if near else 0.0

    def present_current(self, since: float) -> float | None:
        """Return the mean current in A of the last minute, or of less if the load has changed at `since`."""
        if self.now is None:
            return None
        at = self.now.seconds
        begin = max(at - RECENT, since) if at - since >= SHORTEST else at - RECENT
        recent = [point.current for point in self.observed if point.seconds >= begin]
        return sum(recent) / len(recent)

    def moved(self, by: float) -> Track:
        """Return the same so many s earlier."""
        return replace(
            self,
            points=tuple(replace(point, seconds=point.seconds - by) for point in self.points),
            now=replace(self.now, seconds=self.now.seconds - by) if self.now else None,
            began=self.began - by,
            seconds=self.seconds - by * self.count,
        )

    def closed(self) -> tuple[Observed, ...]:
        """Return all points with the one under way, as if it ended now."""
        if not self.count:
            return self.points
        mean = Observed(
            seconds=self.seconds / self.count,
            voltage=self.voltage / self.count,
            drawn=self.drawn / self.count,
            current=self.current / self.count,
        )
        return (*self.points, mean)


def step(settings: Settings, before: Track, recording: Recording, sample: Sample) -> Track:
    """Add a sample of a discharge, as it was recorded."""
    discharge = recording.discharge
    if sample.current is None or not sample.voltages or discharge.drawn is None or discharge.end_voltage is None:
        return before
    now = Observed(
        seconds=sample.at - recording.ahead - discharge.start,
        voltage=discharge.end_voltage,
        drawn=discharge.drawn,
        current=-sample.current,
    )
    if before.now is not None:
        if now.drawn <= before.now.drawn:
            return before
        if now.seconds <= before.now.seconds:  # the clock was set back
            before = before.moved(before.now.seconds - now.seconds + LEAST)
    end = settings.figure("end_voltage") * settings.all_cells
    at_end = before.now is not None and now.voltage <= end < before.now.voltage
    if before.count and (at_end or _ends(settings, before, now)):
        # When a rest began is known by the last sample before it.
        last = (before.now,) if before.now is not None and before.count > 1 and _rested(before.now, now) else ()
        before = replace(
            before,
            points=(*before.closed(), *last),
            count=0,
            seconds=0.0,
            voltage=0.0,
            drawn=0.0,
            current=0.0,
        )
    if at_end:  # where the end voltage was reached must not be blurred
        return replace(before, points=(*before.points, now), now=now)
    return replace(
        before,
        now=now,
        began=before.began if before.count else now.seconds,
        count=before.count + 1,
        seconds=before.seconds + now.seconds,
        voltage=before.voltage + now.voltage,
        drawn=before.drawn + now.drawn,
        current=before.current + now.current,
    )


def restored(points: Sequence[CurvePoint]) -> Track:
    """Return a track from the curve of a string in the journal, after a restart."""
    known = recorded(points)
    observed = [
        Observed(seconds=seconds, voltage=voltage, drawn=drawn, current=(drawn - drawn_before) / passed * HOUR)
        for (before, _, drawn_before), (seconds, voltage, drawn) in pairwise(known)
        if (passed := seconds - before) > 0 and drawn > drawn_before
    ]
    return Track(points=tuple(observed))


def recorded(points: Sequence[CurvePoint]) -> list[tuple[float, float, float]]:
    """Return s, V and Ah of the points whose V and Ah are known."""
    return [
        (point.seconds, point.voltage, point.drawn)
        for point in points
        if point.voltage is not None and point.drawn is not None
    ]


def _ends(settings: Settings, before: Track, now: Observed) -> bool:
    """Whether the point under way has to end before this sample."""
    length = now.seconds - before.began
    if length < max(LEAST, LEAST_SHARE * now.seconds):
        return False
    voltage, current = before.voltage / before.count, before.current / before.count
    return (
        length >= max(PAUSE, PAUSE_SHARE * now.seconds)
        or abs(now.voltage - voltage) >= STEP * settings.all_cells
        or _rested(before.now, now)
        or abs(now.current - current) >= max(LOAD_STEP * current, settings.dead_band)
    )


def _rested(before: Observed | None, now: Observed) -> bool:
    """Whether there was no load between two samples: those of a rest are left out."""
    if before is None:
        return False
    least = min(before.current, now.current)
    return (now.drawn - before.drawn) * HOUR < RESTED * least * (now.seconds - before.seconds)
