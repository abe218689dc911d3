"""The content of a profile file, read by its schema. An error names the line, the field and what is allowed there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml  # type: ignore[import-untyped]

from ..errors import MonitorError

LONGEST_TEXT: Final = 100  # characters, of a name
LARGEST: Final = 1e12  # of a number without other limits: neither infinite nor too large to be calculated with
KINDS: Final[Mapping[str, tuple[type, ...]]] = {"integer": (int,), "number": (int, float), "string": (str,)}


class ProfileFileError(MonitorError):
    """A profile file can't be used: the line, the field, and what is allowed there."""

    def __init__(self, line: int, field: str, allowed: str) -> None:
        super().__init__(f"line {line}: {field or 'the file'}: allowed is {allowed}")
        self.line = line
        self.field = field
        self.allowed = allowed


@dataclass(frozen=True)
class Content:
    """Reads YAML nodes by a schema, and keeps the line of each field."""

    lines: dict[str, int]

    def read(self, node: Any, schema: Mapping[str, Any], path: str) -> Any:
        """Return the content of a node that fits the schema, or raise `ProfileFileError`."""
        line = node.start_mark.line + 1
        self.lines[path] = line
        match schema.get("type"):
            case ["integer", "array"]:
                kind = "array" if isinstance(node, yaml.SequenceNode) else "integer"
                return self.read(node, {**schema, "type": kind}, path)
            case "object" if isinstance(node, yaml.MappingNode):
                return self._object(node, schema, path)
            case "array" if isinstance(node, yaml.SequenceNode):
                return [self.read(one, schema["items"], f"{path}[{at}]") for at, one in enumerate(node.value)]
        value = _scalar(node)
        if not _fits(value, schema):
            raise ProfileFileError(line, path, allowed_by(schema))
        return value

    def _object(self, node: Any, schema: Mapping[str, Any], path: str) -> dict[str, Any]:
        properties, found = schema["properties"], dict[str, Any]()
        for name_node, value in node.value:
            name = name_node.value if isinstance(name_node, yaml.ScalarNode) else ""
            if name not in properties or name in found:
                line = name_node.start_mark.line + 1
                raise ProfileFileError(line, f"{path}.{name}".strip("."), allowed_by(schema))
            found[name] = self.read(value, properties[name], f"{path}.{name}".strip("."))
        for name in schema["required"]:
            if name not in found:
                raise ProfileFileError(self.lines[path], f"{path}.{name}".strip("."), allowed_by(properties[name]))
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
    if isinstance(value, str):
        return value.isprintable() and len(value) <= LONGEST_TEXT
    return bool(schema.get("minimum", -LARGEST) <= value <= schema.get("maximum", LARGEST))


def allowed_by(schema: Mapping[str, Any]) -> str:
    """Return what is allowed, without words of a language."""
    if "enum" in schema:
        return " | ".join(schema["enum"])
    if schema["type"] == "object":
        return " | ".join(f"{name}: …" for name in schema["properties"])
    if "maximum" in schema:
        return f"{schema['minimum']} … {schema['maximum']}"
    return {"integer": "0, 1, 2, …", "number": "0.001", "array": "- …"}.get(schema["type"], "ABC")
