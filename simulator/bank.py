"""A bank as a scenario file describes it, and its life in simulated time."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
import tomllib
from typing import Any, Final

from .hubs import HUBS
from .modules import BATTERY_MODULES, TA, TC, BatteryModule, Module
from .physics import Battery, String

SCENARIOS: Final = Path(__file__).parent / "scenarios"

SHORTEST_ADVANCE: Final = 0.25  # s; batteries are slow, and finding the current takes time


def loop_time() -> float:
    """Return the time of the event loop that runs, in s: the wire and the modules on it live by one clock."""
    return asyncio.get_running_loop().time()


class ScenarioError(Exception):
    """The scenario file says something that can't be done."""


@dataclass(kw_only=True)
class Faults:
    """What is wrong with the modules and the line. May be changed at any time."""

    dead: set[int] = field(default_factory=set)  # unit ids that never answer
    forgetful: set[int] = field(default_factory=set)  # unit ids that say yes to what is written, and don't take it
    busy: set[int] = field(default_factory=set)  # unit ids that answer exception 6
    doubled: dict[int, BatteryModule] = field(default_factory=dict)  # unit id → who answers there at the same time
    foreign: dict[int, list[list[int]]] = field(default_factory=dict)  # unit id → what the next answers hold instead
    only_single: set[int] = field(default_factory=set)  # unit ids that refuse requests for several registers
    only_input: set[int] = field(default_factory=set)  # unit ids that answer function 04 instead of 03
    slow: dict[int, float] = field(default_factory=dict)  # unit id → s before the answer
    lost: dict[tuple[int, int], int] = field(default_factory=dict)  # unit id, register → how many answers get lost
    registers: dict[int, dict[int, int]] = field(default_factory=dict)  # unit id → register → what it holds instead
    noise: float = 0.0  # the chance of each byte to be spoilt
    noise_both_ways: bool = False  # whether questions are spoilt too, not only answers
    bursts: float = 0.0  # the chance of each answer to have a run of bytes spoilt
    strangers: float = 0.0  # the chance of each answer to come with one to another master
    slow_answers: float = 0.0  # the chance of each answer to come after the time-out
    undetectable: int = 0  # spoilt answers whose checksum was right all the same; they were not sent
    counts: dict[int, int] = field(default_factory=dict)  # unit id → how many answers have bit 7 of their count changed
    echo: bool = False  # whether the adapter returns what is sent
    gateway_closes: bool = False  # whether a gateway closes its connection after each answer
    gateway_hangs_up: float = 0.0  # the chance of each answer that a gateway closes its connection instead
    gateway_wait: float = 0.0  # s that a gateway with Modbus TCP waits for a module that does not answer


@dataclass(frozen=True, kw_only=True)
class Change:
    """Something that happens at a time: new values for a string, or for one battery of it."""

    at: float  # s of simulated time
    string: str
    battery: int | None  # number from 1
    values: Mapping[str, Any]


@dataclass(kw_only=True)
class Bank:
    """Strings, the modules on them, and the scenario they play."""

    strings: dict[str, String]
    modules: dict[int, Module]
    faults: Faults
    random: Random
    baud: int = 9600
    speed: float = 1.0  # s of simulated time in each real second
    changes: list[Change] = field(default_factory=list)
    past: Mapping[str, Any] = field(default_factory=dict)  # what the strings have lived through before; see `Past`
    clock: Callable[[], float] = loop_time
    elapsed: float = 0.0  # s of simulated time
    _last: float | None = None

    def double(self, unit_id: int) -> None:
        """Give a second module of the same kind, on another battery, the same address."""
        module = self.modules[unit_id]
        if not isinstance(module, BatteryModule):
            raise ScenarioError(f"Only battery modules can be doubled, and {unit_id} is none.")
        batteries = module.string.batteries
        self.faults.doubled[unit_id] = replace(
            module, battery=batteries[batteries.index(module.battery) - 1], offset=module.offset + 0.1
        )

    def exchange(self, unit_id: int, kind: type[BatteryModule]) -> None:
        """Put a module of this kind in the place of the one on a battery."""
        old = self.modules[unit_id]
        if not isinstance(old, BatteryModule):
            raise ScenarioError(f"Only battery modules can be exchanged, and {unit_id} is none.")
        self.modules[unit_id] = kind(
            clock=old.clock, random=old.random, unit_id=unit_id, string=old.string, battery=old.battery
        )

    def advance(self) -> None:
        """Live up to now; the first time, begin to live."""
        now = self.clock()
        if self._last is not None and now - self._last < SHORTEST_ADVANCE:
            return
        seconds = (now - self._last) * self.speed if self._last is not None else 0.0
        self._last = now
        while self.changes and self.changes[0].at <= self.elapsed + seconds:
            change = self.changes.pop(0)
            self._live(change.at - self.elapsed)
            seconds -= change.at - self.elapsed
            self.elapsed = change.at
            _apply(change, self.strings)
        self._live(seconds)
        self.elapsed += seconds

    def _live(self, seconds: float) -> None:
        for string in self.strings.values():
            string.advance(seconds)


def load(name: str, *, clock: Callable[[], float] = loop_time) -> Bank:
    """Build the bank of a scenario, by the name of a file in `scenarios/` or by path; or raise `ScenarioError`."""
    path = SCENARIOS / f"{name}.toml"
    if not path.exists():
        path = Path(name)
    try:
        described = tomllib.loads(path.read_text())
    except FileNotFoundError:
        known = ", ".join(sorted(file.stem for file in SCENARIOS.glob("*.toml")))
        raise ScenarioError(f"There is no scenario {name!r}. There are: {known}; or give the path of a file.") from None
    except tomllib.TOMLDecodeError as err:
        raise ScenarioError(f"{path} can't be read: {err}") from err
    return build(described, clock=clock)


def build(described: Mapping[str, Any], *, clock: Callable[[], float] = loop_time) -> Bank:
    """Build the bank that a scenario describes, already parsed."""
    random = Random(described.get("seed", 1))
    base = {"line": {"baud": 9600}, "string": [{"name": "A"}]} | dict(described)
    strings: dict[str, String] = {}
    modules: dict[int, Module] = {}
    for one in base["string"]:
        string = _string(one, random)
        strings[one["name"]] = string
        if kind := one.get("hub"):
            _connect(modules, string, kind, one.get("unit_id", 1), clock, random)
            continue
        fitted: list[Module] = []
        module_type = BATTERY_MODULES[one.get("battery_module", "ta")]
        for unit_id, battery in enumerate(string.batteries, one.get("first_address", 1)):
            module = module_type(clock=clock, random=random, unit_id=unit_id, string=string, battery=battery)
            if isinstance(module, TA) and one.get("tested", True):
                module.ohmic_value = battery.ohmic_value
            fitted.append(module)
        if "string_module" in one:
            fitted.append(TC(clock=clock, random=random, unit_id=one["string_module"], string=string))
        for module in fitted:
            unit_id = module.unit_id if isinstance(module, BatteryModule | TC) else 0
            if unit_id in modules:
                raise ScenarioError(f"Two modules have address {unit_id}.")
            modules[unit_id] = module
    changes = [
        Change(at=entry.pop("at"), string=entry.pop("string"), battery=entry.pop("battery", None), values=entry)
        for entry in map(dict, base.get("change", []))
    ]
    bank = Bank(
        strings=strings,
        modules=modules,
        faults=_faults(base.get("faults", {})),
        random=random,
        baud=base["line"]["baud"],
        speed=base.get("speed", 1.0),
        changes=sorted(changes, key=lambda change: change.at),
        past=base.get("past", {}),
        clock=clock,
    )
    for unit_id in base.get("faults", {}).get("doubled", []):
        bank.double(unit_id)
    return bank


def _connect(
    modules: dict[int, Module], string: String, kind: str, unit_id: int, clock: Callable[[], float], random: Random
) -> None:
    """Connect a string to the hub at a unit id, or to a new one."""
    if kind not in HUBS:
        raise ScenarioError(f"There is no hub {kind!r}. There are: {', '.join(HUBS)}.")
    hub = modules.setdefault(unit_id, HUBS[kind](clock=clock, random=random, unit_id=unit_id))
    if not isinstance(hub, HUBS[kind]):
        raise ScenarioError(f"Unit {unit_id} is another module.")
    hub.strings.append(string)


def _string(one: Mapping[str, Any], random: Random) -> String:
    ambient = one.get("ambient", 22.0)
    batteries = [
        Battery(
            nominal_voltage=one.get("nominal_voltage", 12.0),
            capacity=one.get("capacity", 100.0),
            state=one.get("state", 1.0),
            temperature=ambient + 1.0 + random.gauss(0, 0.2),
            resistance_factor=random.gauss(1, 0.03),
            capacity_factor=random.gauss(1, 0.01),
            acceptance_factor=2 ** random.gauss(0, 0.3),
        )
        for _ in range(one.get("batteries", 20))
    ]
    string = String(batteries=batteries, ambient=ambient)
    for name in ("mains", "load", "charge_voltage", "current_limit"):
        if name in one:
            setattr(string, name, one[name])
    for number, values in one.get("battery", {}).items():
        _set(batteries[int(number) - 1], values)
    string.settle()
    return string


def _faults(described: Mapping[str, Any]) -> Faults:
    return Faults(
        dead=set(described.get("dead", [])),
        busy=set(described.get("busy", [])),
        slow={int(unit_id): seconds for unit_id, seconds in described.get("slow", {}).items()},
        noise=described.get("noise", 0.0),
        noise_both_ways=described.get("noise_both_ways", False),
        gateway_wait=described.get("gateway_wait", 0.0),
    )


def _apply(change: Change, strings: Mapping[str, String]) -> None:
    string = strings[change.string]
    _set(string if change.battery is None else string.batteries[change.battery - 1], change.values)


def _set(target: String | Battery, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        if not hasattr(target, name):
            raise ScenarioError(f"A {type(target).__name__.lower()} has no {name!r}.")
        setattr(target, name, value)
