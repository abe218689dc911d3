"""The hostile clock: it is set ahead and back, and the machine is paused, while a string lives for weeks.

No counter may fall, no time and no charge may be counted that did not pass, and each gap has to be recorded.
"""

from dataclasses import astuple, fields, replace
from math import isfinite
from pathlib import Path
from random import Random
import time
from typing import Final

from custom_components.battery_bank.monitor.battery import watch
from custom_components.battery_bank.monitor.battery.counters import LONGEST_GAP, Counters
from custom_components.battery_bank.monitor.battery.events import MonitoringGap
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry

from ..lives import DAY, Life
from .tally import Tally

DAYS: Final = 2.0  # of a life
OFTEN: Final = 0.01  # the chance of each sample to come after a change of the clock
HOUR: Final = 3600.0  # s
LOAD: Final = 20.0  # A
KNOWN: Final = 0.5  # the chance that the elapsed time shows by how much the clock was set
SET: Final = (1.0, 59.0, 61.0, 299.0, 301.0, 340.0, HOUR, 3 * HOUR, DAY, 40 * DAY, 4000 * DAY)  # s, and beside them
BRIDGED: Final = LONGEST_GAP / HOUR  # h that each change of the clock may add, as a short gap is bridged


class _Trial:
    """A life whose clock is set again and again."""

    def __init__(self, seed: str, tally: Tally) -> None:
        self._random = Random(seed)
        self._tally = tally
        self._seed = seed
        self._life = Life(random=self._random, batteries=4, quiet=30.0)
        self._settings = Settings(
            batteries=self._life.ids,
            chemistry=Chemistry.VRLA_AGM,
            nominal_voltage=12.0,
            capacity=self._life.capacity,
            installed=self._life.start - DAY,
            measures_current=True,
            current_step=self._life.step,
        )
        self._offset = 0.0  # s by which the clock is wrong
        self._known = 0.0  # s of that change that the elapsed time shows: not after a restart
        self._changes = 0
        self._next = 0.0

    def run(self) -> None:
        """Live, and compare after each step."""
        state, latest, before, at = StringState(), 0.0, Counters(), 0.0
        for sample in self._life.live(DAYS, self._mains):
            if self._random.random() < OFTEN:
                self._set()
            at, last = self._life.now + self._offset, at
            state, events = watch.step(self._settings, state, replace(sample, at=at, set_by=self._known))
            self._known = 0.0
            counters = state.running.counters
            self._compare(before, counters)
            gaps = [event for event in events if isinstance(event, MonitoringGap)]
            if last and at - max(last, latest) > LONGEST_GAP and not any(gap.end == at for gap in gaps):
                self._lose(f"no gap was recorded from {max(last, latest):.0f} to {at:.0f}")
            before, latest = counters, max(latest, at)

    def _mains(self, day: float) -> None:
        """Let the mains fail for an hour each half a day."""
        string, seconds = self._life.string, day * DAY
        mains = seconds % (DAY / 2) > HOUR
        if mains != string.mains:
            string.mains, string.load = mains, LOAD
            self._life.settle()

    def _set(self) -> None:
        """Set the clock, or pause the machine: then the string lives on, and the monitor does not see it."""
        seconds = self._random.choice(SET) + self._random.uniform(-0.5, 0.5)
        what = self._random.choice(("ahead", "back", "paused"))
        self._tally.tried[f"clock set {what}" if what != "paused" else "machine paused"] += 1
        self._changes += 1
        before = self._offset
        if what == "paused":
            self._life.elapsed += min(seconds, HOUR)
        else:
            self._offset += seconds if what == "ahead" else -seconds
        self._offset = max(self._offset, -self._life.now + DAY)  # not before 1970
        if self._random.random() < KNOWN:
            self._known = min(seconds, HOUR) if what == "paused" else self._offset - before

    def _compare(self, before: Counters, counters: Counters) -> None:
        for name, old, new in zip(
            (one.name for one in fields(Counters)), astuple(before), astuple(counters), strict=True
        ):
            if not isfinite(new) or new < old:
                self._lose(f"{name} went from {old} to {new}")
        lived = self._life.elapsed / HOUR
        if counters.watched > lived + self._changes * BRIDGED + 0.1:
            self._lose(f"{counters.watched:.2f} h are counted of {lived:.2f} h")
        most = LOAD * (lived / 12 + 1) + self._changes * BRIDGED * LOAD  # Ah; an hour each 12 h
        if counters.drawn > 1.02 * most:
            self._lose(f"{counters.drawn:.1f} Ah are counted as drawn, and at most {most:.1f} Ah were")

    def _lose(self, what: str) -> None:
        if len(self._tally.lost) < 20:  # noqa: PLR2004 - the first are enough
            self._tally.lost.append(f"{what} (seed {self._seed})")


def hostile_clock(seed: int, ends: float, folder: Path) -> Tally:
    """Try the hostile clock again and again until `ends`, s of the monotonic clock; one life at least."""
    del folder  # nothing is written
    tally, number = Tally(name="Clock"), 0
    while time.monotonic() < ends or not number:
        _Trial(f"{seed} {number} clock", tally).run()
        tally.counted["days of a string"] += round(DAYS)
        number += 1
    return tally
