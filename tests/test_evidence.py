"""The table of who has read each family back, held to the profiles, the vectors and the sections of the pages."""

from pathlib import Path
from typing import Final

from foreign_hub import foreign_hub
from modbus_connection import ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection
from page_tables import check_table
import pytest
from vectors import FAMILIES, HUBS, VECTORS

from custom_components.battery_bank.monitor.line.link import Link
from custom_components.battery_bank.monitor.line.module_profile import Profile
from custom_components.battery_bank.monitor.model import Measures
from simulator import modules
from simulator.hubs import HUBS as SIMULATED

DOCS: Final = Path(__file__).parent.parent / "docs"
QUANTITIES: Final = {
    Measures.BATTERY: ("voltage", "temperature", "resistance"),
    Measures.STRING: ("current", "ambient_temperature", "second_temperature", "alarm_bits"),
}
HEAD: Final = (
    "type",
    "voltage",
    "temperature",
    "resistance",
    "current",
    "ambient",
    "second temp.",
    "alarms of the device",
    "captured frame",
    "simulator",
    "pymodbus",
)
NOT_MEASURED: Final = "not measured"
NOT_READ: Final = "not read"
SEEN: Final = "seen"  # in a captured frame


def section_of(family: str) -> str:
    """Return the section of a family, from one of the two pages."""
    parts = [part for page in ("hubs.md", "modules.md") for part in (DOCS / page).read_text().split("\n## ")]
    sections = [part for part in parts if f"`profiles/{family}.py`" in part]
    assert len(sections) == 1, f"docs/modules.md, or docs/hubs.md of a hub, needs a section with `profiles/{family}.py`"
    return sections[0]


def certainty(section: str, profile: Profile, name: str) -> str:
    """Return how certain a quantity is, as its row of the section says; what follows a semicolon is a detail."""
    if (quantity := profile.quantities.get(name)) is None:
        return NOT_READ if name == "alarm_bits" else NOT_MEASURED
    address = quantity.register.address
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines()]
    names = {f"{address}", f"0x{address:04X}", f"input {address}"}
    of_alarms = name == "alarm_bits"
    found = [row for row in rows if row[0].partition("-")[0] in names and ("alarm" in " ".join(row)) == of_alarms]
    assert found, f"the section of {profile.model} needs a row of the {name}, whose first cell is {address}"
    words = found[0][-1].partition(";")[0].removeprefix("the ")
    words = ", ".join(word for word in words.split(", ") if word != SEEN).partition(" from")[0]
    return f"{len(profile.alarm_bits)}, {words}" if of_alarms else words


def row_of(family: str, profiles: list[Profile]) -> str:
    """Return the row of a family."""
    section = section_of(family)
    elsewhere = NOT_MEASURED if family in HUBS else ""  # a module of a chain measures a battery or a string
    by_measures = {profile.measures: profile for profile in profiles}
    cells = [
        certainty(section, by_measures[measures], name) if measures in by_measures else elsewhere
        for measures, names in QUANTITIES.items()
        for name in names
    ]
    simulated = family in SIMULATED or hasattr(modules, family.upper())
    return (
        "| "
        + " | ".join(
            (
                f"{profiles[0].manufacturer} {profiles[0].model}",
                *cells,
                "yes" if f", {SEEN}" in section else "no",
                "yes" if simulated else "our server" if family == "battery_bank" else "no",
                "yes",  # the contract of hubs, and the test below
            )
        )
        + " |"
    )


def table() -> str:
    """Return the table of all families that the pages have."""
    known = [(family, [FAMILIES[family]]) for family in sorted(FAMILIES) if not family.startswith("_")]
    known += sorted(HUBS.items())
    return "\n".join(
        [
            f"| {' | '.join(HEAD)} |",
            "|" + "---|" * len(HEAD),
            *(row_of(family, profiles) for family, profiles in known),
        ]
    )


def test_the_table_is_that_of_profiles_vectors_and_sections() -> None:
    check_table(DOCS / "hubs.md", "evidence", table())


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.usefixtures("socket_enabled")
async def test_a_foreign_slave_is_read_alike(family: str) -> None:
    """A server that others wrote has the registers of the vectors; it is read as a module of the family is."""
    profile, vectors = FAMILIES[family], VECTORS[family]
    registers = {profile.read_function: dict(vectors.registers(3))}
    async with foreign_hub({3: registers}) as slave:
        connection = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=slave.port))
        answer = await Link(connection.for_unit).read(3, *profile.block, 1.0, profile.read_function)
        await connection.close()
    first, count = profile.block
    assert answer.words == [vectors.registers(3)[register] for register in range(first, first + count)]
    reading = profile.decode(answer.words, at=0.0, nominal_voltage=12.0)
    assert set(profile.quantities) >= {name for name in profile.quantities if getattr(reading, name) is not None}
    assert not reading.faults
    assert slave.written == []
