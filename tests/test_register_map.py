"""The register table as docs/plant.md shows it is that of the code, and its addresses never overlap."""

from collections.abc import Sequence
from itertools import pairwise
import json
from math import inf, nan
from pathlib import Path
from typing import Any, Final

from hypothesis import given, strategies as st
from page_tables import check_table
import pytest

from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind, Scope
from custom_components.battery_bank.monitor.battery.events import OperatingState
from custom_components.battery_bank.monitor.battery.resistance_trend import Risk
from custom_components.battery_bank.monitor.model import Chemistry
from custom_components.battery_bank.plant_systems import register_codes as codes, register_map as table
from custom_components.battery_bank.plant_systems.register_forms import NAME, S16, S32, U16, U32, Form
from custom_components.battery_bank.texts.alarm_texts import LEVELS

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "plant.md"
ENGLISH: Final = json.loads((ROOT / "custom_components/battery_bank/translations/en.json").read_text())
HEAD: Final = ["| offset | form | unit | value |", "|---|---|---|---|"]


def rows(registers: Sequence[Any]) -> str:
    return "\n".join([*HEAD, *(row(one.at, one) for one in registers)])


def row(offset: int, one: Any) -> str:
    last = offset + one.form.words - 1
    place = f"{offset}-{last}" if last > offset else f"{offset}"
    return f"| {place} | {one.form.name} | {one.unit} | {one.name} |"


def overview_rows() -> str:
    return "\n".join(
        [
            "| of places 1 to 15 | form | unit | value |",
            "|---|---|---|---|",
            *(
                f"| {one.at}-{one.at + table.PLACES - 1} | {one.form.name} | {one.unit} | {one.name} |"
                for one in table.OVERVIEW_ROWS
            ),
        ]
    )


def blocks() -> str:
    head = ["| offset of battery 1 | form | unit | value |", "|---|---|---|---|"]
    return "\n".join([*head, *(row(one.at * table.BLOCK, one) for one in table.BATTERY_BLOCKS)])


def alarms() -> str:
    name = ENGLISH["selector"]["alarm"]["options"]
    lines = [
        f"| {code} | {(code - 1) // 16} | {(code - 1) % 16} | {name[kind]} |"
        for kind, code in codes.ALARM_CODES.items()
    ]
    return "\n".join(["| code | word | bit | alarm |", "|---|---|---|---|", *lines])


TABLES: Final = {
    "overview": lambda: rows(table.OVERVIEW_REGISTERS),
    "places": overview_rows,
    "string": lambda: rows(table.STRING_REGISTERS),
    "batteries": blocks,
    "bank": lambda: rows(table.BANK_REGISTERS),
    "alarms": alarms,
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_the_page_is_that_of_the_code(name: str) -> None:
    check_table(PAGE, name, TABLES[name]())


def test_the_page_has_the_version_and_all_codes() -> None:
    text = PAGE.read_text()
    assert f"version {table.MAJOR}.{table.MINOR}" in text
    known: dict[str, int] = {
        **{str(state).replace("_", " "): code for state, code in codes.STATE_CODES.items()},
        **{str(risk): code for risk, code in codes.RISK_CODES.items()},
        **codes.UNIT_CODES,
    }
    for name, code in known.items():
        assert f"{code} {name}" in text, name


def test_registers_do_not_overlap_and_stay_in_their_block() -> None:
    for registers, end in (
        (table.OVERVIEW_REGISTERS, 20),
        (table.STRING_REGISTERS, table.BLOCK),
        (table.BANK_REGISTERS, table.BANK),
    ):
        for one, following in pairwise(registers):
            assert one.at + one.form.words <= following.at, following.name
        assert registers[-1].at + registers[-1].form.words <= end
    for one, following in pairwise(table.OVERVIEW_ROWS):
        assert one.at + table.PLACES <= following.at
    assert [one.at for one in table.BATTERY_BLOCKS] == list(range(2, table.PAGE // table.BLOCK))
    assert {one.form.words for one in table.BATTERY_BLOCKS} == {1}
    assert table.ALARMS * table.ALARM_RECORD <= table.BLOCK
    assert (table.PLACES + 1) * table.PAGE == table.BANKS
    assert table.BANKS + table.PLACES * table.BANK <= 0x10000


def test_there_is_room_for_960_batteries_however_they_are_divided() -> None:
    assert table.BLOCK >= 247  # the addresses of a line
    assert table.PLACES * table.UNITS * 16 >= 960  # strings of 16 blocks of 12 V or more


def test_everything_has_a_code_of_its_own() -> None:
    without = set(AlarmKind) - set(codes.ALARM_CODES)
    assert not without, "register_codes.py: give each the next free code; 1 to 32 of a battery, 33 to 64 of a string"
    for kind, code in codes.ALARM_CODES.items():
        assert (code > 32) == (kind.traits.scope is Scope.STRING), kind
        assert kind.traits.unit in {*codes.UNIT_CODES, "×C10"}, kind
    assert set(codes.STATE_CODES) == set(OperatingState)
    assert set(codes.RISK_CODES) == set(Risk)
    assert set(codes.CHEMISTRY_CODES) == set(Chemistry)
    assert set(LEVELS.values()) < set(codes.LEVEL_CODES)
    tables = (codes.ALARM_CODES, codes.STATE_CODES, codes.RISK_CODES, codes.CHEMISTRY_CODES, codes.LEVEL_CODES)
    for numbers in tables:
        assert len(set(numbers.values())) == len(numbers)
    assert max(codes.ALARM_CODES.values()) <= 64


def test_released_codes_and_addresses_stay() -> None:
    """What a plant has been set up with, typed in once."""
    assert codes.ALARM_CODES[AlarmKind.VOLTAGE_HIGH] == 1
    assert codes.ALARM_CODES[AlarmKind.MODULE_SILENT] == 15
    assert codes.ALARM_CODES[AlarmKind.STRING_VOLTAGE_HIGH] == 33
    assert codes.ALARM_CODES[AlarmKind.NOT_MONITORED] == 46
    assert (table.MARK, table.PLACES, table.PAGE, table.BLOCK, table.ALARM_RECORD) == (0x4242, 15, 4000, 250, 12)
    assert (table.BANKS, table.BANK, table.MEMBERS) == (64000, 100, 20)
    at = {one.name: one.at for one in table.STRING_REGISTERS}
    assert (at["Voltage"], at["Current; positive charges"], at["State of charge"], at["Remaining time"]) == (
        20,
        22,
        33,
        40,
    )
    assert (at["Counter: charged"], at["Last discharge: start"], at["Name of the string"]) == (60, 80, 130)
    of = {one.name: one.at for one in table.BATTERY_BLOCKS}
    assert (of["Voltage"], of["Temperature"], of["Internal resistance"]) == (4, 5, 6)


@pytest.mark.parametrize(
    ("form", "value", "scale", "words"),
    [
        (U16, 13.6, 1000, [13600]),
        (U16, None, 1000, [0xFFFF]),
        (U16, 70.0, 1000, [0xFFFE]),  # beyond the end: the end, and not unknown
        (U16, -1, 1, [0]),
        (U16, nan, 1, [0xFFFF]),
        (U16, inf, 1, [0xFFFF]),
        (S16, -1.8, 10, [0xFFEE]),
        (S16, -5000, 10, [0x8001]),
        (S16, None, 10, [0x8000]),
        (U32, 70000, 1, [1, 4464]),
        (U32, None, 1, [0xFFFF, 0xFFFF]),
        (S32, -20, 1000, [0xFFFF, 0xB1E0]),
        (S32, None, 1000, [0x8000, 0]),
    ],
)
def test_words_of_a_value(form: Form, value: float | None, scale: float, words: list[int]) -> None:
    assert form.encode(value, scale) == words


@given(
    st.sampled_from([U16, S16, U32, S32]), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([1, 10])
)
def test_no_value_reads_as_unknown(form: Form, value: float, scale: float) -> None:
    words = form.encode(value, scale)
    assert len(words) == form.words
    assert all(0 <= word <= 0xFFFF for word in words)
    assert words != form.encode(None)


@given(st.text())
def test_a_name_of_any_letters_fits(name: str) -> None:
    words = NAME.encode(name)
    assert len(words) == 20
    shown = b"".join(word.to_bytes(2) for word in words).rstrip(b"\0").decode()
    assert name.encode(errors="replace").decode().startswith(shown)
