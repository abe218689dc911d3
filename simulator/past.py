"""The past of a bank: its strings have lived for some months before a demo begins, and the journal knows of it."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
import json
from random import Random
import time
from typing import Any, Final, override

from custom_components.battery_bank.monitor.battery import operations, state_codec, watch
from custom_components.battery_bank.monitor.battery.events import Event, MonitoringGap
from custom_components.battery_bank.monitor.battery.recent import Recent
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.journal.store import Journal
from custom_components.battery_bank.monitor.model import Chemistry

from .bank import Bank
from .house import House
from .lives import DAY, LOOK, QUIET, Life
from .physics import Battery, String

HOUR: Final = 3600.0  # s
SPARSE: Final = 1.9 * HOUR  # s between two samples where nothing happens
BEFORE: Final = 0.1 * DAY  # s before something happens that are looked at closely, …
AFTER: Final = 0.7 * DAY  # … and after it
LATELY: Final = 1.5 * DAY  # s before today, by which the monitor knows that the string is full
EVERY: Final = 7.0  # days between two resistance tests of a battery
WELL: Final = 0.6  # of the past, after which what is worn today began to wear
SAVED_WITHIN: Final = 10.0  # s until Home Assistant has written a new line down


@dataclass(kw_only=True)
class _Calm(Life):
    """A life whose warmth is settled long before the next look where looks are rare."""

    @override
    def _look(self, seconds: float) -> None:
        super()._look(min(seconds, LOOK))


@dataclass(frozen=True, kw_only=True)
class Past:
    """What was before today."""

    days: float
    discharges: Sequence[float] = ()  # how many days ago they began
    hours: float = 2.0  # of each of them

    def of(self, string: String, settings: Settings, today: float, random: Random) -> tuple[list[Event], StringState]:
        """Live a string up to `today` (s since 1970), and return what happened and how things stand."""
        life = self._life(string, settings, today, random)
        worn = [(battery.resistance_factor, battery.capacity_factor) for battery in string.batteries]
        began = [self.days - ago for ago in self.discharges]
        state, happened, tested = StringState(), list[Event](), 0.0

        def happens(day: float) -> None:
            share = max(0.0, day / self.days - WELL) / (1 - WELL)
            for battery, (resistance, capacity) in zip(life.string.batteries, worn, strict=True):
                battery.resistance_factor = _worn(resistance, share)
                battery.capacity_factor = 1 + (capacity - 1) * share
            mains = not any(begin <= day < begin + self.hours / 24 for begin in began)
            if mains != life.string.mains:
                life.string.mains = mains
                life.settle()
            # Not to sleep through the begin of what happens.
            near = any(-SPARSE - BEFORE < (day - begin) * DAY < AFTER for begin in began)
            life.quiet = QUIET if near or (self.days - day) * DAY < LATELY else SPARSE

        for sample in life.live(self.days, happens):
            state, events = watch.step(settings, state, sample)
            happened += events
            day = life.elapsed / DAY
            if day - tested >= EVERY and life.string.mains:
                tested = day
                for number, battery in enumerate(life.ids, 1):
                    state, events = operations.tested(settings, state, battery, life.ohmic_value(number), sample.at)
                    happened += events
        # The charger of the bank that goes on from here does not have the same voltage to the millivolt: a step between
        # the two would look like that of a charger which was switched off.
        state = replace(state, running=replace(state.running, recent=Recent()))
        # The monitor was on all the time; only this past has no more samples.
        return [event for event in happened if not isinstance(event, MonitoringGap)], state

    def _life(self, string: String, settings: Settings, today: float, random: Random) -> Life:
        life = _Calm(
            random=random,
            batteries=len(string.batteries),
            capacity=settings.capacity,
            ambient=string.ambient,
            season=0.0,
            float_voltage=string.charge_voltage,
            start=today - self.days * DAY,
            measures_current=settings.measures_current,
        )
        life.ids = settings.batteries
        life.string = replace(string, batteries=[_new(battery) for battery in string.batteries], mains=True)
        return life

    async def write(self, house: House, bank: Bank, entry_id: str) -> None:
        """Give the line of that entry this past: it is taken down meanwhile."""
        off = {"type": "config_entries/disable", "entry_id": entry_id, "disabled_by": "user"}
        now, strings = time.time(), await _strings(house, entry_id)
        await house.socket(off)
        with ProcessPoolExecutor() as pool:
            lives = [
                asyncio.get_running_loop().run_in_executor(
                    pool, self.documents, _string_at(bank, data), _settings(data, now - self.days * DAY), now, seed
                )
                for seed, data in enumerate(strings.values())
            ]
            played = await asyncio.gather(*lives)
        journal = await Journal.open(house.folder / ".storage" / f"battery_bank.{entry_id}.db")
        for string_id, (happened, documents) in zip(strings, played, strict=True):
            await journal.write(string_id, happened, documents)
        await journal.close()
        await house.socket(off | {"disabled_by": None})

    def documents(
        self, string: String, settings: Settings, today: float, seed: int
    ) -> tuple[list[Event], dict[str, bytes]]:
        """Do as `of`, with how things stand as the journal keeps it: what another process can hand over."""
        happened, state = self.of(string, settings, today, Random(seed))
        learned, running = state_codec.encode_learned(state.learned), state_codec.encode_running(state.running)
        return happened, {state_codec.LEARNED: learned, state_codec.RUNNING: running}


def _worn(today: float, share: float) -> float:
    """Return a battery's resistance factor when it had done a share of its wear; what it was made with stays."""
    made = min(max(today, 0.9), 1.1)
    return made + (today - made) * share


def _new(battery: Battery) -> Battery:
    return replace(battery, resistance_factor=_worn(battery.resistance_factor, 0.0), capacity_factor=1.0, state=1.0)


async def _strings(house: House, entry_id: str) -> dict[str, Mapping[str, Any]]:
    """Return the strings of a line as Home Assistant has written them down, by their ids."""
    path = house.folder / ".storage" / "core.config_entries"
    async with asyncio.timeout(SAVED_WITHIN):
        while True:
            for entry in json.loads(path.read_text())["data"]["entries"] if path.exists() else ():
                if entry["entry_id"] == entry_id:
                    return {one["subentry_id"]: one["data"] for one in entry["subentries"]}
            await asyncio.sleep(0.2)


def _string_at(bank: Bank, data: Mapping[str, Any]) -> String:
    """Return the string whose first battery has that module."""
    module: Any = bank.modules[data["batteries"][0]["address"]]
    string: String = module.string
    return string


def _settings(data: Mapping[str, Any], installed: float) -> Settings:
    return Settings(
        batteries=tuple(battery["id"] for battery in data["batteries"]),
        chemistry=Chemistry(data["chemistry"]),
        nominal_voltage=data["nominal_voltage"],
        capacity=data["capacity"],
        installed=installed,
        measures_current=data["string_module_address"] is not None,
    )
