"""What a profile file of a user may say, as a JSON Schema. `docs/hub-profile.schema.json` is this, for editors."""

from typing import Any, Final

TYPES: Final = ("uint16", "int16", "sign_magnitude", "uint32", "int32", "float32")
TABLES: Final = ("holding", "input")
MOST_BATTERIES: Final = 999
MOST_STRINGS: Final = 99
LAST_REGISTER: Final = 0xFFFF

_REGISTER: Final = {"type": "integer", "minimum": 0, "maximum": 465_536}
_STEP: Final = {"type": "integer", "minimum": 1, "maximum": LAST_REGISTER}
_COUNT: Final = {"type": "integer", "minimum": 1, "maximum": MOST_BATTERIES}
_TABLE: Final = {"enum": list(TABLES), "description": "The table of the registers; the default is holding."}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


def _quantity(unit: str) -> dict[str, Any]:
    run = _object({"first": _COUNT, "last": _COUNT, "register": _REGISTER}, "first", "last", "register")
    return {
        "description": f"In {unit}.",
        **_object(
            {
                "register": {**_REGISTER, "description": "Of the first battery or string."},
                "type": {"enum": list(TYPES), "description": "The default is uint16."},
                "words": {"enum": ["high_first", "low_first"], "description": "The order of two registers."},
                "scale": {"type": "number", "description": f"{unit} of one count; the default is 1."},
                "offset": {"type": "number", "description": f"{unit} that are added after scaling."},
                "no_value": {
                    "type": "integer",
                    "minimum": 0,
                    "description": "What it holds without a value.",
                },
                "low": {"type": "number", "description": f"The lowest plausible value, in {unit}."},
                "high": {"type": "number", "description": f"The highest plausible value, in {unit}."},
                "step": {**_STEP, "description": "Registers from one battery to the next, if not that of all."},
                "table": _TABLE,
                "more": {"type": "array", "items": run, "description": "Further ranges of batteries."},
            },
            "register",
        ),
    }


SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A hub of Battery Bank Monitor: one Modbus unit with the values of many batteries",
    **_object(
        {
            "manufacturer": {"type": "string"},
            "model": {"type": "string"},
            "numbers": {
                "enum": ["zero_based", "reference"],
                "description": "zero_based, which is the default: registers from 0. reference: 40001 is the first "
                "holding register, 30001 the first input register.",
            },
            "batteries": _object(
                {
                    "count": {**_COUNT, "description": "The most batteries that a string may have."},
                    "step": {**_STEP, "description": "Registers from one battery to the next; the default is 1."},
                    "strings": {"type": "integer", "minimum": 1, "maximum": MOST_STRINGS},
                    "string_step": {**_STEP, "description": "Registers from one string to the next."},
                    "table": _TABLE,
                    "quantities": _object(
                        {"voltage": _quantity("V"), "temperature": _quantity("°C"), "resistance": _quantity("Ω")},
                        "voltage",
                    ),
                },
                "count",
                "quantities",
            ),
            "strings": _object(
                {
                    "count": {"type": "integer", "minimum": 1, "maximum": MOST_STRINGS},
                    "step": {**_STEP, "description": "Registers from one string to the next."},
                    "table": _TABLE,
                    "quantities": _object(
                        {
                            "current": _quantity("A"),
                            "ambient_temperature": _quantity("°C"),
                            "second_temperature": _quantity("°C"),
                        },
                        "current",
                    ),
                },
                "quantities",
            ),
        },
        "manufacturer",
        "model",
        "batteries",
    ),
}
