"""What is known of each module family from elsewhere than our code: one file for each, named like its profile.

Everything in these files is typed by hand from a document, or captured from a real module.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Final

from custom_components.battery_bank.monitor.line import profiles
from custom_components.battery_bank.monitor.line.link import ReadFunction
from custom_components.battery_bank.monitor.line.module_profile import Profile
from custom_components.battery_bank.monitor.model import CommandName


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A read on the wire, as hexadecimal numbers with their checksums, and what its answer means."""

    request: str
    answer: str
    values: Mapping[str, float | None]  # in SI units, by quantity; None is "no value"
    nominal_voltage: float = 12.0


@dataclass(frozen=True, kw_only=True)
class Order:
    """A command on the wire, as hexadecimal numbers with their checksum."""

    request: str
    value: int | None = None  # what is given with the command: an address, or a speed in bit/s


@dataclass(frozen=True, kw_only=True)
class Vectors:
    """What the contract in `test_profile_contract.py` holds a profile to."""

    # Every documented register of the family's read function, with what a healthy module at an address answers.
    registers: Callable[[int], Mapping[int, int]]
    frames: tuple[Frame, ...]  # the first one is the read of each poll round
    no_value: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # the words that mean "no value"
    negative: Mapping[str, tuple[tuple[int, ...], float]] = field(default_factory=dict)  # words of a value below zero
    commands: Mapping[CommandName, Order] = field(default_factory=dict)
    never_written: frozenset[int] = frozenset()  # registers that reset a module or spoil its calibration


@dataclass(frozen=True, kw_only=True)
class HubVectors:
    """What the contract in `test_hub_contract.py` holds a hub to."""

    # Registers that the document names, by function and 0-based, with what a healthy hub at a unit id answers.
    registers: Mapping[ReadFunction, Mapping[int, int]]
    # By string and number of the battery, what the registers above mean; number 0 is the string. In SI units.
    values: Mapping[tuple[int, int], Mapping[str, float | None]]
    # Where the document has the last battery: string, number, and the register of each quantity, 0-based.
    last: tuple[int, int, Mapping[str, int]]
    nominal_voltage: float = 2.0
    unit_id: int = 1


class _ByFamily[T](dict[str, T]):
    """The vectors of each family; for one without vectors, the error says what to do."""

    def __missing__(self, family: str) -> T:
        raise LookupError(f"tests/vectors/{family}.py is missing: CONTRIBUTING.md, A new family of modules, step 2")


_FILES: Final = [file.name for file in iter_modules(profiles.__path__)]
# By file: what `PROFILE` and, for a hub that measures strings, `STRING_PROFILE` say.
_PROFILES: Final = {name: profiles.profiles_in(name) for name in _FILES}
FAMILIES: Final[Mapping[str, Profile]] = {name: one for name, (one, *_) in _PROFILES.items() if not one.of_hub}
HUBS: Final[Mapping[str, list[Profile]]] = {name: found for name, found in _PROFILES.items() if found[0].of_hub}
_VECTORS: Final = {
    path.stem: import_module(f"vectors.{path.stem}").VECTORS
    for path in Path(__file__).parent.glob("*.py")
    if path.stem != "__init__"
}
VECTORS: Final[Mapping[str, Vectors]] = _ByFamily(
    {name: one for name, one in _VECTORS.items() if isinstance(one, Vectors)}
)
HUB_VECTORS: Final[Mapping[str, HubVectors]] = _ByFamily(
    {name: one for name, one in _VECTORS.items() if isinstance(one, HubVectors)}
)
