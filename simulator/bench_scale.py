"""What lines of many batteries cost Home Assistant: set-up, restart, polling, memory, rows; and a plot of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
import time
from typing import Any, Final

from .bench_rig import (
    PROBED,
    Simulated,
    all_answered,
    memory,
    probed,
    processor_seconds,
    recorder_seconds,
    rows_since,
    simulated_lines,
    started,
    store_entries,
)
from .house import ROOT, House, configure

MOST: Final = 240  # batteries of a line
AFTER: Final = 15.0  # s after the entry is there, in which it is set up, saved and recorded
REST: Final = 15.0  # s, in which the lines are only polled
PLAIN: Final = "plain_entities"  # the integration that does nothing else
PLOT: Final = (640, 320, 60)  # px: width, height, border


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What so many batteries cost."""

    batteries: int
    share: float  # of one core while polling
    per_1000: float  # s of the processor per 1,000 readings
    restart: float  # s of the processor until all values are there
    until: float  # s from a restart until all values are there
    longest: str  # callback while polling and in a restart, with ms of the processor
    collection: float  # ms, the longest collection of garbage
    memory: float  # MB, above an empty Home Assistant
    rows: float  # of the database for each battery and hour

    def __str__(self) -> str:
        """Return the row of a Markdown table."""
        return (
            f"| {self.batteries} | {self.share:.1%} | {self.per_1000:.2f} s | {self.restart:.1f} s "
            f"| {self.until:.1f} s | {self.longest} | {self.collection:.0f} ms "
            f"| {self.memory:.0f} MB | {self.rows:.1f} |"
        )


HEADER: Final = """\
| batteries | share of a core | processor per 1,000 readings | restart, processor | restart until all values \
| longest callback | collector of garbage | memory | rows for each battery and hour |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


def sizes(batteries: int) -> list[int]:
    """Return the sizes of the lines that have so many batteries together, each a multiple of the strings."""
    lines = ceil(batteries / MOST)
    return [4 * round(batteries / lines / 4)] * lines


async def cost(batteries: int, *, baud: int, port: int, settle: float, window: float) -> Cost:
    """Measure so many batteries on as few lines as possible."""
    async with simulated_lines(sizes(batteries), baud) as (folder, lines):
        async with House.open(folder / "empty", port, program=PROBED) as house:
            await started(house)
            empty, idle = memory(house.pid), processor_seconds(house.pid)
        store_entries(folder / "house", lines)
        count = sum(line.batteries for line in lines)
        async with House.open(folder / "house", port, program=PROBED) as house:
            await started(house)
            await all_answered(lines)
            await asyncio.sleep(settle)
            before, seconds, since = _answered(lines), processor_seconds(house.pid), time.time()
            await asyncio.sleep(window)
            spent, answered = processor_seconds(house.pid) - seconds, _answered(lines) - before
            found = [await probed(house)]
            await house.stop()
            ended, (until, _) = since + window, await asyncio.gather(all_answered(lines), house.start())
            restart = processor_seconds(house.pid) - idle
            await asyncio.sleep(AFTER)
            found.append(await probed(house))
            used = memory(house.pid) - empty
        rows = rows_since(house, since) - rows_since(house, ended)  # those of the restart do not count
    return Cost(
        batteries=count,
        share=spent / window,
        per_1000=1000 * spent / answered,
        restart=restart,
        until=until,
        longest=_longest(found),
        collection=max(one["collection"] for one in found),
        memory=used,
        rows=rows / count * 3600 / window,
    )


async def scale(
    counts: Sequence[int], *, baud: int, port: int, settle: float, window: float, plot: Path | None
) -> None:
    """Measure several numbers of batteries, print the table and draw the plot."""
    print(f"\nLines of up to {MOST} batteries at {baud}; {window:.0f} s after {settle:.0f} s.\n")
    print(HEADER, flush=True)
    costs: list[Cost] = []
    for batteries in counts:
        costs.append(await cost(batteries, baud=baud, port=port, settle=settle, window=window))
        print(costs[-1], flush=True)
    if plot and len(costs) > 1:
        plot.write_text(drawn(costs))  # noqa: ASYNC240 - nothing else goes on


async def adding(lines: int, *, baud: int, port: int) -> None:
    """Add lines of 240 batteries over the flow, one after another, and print what each costs.

    Beside each, in a Home Assistant of its own, as many entities of an integration that does nothing else are added.
    """
    print(f"\nLines of {MOST} batteries at {baud}, added over the flow one after another.\n")
    print(
        "| line | processor | of it polls of all lines | left | of it the recorder | as many plain entities "
        "| of it the recorder | ratio | collector of garbage | its longest | longest callback |\n"
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
        flush=True,
    )
    async with (
        simulated_lines([MOST] * lines, baud) as (folder, found),
        House.open(folder / "house", port, program=PROBED) as house,
        House.open(_with_plain_entities(folder / "plain"), port + 1, program=PROBED) as plain,
    ):
        await started(house)
        await started(plain)
        await probed(house)
        for number, line in enumerate(found, 1):
            before, polled = processor_seconds(house.pid), _answered(found)
            recorded = recorder_seconds(house.pid)
            await configure(house, str(line.port), first=1, last=line.last, capacity=100, baudrate=baud)
            scanned = _answered([line])  # the answers that follow are to polls
            await all_answered([line])
            await asyncio.sleep(AFTER)
            seen: dict[str, Any] = await probed(house)
            spent, polls = processor_seconds(house.pid) - before, _answered(found) - polled - scanned
            recorded = recorder_seconds(house.pid) - recorded
            polling = polls * await _cost_of_a_poll(house, found)
            bare_recorded = recorder_seconds(plain.pid)
            bare = await _plain_entities(plain)
            bare_recorded = recorder_seconds(plain.pid) - bare_recorded
            print(
                f"| {number} | {spent:.1f} s | {polling:.1f} s for {polls} | {spent - polling:.1f} s "
                f"| {recorded:.1f} s | {bare:.1f} s | {bare_recorded:.1f} s "
                f"| {(spent - polling) / bare:.2f} | {seen['collections']:.1f} s | {seen['collection']:.0f} ms "
                f"| {_longest([seen])} |",
                flush=True,
            )


def _with_plain_entities(folder: Path) -> Path:
    """Make a folder of a house that has the plain integration in place of this one."""
    components = folder / "custom_components"
    components.mkdir(parents=True)
    (components / PLAIN).symlink_to(ROOT / "simulator" / PLAIN)
    return folder


async def _plain_entities(house: House) -> float:
    """Return the s of the processor for as many plain entities as a line of 240 batteries has."""
    before = processor_seconds(house.pid)
    await house.post("/api/config/config_entries/flow", {"handler": PLAIN})
    await asyncio.sleep(AFTER)
    return processor_seconds(house.pid) - before


async def _cost_of_a_poll(house: House, lines: Sequence[Simulated]) -> float:
    """Return the s of the processor for a poll while nothing is added, without the recorder.

    Every five minutes the recorder also works out the statistics of all sensors.
    """
    seconds, answered = _without_recorder(house), _answered(lines)
    await asyncio.sleep(REST)
    return (_without_recorder(house) - seconds) / max(1, _answered(lines) - answered)


def _without_recorder(house: House) -> float:
    return processor_seconds(house.pid) - recorder_seconds(house.pid)


def drawn(costs: Sequence[Cost]) -> str:
    """Return a plot of the share of a core and of the memory against the number of batteries, as SVG."""
    width, height, border = PLOT
    most = max(one.batteries for one in costs)
    lines = {
        "share of a core, %": ("#1f77b4", [100 * one.share for one in costs]),
        "memory, MB": ("#d62728", [one.memory for one in costs]),
    }
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" style="font: 12px sans-serif">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    inner, tall = width - 2 * border, height - 2 * border
    for place, (name, (colour, values)) in enumerate(lines.items()):
        top = max(values)
        points = [
            (border + inner * one.batteries / most, height - border - tall * value / top)
            for one, value in zip(costs, values, strict=True)
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in [(border, height - border), *points])
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        at = border - 8 if place == 0 else width - border + 8
        side = "end" if place == 0 else "start"
        parts.append(f'<text x="{at}" y="{border + 4}" fill="{colour}" text-anchor="{side}">{top:.0f}</text>')
        parts.append(f'<text x="{border + 10 + 200 * place}" y="{border - 20}" fill="{colour}">{name}</text>')
    parts += [
        f'<text x="{border + inner * one.batteries / most:.1f}" y="{height - border + 18}" text-anchor="middle">'
        f"{one.batteries}</text>"
        for one in costs
    ]
    parts.append(f'<text x="{width / 2}" y="{height - 12}" text-anchor="middle">batteries</text>')
    parts.append(
        f'<path d="M{border} {border}V{height - border}H{width - border}" fill="none" stroke="black"/></svg>\n'
    )
    return "".join(parts)


def _longest(found: Sequence[dict[str, Any]]) -> str:
    """Return the longest callback that probes have found, with its name."""
    took, name = max(one["longest"][0] for one in found)
    return f"{took:.0f} ms ({name})"


def _answered(lines: Sequence[Simulated]) -> int:
    """Return the number of answers so far."""
    return sum(len(line.answers()) for line in lines)
