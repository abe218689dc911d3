"""Simulated sites: each has a journal and sends it as a Home Assistant does, with what happens at random.

`python -m fleet.trial.sites --folder FOLDER --mqtt HOST:PORT …` runs until SIGTERM; then nothing happens any more,
and it ends with status 0 when everything is acknowledged.
"""

import argparse
import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
import json
import logging
from pathlib import Path
from random import Random
import signal
import time
from typing import Any, Final
from uuid import uuid4

import aiomqtt

from custom_components.battery_bank.monitor.battery import events
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.capacity_result import CapacityTestResult
from custom_components.battery_bank.monitor.journal.sender import FIRST_PATIENCE, ROOT, VERSION, Sender
from custom_components.battery_bank.monitor.journal.store import Journal

BATTERIES: Final = 24
SNAPSHOT: Final = 10.0  # s between two snapshots; a real site sends one a minute
DAY: Final = 86400.0
RETRY: Final = 1.0  # s
LOGGER: Final = logging.getLogger(__name__)
QUIET: Final = logging.getLogger(f"{__name__}.client")
QUIET.setLevel(logging.ERROR)


class Site:
    """One site with one line of one string."""

    def __init__(self, number: int, options: argparse.Namespace) -> None:
        """Keep the journal in the folder of the options, and send to one of their brokers."""
        self.name, self.line, self.string = f"site{number:05}", f"line{number:05}", f"string{number:05}"
        self.path = options.folder / f"{self.name}.db"
        self._options = options
        self._random = Random(time.time_ns() + number)  # noqa: S311 - noise, not secrets
        self._number = number
        self._sender = Sender(self._publish_journal, time.monotonic, run=uuid4().hex, patience=options.patience)
        self._client: aiomqtt.Client | None = None
        self._batteries = [f"battery{number:05}x{place:02}" for place in range(1, BATTERIES + 1)]
        self._discharge: events.Discharge | None = None

    async def run(self, stopping: asyncio.Event) -> None:
        """Live until stopped, and then until everything is acknowledged."""
        journal = await Journal.open(self.path)
        await self._prefill(journal, self._options.rows)
        await self._sender.begin(journal.outbox, time.time())
        others = [asyncio.create_task(work) for work in (self._stay_connected(), self._live(journal, stopping))]
        last = False
        while not last or await journal.outbox.waiting(2**62):
            if stopping.is_set() and others[1].done() and not last:
                await journal.outbox.note_later()
                last = True
            pause = await self._sender.step(journal.outbox) if self._client else RETRY
            await asyncio.sleep(pause)
        for other in others:
            other.cancel()
        await journal.close()

    async def _prefill(self, journal: Journal, rows: int) -> None:
        """Write a past of so many resistance tests."""
        if rows and not await journal.resistance_tests(self.string):
            now = time.time()
            for begin in range(0, rows, 1000):
                tests = [self._test(now - DAY - 3600 * place) for place in range(begin, min(rows, begin + 1000))]
                await journal.write(self.string, tests)

    async def _live(self, journal: Journal, stopping: asyncio.Event) -> None:
        """Write what happens at random, so many times a second."""
        while not stopping.is_set():
            documents = {"running": json.dumps({"counters": {"drawn": round(time.time() % 1e6, 1)}}).encode()}
            await journal.write(self.string, list(self._happens()), documents)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._random.expovariate(self._options.rate)):
                    await stopping.wait()

    def _happens(self) -> Sequence[events.Event]:
        """Return something that may happen to a string."""
        random, now = self._random, time.time()
        if self._discharge:
            return self._discharging(self._discharge, now)
        battery = random.choice(self._batteries)
        level = events.Level.WARNING
        alarm = events.Alarm(
            kind=random.choice(list(AlarmKind)),
            battery=battery,
            level=level,
            value=14.1,
            limit=14.0,
            raised=now,
            worst=level,
        )
        cleared = replace(alarm, raised=now - 60, cleared=now)
        baseline = events.Baseline(battery=battery, kind=events.BaselineKind.FINAL, ohmic_value=0.0012, at=now)
        discharge = events.Discharge(start=now, drawn=0.0, start_voltage=54.0)
        test = CapacityTestResult(
            announced=now - 40000,
            announced_by="Anna",
            start=now - 36000,
            end=now,
            duty=10.0,
            current=10.1,
            drawn=101.0,
            temperature=22.5,
            cell_voltage=1.8,
            first_below=battery,
            passes=0.8,
            capacity=99.4,
            rated=100.0,
        )
        choices: tuple[Sequence[events.Event], ...] = (
            [events.CapacityTested(result=test)],
            [events.AlarmRaised(alarm=alarm)],
            [events.AlarmCleared(alarm=cleared)],
            [events.Replaced(battery=battery, at=now - 1), events.BaselineSet(baseline=baseline)],
            [events.MonitoringGap(start=now - 10, end=now)],
            [events.DischargeStarted(discharge=discharge)],
            [self._test(now, battery)],
        )
        happened = random.choice(choices)
        if isinstance(happened[0], events.DischargeStarted):
            self._discharge = discharge
        return happened

    def _discharging(self, discharge: events.Discharge, now: float) -> Sequence[events.Event]:
        seconds = now - discharge.start
        measured = [(None, 48.0), *((battery, self._random.gauss(12, 0.05)) for battery in self._batteries)]
        points = tuple(
            events.CurvePoint(battery=one, seconds=seconds, voltage=volts, drawn=seconds / 36)
            for one, volts in measured
        )
        happened: list[events.Event] = [events.DischargePoints(start=discharge.start, points=points)]
        if self._random.random() < 1 / 5:
            self._discharge = None
            happened.append(events.DischargeEnded(discharge=replace(discharge, end=now, drawn=seconds / 36)))
        return happened

    def _test(self, at: float, battery: str | None = None) -> events.ResistanceTested:
        test = events.ResistanceTest(
            battery=battery or self._random.choice(self._batteries),
            at=at,
            ohmic_value=self._random.gauss(0.0012, 0.0001),
            temperature=22.5,
            string_median=0.0012,
        )
        return events.ResistanceTested(test=test)

    async def _stay_connected(self) -> None:
        """Connect to the next broker whenever the last one is gone; tell what the site is, and its figures."""
        number = self._number
        while True:
            host, _, port = self._options.mqtt[number % len(self._options.mqtt)].rpartition(":")
            number += 1
            client = aiomqtt.Client(
                host,
                int(port),
                identifier=self.name,
                protocol=aiomqtt.ProtocolVersion.V311,
                keepalive=self._options.keepalive,
                logger=QUIET,
            )
            with suppress(aiomqtt.MqttError):
                async with client:
                    await client.subscribe(self._topic("ack"), qos=0)
                    self._client = client
                    self._sender.start_over()
                    figures = asyncio.create_task(self._publish_figures(client))
                    try:
                        async for message in client.messages:
                            if isinstance(message.payload, bytes):
                                self._sender.answered(message.payload)
                    finally:
                        figures.cancel()
                        self._client = None
            await asyncio.sleep(RETRY)

    async def _publish_journal(self, payload: bytes) -> None:
        if client := self._client:
            with suppress(aiomqtt.MqttError):  # it is sent again
                await client.publish(self._topic("journal"), payload, qos=1)

    async def _publish_figures(self, client: aiomqtt.Client) -> None:
        with suppress(aiomqtt.MqttError):
            await client.publish(self._topic("birth"), json.dumps(self.birth()), qos=1, retain=True)
            await asyncio.sleep(self._random.uniform(0, SNAPSHOT))
            while True:
                await client.publish(self._topic("snapshot"), json.dumps(self.snapshot()), retain=True)
                await asyncio.sleep(SNAPSHOT)

    def _topic(self, name: str) -> str:
        return f"{ROOT}/{self.name}/{self.line}/{name}"

    def _head(self) -> dict[str, Any]:
        return {"version": VERSION, "at": time.time(), "site": self.name, "line": self.line}

    def birth(self) -> dict[str, Any]:
        """Return what the site is."""
        batteries = [{"id": battery, "number": number} for number, battery in enumerate(self._batteries, 1)]
        string = {
            "id": self.string,
            "name": "A",
            "battery_module": "ta",
            "string_module": "tc",
            "chemistry": "vrla_agm",
            "nominal_voltage": 2.0,
            "cells": 1,
            "capacity": 500.0,
            "installed": "2020-05-01",
            "design_life": 12.0,
            "test_days": 7,
            "batteries": batteries,
        }
        of_home = {"home": "Simulated", "time_zone": "UTC", "release": "0.0.0", "home_assistant": "0.0.0"}
        return self._head() | {"name": f"Line of {self.name}", **of_home, "strings": [string]}

    def snapshot(self) -> dict[str, Any]:
        """Return figures like those of a site."""
        random, status = self._random, self._sender.status
        position: dict[str, Any] = {"run": self._sender.run}
        if status:
            position |= {"stream": status.stream, "acknowledged": status.acknowledged}
        batteries = []
        for number, battery in enumerate(self._batteries, 1):
            ratio = 100 + 3 * (number % 7) + self._number % 40
            risk = "replace" if ratio > 150 else "weak" if ratio > 130 else "watch" if ratio > 120 else "stable"  # noqa: PLR2004
            values = {
                "voltage": round(random.gauss(2.25, 0.005), 3),
                "temperature": round(random.gauss(23, 0.3), 1),
                "resistance": round(0.6 * ratio / 100, 3),
                "resistance_ratio": ratio,
                "risk": risk,
                "health": round(10000 / ratio),
                "deviation": 0.002,
            }
            if risk != "stable":
                values["replace_from"] = time.time() + DAY * (200 - ratio) * 10
            batteries.append({"id": battery, "number": number, "values": values})
        of_string: dict[str, Any] = {"voltage": 54.0, "current": 0.2, "condition": "float", "state_of_charge": 100}
        if self._discharge:
            of_string |= {"condition": "discharge", "remaining_time": 3600.0, "current": -50.0}
        string = {
            "id": self.string,
            "name": "A",
            "discharging_since": self._discharge.start if self._discharge else None,
            "values": of_string,
            "batteries": batteries,
        }
        of_line = {"round_time": 1.9, "modules_answering": BATTERIES + 1, "alarm_level": "ok", "alarms": 0}
        return self._head() | position | {"backlog": 0, "values": of_line, "strings": [string]}


async def run(options: argparse.Namespace) -> None:
    """Run all sites until SIGTERM or SIGINT, and then until everything is acknowledged."""
    stopping = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, stopping.set)
    # Each connection that is being made holds a thread, and during a cut all of them are.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(options.count))
    LOGGER.info("Ready")
    async with asyncio.TaskGroup() as group:
        for number in range(options.first, options.first + options.count):
            group.create_task(Site(number, options).run(stopping))


def main() -> None:
    """Start from the command line."""
    parser = argparse.ArgumentParser(prog="python -m fleet.trial.sites", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--folder", type=Path, required=True, help="where the journals are")
    parser.add_argument("--mqtt", required=True, action="append", help="HOST:PORT of a broker")
    parser.add_argument("--keepalive", type=int, default=60, help="s of the connection to the broker (default: 60)")
    parser.add_argument("--first", type=int, default=0, help="number of the first site")
    parser.add_argument("--count", type=int, default=1, help="how many sites")
    parser.add_argument("--rows", type=int, default=0, help="rows that each has at first")
    parser.add_argument("--rate", type=float, default=0.5, help="what happens each second, at each site (default: 0.5)")
    parser.add_argument("--patience", type=float, default=FIRST_PATIENCE, help="s until rows are sent again")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(run(options))


if __name__ == "__main__":
    main()
