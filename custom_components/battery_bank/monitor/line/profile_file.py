"""A profile that a user has written: a YAML file that describes a hub, or modules."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from modbus_connection.model import NumberField, RegisterField, float32
import yaml  # type: ignore[import-untyped]

from ..model import CommandName, Measures
from .hub_table import Column, Run, reference
from .link import ReadFunction
from .module_profile import GAP, MOST_REGISTERS, VALIDITY, Command, Probe, Profile, Quantity, SignMagnitudeField, bits
from .profile_content import Content, ProfileFileError, allowed_by
from .profile_schema import ALARMS, LAST_REGISTER, SCHEMA
from .profiles import ta, tc

OWN: Final = "own_"  # before the name of the file: the key of a profile that a user has written
LONGEST_FILE: Final = 100_000  # bytes
LIKE: Final = {  # whose plausible limits and noise a quantity has
    "voltage": ta.VOLTAGE,
    "temperature": ta.TEMPERATURE,
    "resistance": ta.RESISTANCE,
    "current": tc.CURRENT,
    "ambient_temperature": tc.AMBIENT,
    "second_temperature": tc.AMBIENT,
    VALIDITY: Quantity(register=NumberField[float](0), unit="", low=0, high=LAST_REGISTER),
}
FUNCTIONS: Final = {
    "holding": ReadFunction.HOLDING_REGISTERS,
    "input": ReadFunction.INPUT_REGISTERS,
    "coil": ReadFunction.COILS,
    "discrete_input": ReadFunction.DISCRETE_INPUTS,
}
TABLES: Final = (ReadFunction.HOLDING_REGISTERS, ReadFunction.INPUT_REGISTERS)
OF_HUBS: Final = ("count", "step", "strings", "string_step")  # fields that only a hub has …
OF_MODULES: Final = ("firmware", "recognise")  # … and only modules of their own
BITS: Final = 16  # of a register
# The reference numbers of each table: from …, to.
REFERENCES: Final = {
    ReadFunction.HOLDING_REGISTERS: ((40_001, 49_999), (400_001, 465_536)),
    ReadFunction.INPUT_REGISTERS: ((30_001, 39_999), (300_001, 365_536)),
    ReadFunction.DISCRETE_INPUTS: ((10_001, 19_999), (100_001, 165_536)),
    ReadFunction.COILS: ((1, 9_999),),
}


def read_file(path: Path) -> list[Profile]:
    """Return the profiles of a file: of the batteries and, if it has them, of the strings.

    Raises `ProfileFileError`, or `OSError` if the file can't be read.
    """
    data = path.read_bytes()
    try:
        text = data.decode() if len(data) <= LONGEST_FILE else ""
    except UnicodeDecodeError:
        text = ""
    return read_profiles(text, f"{OWN}{path.stem.lower().replace('-', '_')}")


def read_profiles(text: str, key: str) -> list[Profile]:
    """Return the profiles of a file with this content, or raise `ProfileFileError`."""
    try:
        node = yaml.compose(text.lstrip("\ufeff"), yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as err:  # the second for hundreds of brackets within each other
        mark = getattr(err, "problem_mark", None)
        raise ProfileFileError(mark.line + 1 if mark else 1, "", "YAML") from None
    if node is None:
        raise ProfileFileError(1, "", allowed_by(SCHEMA))
    content = Content({})
    return _Builder(content.read(node, SCHEMA, ""), content.lines, key).profiles()


class _Builder:
    """Makes profiles of the checked content of a file."""

    def __init__(self, content: dict[str, Any], lines: Mapping[str, int], key: str) -> None:
        self._content = content
        self._lines = lines
        self._key = key

    def profiles(self) -> list[Profile]:
        """Return the profile of the batteries and, if there are any, that of the strings."""
        found = [self._profile(Measures.BATTERY, "batteries", "")]
        if "strings" in self._content:
            found.append(self._profile(Measures.STRING, "strings", "_string"))
        return found

    def _profile(self, measures: Measures, section: str, suffix: str) -> Profile:
        content, model = self._content[section], self._content["model"]
        for name in OF_HUBS if self._of_modules else OF_MODULES:
            if name in content:
                raise self._error(f"{section}.{name}", "kind: hub" if self._of_modules else "kind: modules")
        if not self._of_modules and measures is Measures.BATTERY and "count" not in content:
            raise self._error(section, "count: …")
        quantities = {
            name: self._quantity(measures, f"{section}.quantities.{name}", name, quantity)
            for name, quantity in content["quantities"].items()
        }
        if alarms := content.get("alarms"):
            quantities["alarm_bits"] = self._alarms(measures, section, alarms)
        profile = Profile(
            key=f"{self._key}{suffix}",
            manufacturer=self._content["manufacturer"],
            model=model if measures is Measures.BATTERY else f"{model}, string",
            measures=measures,
            quantities=quantities,
            alarm_bits={ALARMS[name]: bit for name, bit in (alarms or {"bits": {}})["bits"].items()},
            most_registers=self._content.get("most_registers", MOST_REGISTERS),
            gap=self._content.get("gap", GAP),
        )
        if validity := content.get("validity"):
            path = f"{section}.validity"
            profile = replace(profile, validity=self._quantity(measures, path, VALIDITY, validity))
        profile = self._of_module(profile, section) if self._of_modules else profile
        commands = {
            CommandName(name): self._command(profile, section, CommandName(name), command)
            for name, command in content.get("commands", {}).items()
        }
        return replace(profile, commands=commands)

    @property
    def _of_modules(self) -> bool:
        return self._content.get("kind") == "modules"

    def _of_module(self, profile: Profile, section: str) -> Profile:
        """Return the profile of a module of its own: all of its values are in one read."""
        content = self._content[section]
        functions = {quantity.column.function for quantity in profile.read_together.values() if quantity.column}
        function = functions.pop()
        if functions or function is None or function.of_bits:
            raise self._error(f"{section}.quantities", "table: holding | table: input")
        quantities = {name: replace(one, column=None) for name, one in profile.quantities.items()}
        validity = replace(profile.validity, column=None) if profile.validity else None
        profile = replace(profile, quantities=quantities, validity=validity, read_function=function)
        if profile.block[1] > MOST_REGISTERS:
            raise self._error(f"{section}.quantities", f"≤ {MOST_REGISTERS}")
        rules = content.get("recognise", [])
        if rules and "firmware" not in content:
            raise self._error(f"{section}.recognise", "firmware: …")
        if "firmware" in content:
            firmware, _ = self._number(f"{section}.firmware", content, "firmware")
            profile = replace(profile, firmware=firmware)
        if rules:
            asked = [
                (self._number(f"{section}.recognise[{at}].register", rule)[0], rule.get("value"))
                for at, rule in enumerate(rules)
            ]

            async def recognise(unit_id: int, probe: Probe) -> bool:
                for register, value in asked:
                    if await probe(register) != (unit_id if value is None else value):
                        return False
                return True

            profile = replace(profile, recognise=recognise)
        return profile

    def _command(self, profile: Profile, section: str, name: CommandName, answers: Mapping[str, Any]) -> Command:
        path = f"{section}.commands.{name}"
        register, function = self._number(f"{path}.register", answers, tables=(ReadFunction.HOLDING_REGISTERS,))
        of_battery = profile.measures is Measures.BATTERY
        if self._of_modules and not of_battery:
            raise self._error(path, "kind: hub")
        if name is CommandName.START_RESISTANCE_TEST:
            if "resistance" not in self._content["batteries"]["quantities"]:
                raise self._error(path, "quantities: resistance: …")
            for field in ("done", "longest") if of_battery else ("longest",):
                if field not in answers:
                    raise self._error(path, f"{field}: …")
            if answers.get("shortest", 0) > answers["longest"]:
                raise self._error(f"{path}.shortest", "shortest ≤ longest")
        elif not of_battery:
            raise self._error(path, f"{CommandName.START_RESISTANCE_TEST}: …")
        if self._of_modules and "step" in answers:
            raise self._error(f"{path}.step", "kind: hub")
        column = self._column(profile.measures, path, answers, NumberField[float](register), function)
        return Command(
            register=register,
            value=answers["value"],
            done=answers.get("done"),
            shortest=float(answers.get("shortest", 0)),
            longest=float(answers.get("longest", 0)),
            column=None if self._of_modules else column,
        )

    def _alarms(self, measures: Measures, section: str, alarms: Mapping[str, Any]) -> Quantity:
        """Return the quantity of the alarms: the bits of one register, or bits in a row."""
        path = f"{section}.alarms"
        register, function = self._number(f"{path}.register", alarms, tables=tuple(FUNCTIONS.values()))
        highest = max(alarms["bits"].values(), default=0)
        if not function.of_bits and highest >= BITS:
            raise self._error(f"{path}.bits", f"0 … {BITS - 1}")
        field = bits(register, highest + 1) if function.of_bits else NumberField[float](register)
        column = self._column(measures, path, alarms, field, function)
        return Quantity(register=field, column=column, unit="", low=0, high=2.0 ** max(BITS, highest + 1), noise=1)

    def _quantity(self, measures: Measures, path: str, name: str, answers: Mapping[str, Any]) -> Quantity:
        like = LIKE[name]
        register, function = self._register(path, answers)
        field = _field(register, answers)
        column = self._column(measures, path, answers, field, function)
        changes: dict[str, Any] = {limit: float(answers[limit]) for limit in ("low", "high") if limit in answers}
        if changes and like.per_nominal_volt:
            changes = {"low": 0.0, "high": 0.0, "per_nominal_volt": False} | changes
        low, high = changes.get("low", like.low), changes.get("high", like.high)
        if not (low <= high if name == VALIDITY else low < high):
            raise self._error(
                f"{path}.high" if "high" in answers else f"{path}.low",
                "low ≤ high" if name == VALIDITY else "low < high",
            )
        if answers.get("type") == "float32" and "no_value" in answers:
            raise self._error(f"{path}.no_value", "NaN")
        if answers.get("scale") == 0:
            raise self._error(f"{path}.scale", "≠ 0")
        return replace(like, register=field, column=column, **changes)

    def _column(
        self,
        measures: Measures,
        path: str,
        answers: Mapping[str, Any],
        field: RegisterField[float],
        function: ReadFunction,
    ) -> Column:
        section = self._content["batteries" if measures is Measures.BATTERY else "strings"]
        runs = tuple(
            Run(first=one["first"], last=one["last"], register=self._number(f"{path}.more[{at}].register", one)[0])
            for at, one in enumerate(answers.get("more", ()))
        )
        if measures is Measures.STRING:
            strings, string_step, last = section.get("count", 0), section.get("step", 0), 0
            if strings > 1 and not string_step:
                raise self._error("strings.count", "strings.step: …")
        else:
            strings, string_step, last = (
                section.get("strings", 0),
                section.get("string_step", 0),
                section.get("count", 1),
            )
            if strings > 1 and not string_step:
                raise self._error("batteries.strings", "batteries.string_step: …")
        column = Column(
            last=last,
            step=answers.get("step", section.get("step", 1)) if last else 1,
            strings=strings,
            string_step=string_step,
            more=runs,
            function=function,
        )
        further = field.count - 1 + column.string_step * max(0, strings - 1) + column.step * max(0, last - 1)
        if further > LAST_REGISTER:
            too_many = "count" if strings < 2 else "string_step" if last else "step"  # noqa: PLR2004
            raise self._error(f"{path.partition('.')[0]}.{too_many}", f"0 … {LAST_REGISTER}")
        if field.address + further > LAST_REGISTER:
            raise self._error(f"{path}.register", f"0 … {LAST_REGISTER - further}")
        for at, run in enumerate(runs):
            if not last < run.first <= run.last:
                raise self._error(f"{path}.more[{at}].first", f"{last + 1} … {run.last}")
            of_run = field.count - 1 + column.string_step * max(0, strings - 1) + column.step * (run.last - run.first)
            if run.register + of_run > LAST_REGISTER:
                raise self._error(f"{path}.more[{at}].register", f"0 … {max(0, LAST_REGISTER - of_run)}")
        return column

    def _register(self, path: str, answers: Mapping[str, Any]) -> tuple[int, ReadFunction]:
        return self._number(f"{path}.register", answers)

    def _number(
        self,
        path: str,
        answers: Mapping[str, Any],
        field: str = "register",
        *,
        tables: tuple[ReadFunction, ...] = TABLES,
    ) -> tuple[int, ReadFunction]:
        """Return the 0-based register or bit and the function that reads it; `tables` are those that may have it."""
        number: int = answers[field]
        if self._content.get("numbers") != "reference":
            if number > LAST_REGISTER:
                raise self._error(path, f"0 … {LAST_REGISTER}")
            section = self._content[path.partition(".")[0]]
            return number, FUNCTIONS[answers.get("table", section.get("table", "holding"))]
        for function, ranges in REFERENCES.items():
            if function in tables and any(first <= number <= last for first, last in ranges):
                return reference(number), function
        ranges_of_all = (one for table in tables for one in REFERENCES[table])
        raise self._error(path, " | ".join(f"{first} … {last}" for first, last in ranges_of_all))

    def _error(self, path: str, allowed: str) -> ProfileFileError:
        return ProfileFileError(self._lines.get(path, 1), path, allowed)


def _field(register: int, answers: Mapping[str, Any]) -> RegisterField[float]:
    kind = answers.get("type", "uint16")
    order: Any = "little" if answers.get("words") == "low_first" else "big"
    scale = float(answers.get("scale", 1.0))
    offset = float(answers.get("offset", 0.0)) + scale * float(answers.get("raw_offset", 0.0))
    scaled: dict[str, Any] = {"scale": scale, "offset": offset}
    if kind == "float32":
        return float32(register, word_order=order, **scaled)
    scaled["nan"] = answers.get("no_value")
    if kind == "sign_magnitude":
        return SignMagnitudeField(register, **scaled)
    count = 2 if kind.endswith("32") else 1
    signed = kind.startswith("int")
    return NumberField(register, count=count, signed=signed, word_order=order, **scaled)
