"""docs/BATTERY-BANK-MIB.txt has the objects of the SNMP agent, and Net-SNMP reads it."""

from collections.abc import Iterator
from pathlib import Path
import re
import shutil
import subprocess
from typing import Final

import pytest

from custom_components.battery_bank.plant_systems import register_map as table
from custom_components.battery_bank.plant_systems.register_forms import S16, S32, Form, TextForm
from custom_components.battery_bank.plant_systems.snmp_objects import BASE

MIB: Final = Path(__file__).parent.parent / "docs" / "BATTERY-BANK-MIB.txt"
HEAD: Final = """\
BATTERY-BANK-MIB DEFINITIONS ::= BEGIN

IMPORTS
    MODULE-IDENTITY, OBJECT-TYPE, NOTIFICATION-TYPE, Integer32, Gauge32, enterprises
        FROM SNMPv2-SMI;

batteryBank MODULE-IDENTITY
    LAST-UPDATED "202611260000Z"
    ORGANIZATION "Battery Bank Monitor"
    CONTACT-INFO "The issues of the project"
    DESCRIPTION
        "The register table for plant systems as SNMP objects: docs/plant.md explains units, codes and places. An object
        whose value is not known does not exist. The project has no enterprise number: these objects are below
        netSnmpPlaypen."
    REVISION "202611260000Z"
    DESCRIPTION "Version 1.1 of the table: banks."
    REVISION "202611250000Z"
    DESCRIPTION "Version 1.0 of the table."
    ::= { enterprises 8072 9999 9999 16962 }

bbNotifications OBJECT IDENTIFIER ::= { batteryBank 0 }
bbTables        OBJECT IDENTIFIER ::= { batteryBank 1 }
bbTrapObjects   OBJECT IDENTIFIER ::= { batteryBank 2 }
"""
TRAP_OBJECTS: Final = (
    ("bbTrapAlarmCode", "Integer32", "Code of the alarm"),
    ("bbTrapLevel", "Integer32", "Level: 0 cleared, 1 warning, 2 alarm"),
    ("bbTrapPlace", "Integer32", "Place of the string; 0: it has none any more"),
    ("bbTrapBattery", "Integer32", "Number of the battery; 0: the string, or several batteries"),
    ("bbTrapFlags", "Integer32", "Flags: 2 test alarm"),
    ("bbTrapText", "OCTET STRING", "Text, in UTF-8 and in the language of Home Assistant"),
)
NOTIFICATIONS: Final = (
    ("bbAlarmRaised", "An alarm was raised, or its level changed."),
    ("bbAlarmCleared", "An alarm was cleared."),
)
PLACE: Final = ("bb{}Place", "Place of the string: 1 to 15 in unit 1, 16 to 30 in unit 2, and so on")


def name_of(stem: str, text: str) -> str:
    """Return the name of an object from what it is: letters and digits, 64 at most."""
    parts = re.findall(r"[A-Za-z0-9]+", text.removeprefix("1: ").partition(";")[0])
    return stem + "".join(part[0].upper() + part[1:] for part in parts)[: 64 - len(stem)]


def object_type(name: str, syntax: str, text: str, oid: str, *, access: str = "read-only") -> str:
    return (
        f"\n{name} OBJECT-TYPE\n    SYNTAX {syntax}\n    MAX-ACCESS {access}\n    STATUS current\n"
        f'    DESCRIPTION "{text}"\n    ::= {{ {oid} }}\n'
    )


def mib_table(
    stem: str, number: int, about: str, indices: list[tuple[str, str]], columns: list[tuple[int, str, str, str]]
) -> str:
    entry = f"bb{stem}Entry"
    row = object_type(entry, f"Bb{stem}Entry", f"One row of {about}.", f"bb{stem}Table 1", access="not-accessible")
    index = ", ".join(name for name, _ in indices)
    row = row.replace("\n    ::=", f"\n    INDEX {{ {index} }}\n    ::=")
    sequence = ",\n    ".join(f"{name} {syntax}" for _, name, syntax, _ in columns)
    text = object_type(
        f"bb{stem}Table",
        f"SEQUENCE OF Bb{stem}Entry",
        about.capitalize() + ".",
        f"bbTables {number}",
        access="not-accessible",
    )
    text += row + f"\nBb{stem}Entry ::= SEQUENCE {{\n    {sequence}\n}}\n"
    for at, (name, words) in enumerate(indices, 1000):
        text += object_type(name, "Integer32 (1..65535)", words, f"{entry} {at}", access="not-accessible")
    for at, name, syntax, words in columns:
        text += object_type(name, syntax, words, f"{entry} {at}")
    return text


def syntax_of(form: Form | TextForm) -> str:
    if isinstance(form, TextForm):
        return "OCTET STRING"
    return "Integer32" if form in (S16, S32) else "Gauge32"


def described(name: str, unit: str) -> str:
    return f"{name} ({unit})" if unit else name


def mib() -> Iterator[str]:
    yield HEAD
    yield mib_table(
        "String",
        1,
        "the strings",
        [(PLACE[0].format("String"), PLACE[1])],
        [
            (one.at + 1, name_of("bbString", one.name), syntax_of(one.form), described(one.name, one.unit))
            for one in table.STRING_REGISTERS
        ],
    )
    yield mib_table(
        "Battery",
        2,
        "the batteries",
        [(PLACE[0].format("Battery"), PLACE[1]), ("bbBatteryNumber", "Number of the battery in its string")],
        [
            (one.at, name_of("bbBattery", one.name), syntax_of(one.form), described(one.name, one.unit))
            for one in table.BATTERY_BLOCKS
        ],
    )
    yield mib_table(
        "Alarm",
        3,
        "the alarms of the strings, the most urgent ones first",
        [(PLACE[0].format("Alarm"), PLACE[1]), ("bbAlarmPosition", "Position in the list of the string")],
        [
            (at + 1, name_of("bbAlarm", re.split("[;:,]", words)[0]), syntax_of(form), words)
            for at, form, words in table.ALARM_REGISTERS
        ],
    )
    yield mib_table(
        "Bank",
        4,
        "the banks",
        [("bbBankPlace", "Place of the bank: 1 to 15 in unit 1, 16 to 30 in unit 2, and so on")],
        [
            (one.at + 1, name_of("bbBank", one.name), syntax_of(one.form), described(one.name, one.unit))
            for one in table.BANK_REGISTERS
        ],
    )
    for number, (name, syntax, words) in enumerate(TRAP_OBJECTS, 1):
        yield object_type(name, syntax, words, f"bbTrapObjects {number}", access="accessible-for-notify")
    objects = ", ".join(name for name, _, _ in TRAP_OBJECTS)
    for number, (name, words) in enumerate(NOTIFICATIONS, 1):
        yield (
            f"\n{name} NOTIFICATION-TYPE\n    OBJECTS {{ {objects} }}\n    STATUS current\n"
            f'    DESCRIPTION "{words}"\n    ::= {{ bbNotifications {number} }}\n'
        )
    yield "\nEND\n"


def test_the_mib_is_that_of_the_code() -> None:
    assert MIB.read_text() == "".join(mib())


def test_names_are_unique() -> None:
    names = re.findall(r"^(bb\w+) (?:OBJECT|NOTIFICATION)-TYPE", MIB.read_text(), re.MULTILINE)
    assert len(names) > 80
    assert len(set(names)) == len(names)


# What Debian does not ship of SNMPv2-SMI, as far as the module needs it.
SMI: Final = """\
SNMPv2-SMI DEFINITIONS ::= BEGIN
org OBJECT IDENTIFIER ::= { iso 3 }
dod OBJECT IDENTIFIER ::= { org 6 }
internet OBJECT IDENTIFIER ::= { dod 1 }
private OBJECT IDENTIFIER ::= { internet 4 }
enterprises OBJECT IDENTIFIER ::= { private 1 }
END
"""


@pytest.mark.skipif(shutil.which("snmptranslate") is None, reason="Net-SNMP is not installed")
@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("bbStringVoltage", "1.1.1.21"),
        ("bbStringStateOfCharge", "1.1.1.34"),
        ("bbBatteryVoltage", "1.2.1.4"),
        ("bbAlarmCodeOfTheAlarm", "1.3.1.1"),
        ("bbBankPower", "1.4.1.9"),
        ("bbAlarmRaised", "0.1"),
        ("bbTrapText", "2.6"),
    ],
)
def test_net_snmp_reads_the_module(tmp_path: Path, name: str, rest: str) -> None:
    (tmp_path / "SNMPv2-SMI.txt").write_text(SMI)
    (tmp_path / MIB.name).write_text(MIB.read_text())
    command = [
        "snmptranslate",
        "-On",
        "-M",
        str(tmp_path),
        "-m",
        "SNMPv2-SMI:BATTERY-BANK-MIB",
        f"BATTERY-BANK-MIB::{name}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    assert done.stderr == ""
    assert done.stdout.strip() == "." + ".".join(map(str, BASE)) + f".{rest}"
