"""Stories of modules that stop answering: a whole string, most of it, or a single one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from custom_components.battery_bank.monitor.battery.settings import Settings

from .checks import Story, at_most, of_string
from .monitor import Monitor
from .scene import HOUR, Scene, string

LEAD_IN: Final = 3 * HOUR  # s on float before it begins
UNHEARD: Final = 12.0  # s: modules are offline after three missed rounds; until then only their answers are missing
FOUND_WITHIN: Final = 45.0  # s


@dataclass(frozen=True, kw_only=True)
class Silence:
    """Some modules that answer no more."""

    lost: int  # on batteries
    module: bool = False  # whether the string module still answers
    marked: bool = True  # whether they are marked as offline
    line: bool = False  # whether the line is known to be down
    lasts: float = 300.0  # s

    def play(self, monitor: Monitor) -> None:
        """Float, then stop answering."""
        scene = Scene(settings=monitor.settings)
        monitor.hear(scene.floating(LEAD_IN / HOUR))
        known = frozenset(monitor.settings.batteries[: self.lost])
        for seconds, silent in ((UNHEARD, False), (self.lasts - UNHEARD, self.marked)):
            if seconds <= 0:
                continue
            monitor.hear(
                scene.part(
                    seconds,
                    every=2.0,
                    cell=2.27,
                    current=0.1 if self.module else None,
                    ambient=25.0 if self.module else None,
                    unheard=range(1, self.lost + 1),
                    offline=known if silent else frozenset(),
                    string_offline=silent and not self.module,
                    line_down=self.line,
                )
            )

    def story(self, name: str, settings: Settings, *, quiet: bool = False, reported: bool = False) -> Story:
        """Return the story of it; of some nothing must be said."""
        return Story(
            number=3,
            name=name,
            settings=settings,
            reported=reported,
            play=self.play,
            checks=(at_most(0),) if quiet else (of_string(within=FOUND_WITHIN, after=LEAD_IN), at_most(3)),
        )


def silence() -> Iterator[Story]:
    """Yield strings that stop answering, as a whole or mostly, and single modules that do."""
    usual = string()
    yield Silence(lost=20).story("all 20 modules and the string module stop answering", usual, reported=True)
    yield Silence(lost=20, module=True).story("all 20 on batteries, the string module answers", usual)
    yield Silence(lost=12, module=True).story("12 of 20", usual)
    yield Silence(lost=240).story("all 240", string(240, nominal_voltage=2.0))
    yield Silence(lost=2).story("both of two", string(2))
    yield Silence(lost=20, line=True, marked=False).story("the line is down", usual)
    yield Silence(lost=20, marked=False).story("no answers, and not known to be offline yet", usual)
    yield Silence(lost=20).story("no string module, all 20 on batteries", string(measures_current=False))
    yield Silence(lost=1, module=True).story("one of 20 for 5 min", usual, quiet=True)
    yield Silence(lost=3, module=True).story("three of 20 for 5 min", usual, quiet=True)
    yield Silence(lost=20, marked=False, lasts=UNHEARD).story("no answers for 12 s from all", usual, quiet=True)
