"""What a profile file of a user may say, as a JSON Schema. `docs/hub-profile.schema.json` is this, for editors."""

from typing import Any, Final

from ..model import CommandName, DeviceAlarm

ALARMS: Final = {alarm.removeprefix("device_"): alarm for alarm in DeviceAlarm}  # by their names in a file
COMMANDS: Final = (CommandName.START_RESISTANCE_TEST, CommandName.BLINK)  # those that a file may have
KINDS: Final = ("hub", "modules")
BIT_TABLES: Final = ("holding", "input", "coil", "discrete_input")
TYPES: Final = ("uint16", "int16", "sign_magnitude", "uint32", "int32", "float32")
TABLES: Final = ("holding", "input")
MOST_BATTERIES: Final = 999
MOST_STRINGS: Final = 99
LAST_REGISTER: Final = 0xFFFF

_REGISTER: Final = {"type": "integer", "minimum": 0, "maximum": 465_536}
_STEP: Final = {"type": "integer", "minimum": 1, "maximum": LAST_REGISTER}
_COUNT: Final = {"type": "integer", "minimum": 1, "maximum": MOST_BATTERIES}
_WORD: Final = {"type": "integer", "minimum": 0, "maximum": 0xFFFF}
_BIT: Final = {"type": "integer", "minimum": 0, "maximum": 1999}
_LONGEST_TEST: Final = {"batteries": 600, "strings": 86_400}  # s; a string is tested battery by battery
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
                "raw_offset": {"type": "number", "description": "Added to the number before scaling."},
                "no_value": {
                    "type": ["integer", "array"],
                    "minimum": 0,
                    "items": {"type": "integer", "minimum": 0},
                    "description": "What it holds without a value: one number, or a list.",
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


def _validity() -> dict[str, Any]:
    """Return the schema of what says whether the values are current: a quantity whose range is that of current ones."""
    schema = _quantity("counts")
    schema["description"] = "By it the device says whether its values are current: they are from low to high."
    for limit in ("low", "high"):
        schema["properties"][limit]["description"] = f"The {limit}est number of current values."
    return {**schema, "required": ["register", "low", "high"]}


def _module(section: str) -> dict[str, Any]:
    seconds = {"type": "number", "minimum": 0, "maximum": _LONGEST_TEST[section]}
    command = {
        "register": {**_REGISTER, "description": "That is written; in a hub, of the first battery or string."},
        "value": {**_WORD, "description": "That is written."},
        "done": {**_WORD, "description": "What the register holds when the test is done."},
        "shortest": {**seconds, "description": "s that a test takes at least."},
        "longest": {**seconds, "description": "s that a test takes at most."},
        "step": {**_STEP, "description": "In a hub: registers from one battery to the next, if not that of all."},
    }
    return {
        "firmware": {**_REGISTER, "description": "That each module answers; the scan reads it first."},
        "recognise": {
            "type": "array",
            "items": _object({"register": _REGISTER, "value": _WORD}, "register"),
            "description": "What registers hold in each such module, and in no other; without a value, its address.",
        },
        "commands": {
            "description": "What may be written. In strings of a hub: start_resistance_test for all batteries at once.",
            **_object({name.value: _object(command, "register", "value") for name in COMMANDS}),
        },
    }


_ALARMS: Final = {
    "register": {**_REGISTER, "description": "Of bit 0; of the first battery or string."},
    "table": {"enum": list(BIT_TABLES), "description": "The default is that of the section."},
    "bits": _object(dict.fromkeys(ALARMS, _BIT)),
}
_OF_ALARMS: Final = "Alarms that the monitor raises by itself, each with the number of its bit."
_ALARMS_OF_STRING: Final = {"description": _OF_ALARMS, **_object(_ALARMS, "register", "bits")}
_ALARMS_OF_BATTERY: Final = {
    "description": _OF_ALARMS,
    **_object(
        _ALARMS
        | {"step": {**_STEP, "description": "Registers or bits from one battery to the next, if not that of all."}},
        "register",
        "bits",
    ),
}

SCHEMA: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A profile of Battery Bank Monitor: a hub with the values of many batteries, or modules of their own",
    **_object(
        {
            "manufacturer": {"type": "string"},
            "model": {"type": "string"},
            "kind": {
                "enum": list(KINDS),
                "description": "hub, which is the default: one unit with the values of many batteries. modules: a unit "
                "for each battery, and one for the string.",
            },
            "most_registers": {
                "type": "integer",
                "minimum": 1,
                "maximum": 125,
                "description": "In one read of a hub; the default is 125.",
            },
            "gap": {
                "type": "integer",
                "minimum": 0,
                "maximum": 125,
                "description": "Registers between two values that are read at once; the default is 8.",
            },
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
                    **_module("batteries"),
                    "validity": _validity(),
                    "alarms": _ALARMS_OF_BATTERY,
                    "quantities": _object(
                        {"voltage": _quantity("V"), "temperature": _quantity("°C"), "resistance": _quantity("Ω")},
                        "voltage",
                    ),
                },
                "quantities",
            ),
            "strings": _object(
                {
                    "count": {"type": "integer", "minimum": 1, "maximum": MOST_STRINGS},
                    "step": {**_STEP, "description": "Registers from one string to the next."},
                    "table": _TABLE,
                    **_module("strings"),
                    "validity": _validity(),
                    "alarms": _ALARMS_OF_STRING,
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
