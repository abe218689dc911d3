"""Stories of a whole site: tests that can never run, and strings in parallel on one bus bar."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from . import seen
from .charging import play_nights
from .checks import Check, Story, Verdict, says, says_not
from .monitor import START, Monitor
from .scene import DAY, HOUR, Scene, string

INTERVAL: Final = 30.0  # d between two tests of a battery, the default
NIGHT: Final = (1.0, 5.0)  # h, when tests may begin
OVERDUE: Final = ("overdue", "tests_missed", "testsmissed", "not_tested", "nottested")


def _solar(monitor: Monitor, *, days: int, amperes: float, hours: float) -> None:
    """Live on a site that is hardly ever on float, and note whether a test could have begun in a night."""
    possible = 0
    for sample in play_nights(monitor.settings, days=days, amperes=amperes, hours=hours):
        monitor.step(sample)
        hour = sample.at / HOUR % 24
        if NIGHT[0] <= hour < NIGHT[1] and seen.in_the_way(monitor.state, START + sample.at) is None:
            possible += 1
    monitor.notes["moments at which a test could begin"] = possible


def _float_site(monitor: Monitor, *, days: int) -> None:
    scene = Scene(settings=monitor.settings)
    for _ in range(days):
        monitor.hear(scene.floating(24.0, every=1200.0))
        if scene.at % (INTERVAL * DAY) < DAY:
            for battery in monitor.settings.batteries:
                monitor.test(battery, 0.004, scene.at)


def tests_that_cannot_run() -> Iterator[Story]:
    """Yield sites that leave no moment for a test, and one that does."""
    for name, amperes, hours, reported in (
        ("a solar house", -0.4, 13.0, True),
        ("a site that rests without a charger for 20 h a day", 0.0, 20.0, False),
    ):
        yield Story(
            number=15,
            name=f"{name}: no test can ever begin",
            settings=string(4),
            reported=reported,
            play=partial(_solar, days=75, amperes=amperes, hours=hours),
            checks=(says(OVERDUE, "that tests are overdue", after=2 * INTERVAL * DAY, within_s=5 * DAY),),
            every=600.0,
        )
    yield Story(
        number=15,
        name="on float all day, tested each month",
        settings=string(4),
        play=partial(_float_site, days=75),
        checks=(says_not(OVERDUE, "that tests are overdue"),),
        every=600.0,
    )


def _parallel(monitor: Monitor, *, shares: Sequence[float], load: float, hours: float) -> None:
    """Play strings that share a load unequally, side by side."""
    others = [Monitor(settings=string(20), every=600.0) for _ in shares]
    scenes = [Scene(settings=one.settings, seed=number) for number, one in enumerate(others)]
    for hour in range(int(hours) + 1):
        parts = [
            scene.part(HOUR, every=30.0, cell=2.06 - 0.02 * hour, current=-share * load)
            if hour
            else scene.floating(3.0, every=60.0)
            for scene, share in zip(scenes, shares, strict=True)
        ]
        for samples in zip(*parts, strict=True):
            strings = [(other.settings, sample) for other, sample in zip(others, samples, strict=True)]
            for other, sample in zip(others, seen.with_shares(strings), strict=True):
                other.step(sample)
    alarmed = [number for number, other in enumerate(others) for _, alarm in other.raised() if seen.of_share(alarm)]
    monitor.state = others[0].state
    monitor.notes["bank alarms"] = float(len(alarmed))


def _shared(expect: bool) -> Check:  # noqa: FBT001 - what is expected
    def look(monitor: Monitor) -> Verdict:
        count = int(monitor.notes["bank alarms"])
        return Verdict(ok=count == int(expect), seen=f"{count} alarms of the bank")

    return Check(expected="one alarm of the bank" if expect else "no alarm of the bank", look=look)


def parallel_strings() -> Iterator[Story]:
    """Yield strings that carry far more or less than their share, and strings that share as they should."""
    for shares, expect, reported in (
        ((0.7, 0.3), True, True),
        ((0.4, 0.4, 0.2), True, False),
        ((0.5, 0.5, 0.0), True, False),
        ((0.52, 0.48), False, False),
        ((0.35, 0.34, 0.31), False, False),
    ):
        yield Story(
            number=16,
            name=f"strings that share a load {' : '.join(f'{100 * one:.0f}' for one in shares)}",
            settings=string(20),
            reported=reported,
            play=partial(_parallel, shares=shares, load=40.0, hours=3.0),
            checks=(_shared(expect),),
            every=600.0,
        )
