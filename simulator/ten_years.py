"""How big ten years of a bank of 240 batteries are, and how fast they are read: `python -m simulator.ten_years`."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median
import tempfile
import time
from typing import Final

from custom_components.battery_bank.monitor.battery import events
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.journal.store import Journal

type Query = Callable[[Journal], Awaitable[object]]

STRINGS: Final = [f"01K6ZQ3V9F8W7N5R4T2X1Y0{number:03d}" for number in range(12)]  # as long as ids of subentries are
BATTERIES: Final = [f"b{number}" for number in range(1, 21)]
BEGIN: Final = 1_790_000_000.0
MONTH: Final = 365.25 * 86400 / 12
POINTS: Final = 200  # of each battery and of the string, in each discharge
RUNS: Final = 5
WARNING: Final = events.Level.WARNING
ALARM: Final = events.Alarm(
    kind=AlarmKind.DEVIATION, battery=None, level=WARNING, value=14.1, limit=14.0, raised=BEGIN, worst=WARNING
)
DOCUMENT: Final = 50_000  # bytes of a string's running state


def discharge(random: Random, start: float) -> Iterator[events.Event]:
    """Invent a discharge of a string: its figures, and a point of every curve every 90 s or so."""
    for number in range(POINTS):
        seconds = 90 * number + random.uniform(0, 3)
        drawn = seconds / 36
        sag = 0.9 + 0.1 * (1 - number / POINTS)
        measured = [(None, 252 * sag), *((battery, 12.6 * sag + random.gauss(0, 0.05)) for battery in BATTERIES)]
        points = [
            events.CurvePoint(battery=one, seconds=seconds, voltage=volts, drawn=drawn) for one, volts in measured
        ]
        yield events.DischargePoints(start=start, points=tuple(points))
    whole = events.Discharge(start=start, end=start + 90 * POINTS, drawn=500.0, energy=120_000.0, end_voltage=226.8)
    yield events.DischargeEnded(discharge=replace(whole, lowest_battery="b7", lowest_voltage=11.1, temperature=22.5))


def month(random: Random, number: int) -> Iterator[events.Event]:
    """Invent a month of a string: tests, a discharge, alarms, and a battery replaced now and then."""
    start = BEGIN + number * MONTH
    for place, battery in enumerate(BATTERIES):
        value = 0.0012 * (1 + 0.003 * number) * random.uniform(0.97, 1.03)
        at = start + 600 * place
        test = events.ResistanceTest(battery=battery, at=at, ohmic_value=value, temperature=22.0, string_median=0.0012)
        yield events.ResistanceTested(test=test)
        renewed = number > 0 and random.random() < 1 / 100
        if renewed:
            yield events.Replaced(battery=battery, at=at + 100, by="Ilse", serial=f"{random.randrange(10**8):08d}")
        if renewed or number in {0, 3}:
            kind = events.BaselineKind.FINAL if number else events.BaselineKind.PROVISIONAL
            baseline = events.Baseline(battery=battery, kind=kind, ohmic_value=value, at=at + 200)
            yield events.BaselineSet(baseline=baseline)
    yield from discharge(random, start + 10 * 86400)
    for _ in range(random.choice((3, 4))):  # 500 a year in 12 strings
        raised = start + random.uniform(0, MONTH)
        cleared = None if random.random() < 1 / 50 else raised + 3600
        alarm = replace(ALARM, kind=random.choice(list(AlarmKind)), battery=random.choice(BATTERIES))
        alarm = replace(alarm, raised=raised, cleared=cleared)
        yield events.AlarmRaised(alarm=alarm) if alarm.cleared is None else events.AlarmCleared(alarm=alarm)


async def fill(path: Path, years: int, keep: float) -> None:
    """Write all the years month by month, and forget curves as they grow older than `keep` years."""
    random = Random(10)
    journal = await Journal.open(path)
    for number in range(12 * years):
        for string in STRINGS:
            await journal.write(string, list(month(random, number)), {"running": random.randbytes(DOCUMENT)})
        await journal.purge_curves(BEGIN + (number + 1 - 12 * keep) * MONTH)
    await journal.close()


async def everything(journal: Journal, since: float) -> None:
    """Read what the monitor needs when it starts, with the tests of the last year."""
    for string in STRINGS:
        await journal.load(string, "running")
        await journal.resistance_tests(string, since=since)
        await journal.baselines(string)
        await journal.replacements(string)
        await journal.open_alarms(string)


def queries(years: int) -> dict[str, Query]:
    """Return what is asked for, by what it is."""
    string, battery = STRINGS[5], BATTERIES[7]
    year = BEGIN + (years - 1) * 12 * MONTH
    last = BEGIN + (12 * years - 1) * MONTH + 10 * 86400
    return {
        "tests of a battery": lambda journal: journal.resistance_tests(string, battery=battery, current_only=False),
        "tests of a string": lambda journal: journal.resistance_tests(string, current_only=False),
        "tests of a string's present batteries": lambda journal: journal.resistance_tests(string),
        "baselines of a string": lambda journal: journal.baselines(string),
        "last 20 discharges of a string": lambda journal: journal.discharges(string, limit=20),
        "curves of a discharge": lambda journal: journal.curve(string, last),
        "open alarms of a string": lambda journal: journal.open_alarms(string),
        "alarms of a string in a year": lambda journal: journal.alarms(string, since=year, limit=1000),
        "what a start needs, of all strings": lambda journal: everything(journal, year),
    }


async def timed(path: Path, query: Query | None) -> float:
    """Return the ms that a query takes on the file freshly opened; None is the opening itself."""
    began = time.perf_counter()
    journal = await Journal.open(path)
    if query is not None:
        began = time.perf_counter()
        await query(journal)
    took = time.perf_counter() - began
    await journal.close()
    return 1000 * took


async def run(path: Path, years: int, keep: float) -> None:
    """Fill a journal and print what it is like, as a table in Markdown."""
    began = time.perf_counter()
    await fill(path, years, keep)
    print(f"Filled in {time.perf_counter() - began:.0f} s.\n")
    print(f"| {years} years of {len(STRINGS) * len(BATTERIES)} batteries, curves of {keep:g} years | |\n|---|---:|")
    print(f"| size of the file | {path.stat().st_size / 1e6:.1f} MB |")  # noqa: ASYNC240 - nothing else goes on
    asked: dict[str, Query | None] = {"opening, with a check of the whole file": None, **queries(years)}
    for name, query in asked.items():
        print(f"| {name} | {median([await timed(path, query) for _ in range(RUNS)]):.1f} ms |")


def main() -> None:
    """Start from the command line."""
    parser = argparse.ArgumentParser(prog="python -m simulator.ten_years", description=__doc__)
    parser.add_argument("--years", type=int, default=10)
    parser.add_argument("--keep", type=float, default=3.0, help="years that curves are kept (default: 3)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder) / "line.db", options.years, options.keep))


if __name__ == "__main__":
    main()
