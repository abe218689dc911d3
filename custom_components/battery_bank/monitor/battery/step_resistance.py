"""The resistance of each battery from steps of the load, for modules that measure none: change of voltage over current.

Two times of one discharge with two currents, as for the internal resistance by direct current of IEC 61951 and 61960
(hoecherl-hackl.de). The voltage also moves by what the reaction itself takes (polarisation), so a value is higher than
that of a resistance test, by an amount that the batteries of one string have in common. It is for comparing them with
each other, and with their own past.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import sqrt
from statistics import median
from typing import Final

from .sample import Sample
from .settings import Settings

STEP: Final = 0.05  # of C10 in A: the least change of the current
LOADED: Final = 0.05  # of C10 in A: the least load on both sides. At less, the polarisation changes most.
CONSTANT: Final = 0.03  # of a current, by which it may move from its mean and is still constant …
NOISE: Final = 3.0  # … or so many steps of the resolution
LONGEST_PAUSE: Final = 5.0  # s without a current, in which it may have moved
HELD: Final = 3.0  # s for which a current has to be constant before a step
CONFIRMED: Final = 2.0  # s for which the current is still constant after a voltage was read
WINDOW: Final = 60.0  # s before and after a step, in which a voltage has to be read …
MOST: Final = 0.75  # … of so many of the batteries: the median of fewer is not that of the string
# Of the median: a battery that shows less was read before the step, whatever its module says, and so may have been
# others. If it is the same one more than `ENOUGH` times in a row, its module measures something else.
STALE: Final = 0.25
KEPT: Final = 9  # steps
ENOUGH: Final = 5  # steps for a value
COARSEST: Final = 0.15  # of the median of the string, as the uncertainty of one step
SURE: Final = 2.0  # standard deviations of the range that is shown
OF_MEDIAN: Final = 1.25  # the standard deviation of a median over that of a mean
OF_DEVIATIONS: Final = 1.4826  # the standard deviation over the median deviation

type Readings = Mapping[str, tuple[float, float]]  # by battery: time, V
type Steps = Mapping[str, tuple[OneStep, ...]]  # by battery, the last ones, the newest at the end


@dataclass(frozen=True, kw_only=True, slots=True)
class OneStep:
    """What one step said of a battery. The names of the fields are stored."""

    at: float  # s since 1970, UTC: of the step
    ohms: float
    string_median: float  # Ω, of all batteries in this step
    uncertainty: float  # Ω, the standard deviation by the resolution of voltage and current


@dataclass(frozen=True, kw_only=True, slots=True)
class StepResistance:
    """The resistance of a battery from its last steps, in Ω, and the range in which it can be compared."""

    ohms: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """A time of constant current, and the voltages that were surely read in it."""

    since: float  # s since 1970, UTC
    until: float
    current: float  # A, the mean
    samples: int = 1
    first: Readings = field(default_factory=dict)
    last: Readings = field(default_factory=dict)
    waiting: Readings = field(default_factory=dict)  # read in it, unless the current has moved just then

    @property
    def held(self) -> bool:
        """Whether the current was constant for long enough."""
        return self.until - self.since >= HELD


@dataclass(frozen=True, kw_only=True, slots=True)
class Track:
    """The present current, and the one before it. Nothing of it is saved: a restart may hide a change."""

    now: Level | None = None
    before: Level | None = None
    wrong: Mapping[str, int] = field(default_factory=dict)  # how many steps in a row a battery showed hardly anything


def step(settings: Settings, track: Track, known: Steps, sample: Sample) -> tuple[Track, Steps]:
    """Take a sample of a string; return the track, and the last steps of each battery."""
    now, current = track.now, sample.current
    at = sample.at if sample.current_at is None else sample.current_at
    if now is not None and current is not None and sample.current_at == now.until:
        return track, known  # the same reading again: the load may have changed since
    if current is None or current > -LOADED * settings.capacity:
        return _over(settings, track, known, Track()) if now else (track, known)
    fresh = Level(since=at, until=at, current=current)
    if now is None or not 0 <= at - now.until <= LONGEST_PAUSE:
        return _over(settings, track, known, Track(now=fresh))
    if abs(current - now.current) > max(CONSTANT * abs(now.current), NOISE * settings.current_step):
        # A current that was not held is a part of the step, if the step takes no longer than a pause.
        before = now if now.held else track.before
        if before is not None and at - before.until > LONGEST_PAUSE:
            before = None
        return _over(settings, track, known, Track(now=fresh, before=before))
    now = _grown(now, sample, current, at)
    if track.before is not None and at > now.since + WINDOW + CONFIRMED:
        return _over(settings, track, known, Track(now=now))
    return replace(track, now=now), known


def _grown(level: Level, sample: Sample, current: float, now: float) -> Level:
    """Return a level with one more sample; each voltage waits until the current is known to have stayed.

    `now` is when that current was read.
    """
    sure = {battery: one for battery, one in level.waiting.items() if now - one[0] >= CONFIRMED}
    waiting = {battery: one for battery, one in level.waiting.items() if battery not in sure}
    for battery, voltage in sample.voltages.items():
        at = sample.read_at.get(battery, sample.at)
        newest = sure.get(battery) or level.last.get(battery)
        if battery not in waiting and at >= level.since and (newest is None or at > newest[0]):
            waiting[battery] = (at, voltage)
    return Level(
        since=level.since,
        until=now,
        current=level.current + (current - level.current) / (level.samples + 1),
        samples=level.samples + 1,
        first={**sure, **level.first},
        last={**level.last, **sure},
        waiting=waiting,
    )


def _over(settings: Settings, track: Track, known: Steps, after: Track) -> tuple[Track, Steps]:
    """Return the track after a step that is over now, and the steps with it, for the batteries that were read."""
    after = replace(after, wrong=track.wrong)
    before, now = track.before, track.now
    if before is None or now is None or not now.held:
        return after, known
    change = now.current - before.current
    if abs(change) < STEP * settings.capacity:
        return after, known
    measured = {
        battery: (voltage - earlier[1]) / change
        for battery, (at, voltage) in now.first.items()
        if (earlier := before.last.get(battery)) is not None
        and before.until - earlier[0] <= WINDOW
        and at - now.since <= WINDOW
    }
    if not measured or len(measured) < MOST * len(settings.batteries):
        return after, known
    middle = median(measured.values())
    wrong = {one: track.wrong.get(one, 0) + 1 for one, ohms in measured.items() if ohms <= max(0.0, STALE * middle)}
    after = replace(after, wrong=wrong)
    measured = {one: ohms for one, ohms in measured.items() if wrong.get(one, 0) <= ENOUGH}
    if not wrong.keys().isdisjoint(measured) or len(measured) < MOST * len(settings.batteries):
        return after, known
    middle = median(measured.values())
    # Two readings, each rounded: the variance of both is a sixth of the square of the resolution.
    uncertainty = sqrt((settings.voltage_step**2 + (middle * settings.current_step) ** 2) / 6) / abs(change)
    if uncertainty > COARSEST * middle:
        return after, known
    found = dict(known)
    for battery, ohms in measured.items():
        one = OneStep(at=now.since, ohms=ohms, string_median=middle, uncertainty=uncertainty)
        found[battery] = (*known.get(battery, ()), one)
    # A battery that was offline has no older steps than the others: those of another load can't be compared.
    oldest = sorted({one.at for steps in found.values() for one in steps})[-KEPT:][0]
    lately = ((battery, tuple(one for one in steps if one.at >= oldest)) for battery, steps in found.items())
    return after, {battery: steps for battery, steps in lately if steps}


def resistance(known: Steps, battery: str) -> StepResistance | None:
    """Return the resistance of a battery from its string's last steps, and its range; None until there are enough.

    What all batteries have in common differs from step to step, so the medians of both parts are taken: of the string,
    and of the difference from it. The first is of all steps of the string, also of those that this battery missed: of
    its own only it would be that of another load.
    """
    steps = known.get(battery, ())
    if len(steps) < ENOUGH:
        return None
    apart = [one.ohms - one.string_median for one in steps]
    middle = median(apart)
    scatter = OF_DEVIATIONS * median(abs(one - middle) for one in apart)
    single = max(scatter, median(one.uncertainty for one in steps))
    around = SURE * OF_MEDIAN * single / sqrt(len(steps))
    ohms = median(one.string_median for one in max(known.values(), key=len)) + middle
    return StepResistance(ohms=ohms, low=ohms - around, high=ohms + around)
