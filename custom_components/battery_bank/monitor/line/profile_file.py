"""A profile that a user has written: a YAML file that describes a hub."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from modbus_connection.model import NumberField, RegisterField, float32
import yaml  # type: ignore[import-untyped]

from ..errors import MonitorError
from ..model import Measures
from .hub_table import Column, Run, reference
from .link import ReadFunction
from .module_profile import Profile, Quantity, SignMagnitudeField
from .profile_schema import LAST_REGISTER, SCHEMA
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
}
FUNCTIONS: Final = {"holding": ReadFunction.HOLDING_REGISTERS, "input": ReadFunction.INPUT_REGISTERS}
# The reference numbers of each table: from …, to.
REFERENCES: Final = {
    ReadFunction.HOLDING_REGISTERS: ((40_001, 49_999), (400_001, 465_536)),
    ReadFunction.INPUT_REGISTERS: ((30_001, 39_999), (300_001, 365_536)),
}
KINDS: Final[Mapping[str, tuple[type, ...]]] = {"integer": (int,), "number": (int, float), "string": (str,)}


class ProfileFileError(MonitorError):
    """A profile file can't be used: the line, the field, and what is allowed there."""

    def __init__(self, line: int, field: str, allowed: str) -> None:
        super().__init__(f"line {line}: {field or 'the file'}: allowed is {allowed}")
        self.line = line
        self.field = field
        self.allowed = allowed


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
        loader = yaml.SafeLoader(text.lstrip("\ufeff"))
    except yaml.YAMLError:  # a character that YAML does not allow
        raise ProfileFileError(1, "", "YAML") from None
    try:
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as err:
        raise ProfileFileError(err.problem_mark.line + 1 if err.problem_mark else 1, "", "YAML") from None
    except yaml.YAMLError:
        raise ProfileFileError(1, "", "YAML") from None
    finally:
        loader.dispose()
    if node is None:
        raise ProfileFileError(1, "", _allowed(SCHEMA))
    content = _Content({})
    return _Builder(content.read(node, SCHEMA, ""), content.lines, key).profiles()


@dataclass(frozen=True)
class _Content:
    """Reads YAML nodes by a schema, and keeps the line of each field."""

    lines: dict[str, int]

    def read(self, node: Any, schema: Mapping[str, Any], path: str) -> Any:
        line = node.start_mark.line + 1
        self.lines[path] = line
        match schema.get("type"):
            case "object" if isinstance(node, yaml.MappingNode):
                return self._object(node, schema, path)
            case "array" if isinstance(node, yaml.SequenceNode):
                return [self.read(one, schema["items"], f"{path}[{at}]") for at, one in enumerate(node.value)]
        value = _scalar(node)
        if not _fits(value, schema):
            raise ProfileFileError(line, path, _allowed(schema))
        return value

    def _object(self, node: Any, schema: Mapping[str, Any], path: str) -> dict[str, Any]:
        properties, found = schema["properties"], dict[str, Any]()
        for name_node, value in node.value:
            name = name_node.value if isinstance(name_node, yaml.ScalarNode) else ""
            if name not in properties or name in found:
                line = name_node.start_mark.line + 1
                raise ProfileFileError(line, f"{path}.{name}".strip("."), _allowed(schema))
            found[name] = self.read(value, properties[name], f"{path}.{name}".strip("."))
        for name in schema["required"]:
            if name not in found:
                raise ProfileFileError(self.lines[path], f"{path}.{name}".strip("."), _allowed(properties[name]))
        return found


def _scalar(node: Any) -> Any:
    if not isinstance(node, yaml.ScalarNode):
        return None
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node)
    except ValueError:  # such as a date that does not exist
        return None
    finally:
        loader.dispose()


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    if "enum" in schema:
        return value in schema["enum"]
    kinds = KINDS.get(schema["type"], ())
    if not isinstance(value, kinds) or isinstance(value, bool) or value == "":
        return False
    return isinstance(value, str) or bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


def _allowed(schema: Mapping[str, Any]) -> str:
    """Return what is allowed, without words of a language."""
    if "enum" in schema:
        return " | ".join(schema["enum"])
    if schema["type"] == "object":
        return " | ".join(f"{name}: …" for name in schema["properties"])
    if "maximum" in schema:
        return f"{schema['minimum']} … {schema['maximum']}"
    return {"integer": "0, 1, 2, …", "number": "0.001", "array": "- …"}.get(schema["type"], "ABC")


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
        quantities = self._content[section]["quantities"]
        model = self._content["model"]
        return Profile(
            key=f"{self._key}{suffix}",
            manufacturer=self._content["manufacturer"],
            model=model if measures is Measures.BATTERY else f"{model}, string",
            measures=measures,
            quantities={
                name: self._quantity(measures, f"{section}.quantities.{name}", name, quantity)
                for name, quantity in quantities.items()
            },
        )

    def _quantity(self, measures: Measures, path: str, name: str, answers: Mapping[str, Any]) -> Quantity:
        like = LIKE[name]
        register, function = self._register(path, answers)
        column = self._column(measures, path, answers, register, function)
        changes: dict[str, Any] = {limit: float(answers[limit]) for limit in ("low", "high") if limit in answers}
        if changes and like.per_nominal_volt:
            changes = {"low": 0.0, "high": 0.0, "per_nominal_volt": False} | changes
        low, high = changes.get("low", like.low), changes.get("high", like.high)
        if not low < high:
            raise self._error(f"{path}.high" if "high" in answers else f"{path}.low", "low < high")
        if answers.get("scale") == 0:
            raise self._error(f"{path}.scale", "≠ 0")
        field = _field(register, answers)
        if register + field.count - 1 > LAST_REGISTER:
            raise self._error(f"{path}.register", f"0 … {LAST_REGISTER}")
        return replace(like, register=field, column=column, **changes)

    def _column(
        self, measures: Measures, path: str, answers: Mapping[str, Any], register: int, function: ReadFunction
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
            strings, string_step, last = section.get("strings", 0), section.get("string_step", 0), section["count"]
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
        furthest = register + column.string_step * max(0, strings - 1) + column.step * max(0, last - 1)
        if furthest > LAST_REGISTER:
            raise self._error(f"{path}.register", f"0 … {LAST_REGISTER - (furthest - register)}")
        return column

    def _register(self, path: str, answers: Mapping[str, Any]) -> tuple[int, ReadFunction]:
        return self._number(f"{path}.register", answers)

    def _number(self, path: str, answers: Mapping[str, Any]) -> tuple[int, ReadFunction]:
        """Return the 0-based register and the function that reads it."""
        number: int = answers["register"]
        if self._content.get("numbers") != "reference":
            if number > LAST_REGISTER:
                raise self._error(path, f"0 … {LAST_REGISTER}")
            section = self._content[path.partition(".")[0]]
            return number, FUNCTIONS[answers.get("table", section.get("table", "holding"))]
        for function, ranges in REFERENCES.items():
            if any(first <= number <= last for first, last in ranges):
                return reference(number), function
        ranges_of_all = (one for ranges in REFERENCES.values() for one in ranges)
        raise self._error(path, " | ".join(f"{first} … {last}" for first, last in ranges_of_all))

    def _error(self, path: str, allowed: str) -> ProfileFileError:
        return ProfileFileError(self._lines.get(path, 1), path, allowed)


def _field(register: int, answers: Mapping[str, Any]) -> RegisterField[float]:
    kind = answers.get("type", "uint16")
    order: Any = "little" if answers.get("words") == "low_first" else "big"
    scaled: dict[str, Any] = {"scale": float(answers.get("scale", 1.0)), "offset": float(answers.get("offset", 0.0))}
    if kind == "float32":
        return float32(register, word_order=order, **scaled)
    scaled["nan"] = answers.get("no_value")
    if kind == "sign_magnitude":
        return SignMagnitudeField(register, **scaled)
    count = 2 if kind.endswith("32") else 1
    signed = kind.startswith("int")
    return NumberField(register, count=count, signed=signed, word_order=order, **scaled)
