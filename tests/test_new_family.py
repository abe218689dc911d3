"""What CONTRIBUTING.md promises: a new module family is one file of the integration, and everything knows it."""

import json
from pathlib import Path
import shutil
import subprocess
import sys

from vectors import FAMILIES, HUBS, VECTORS

from custom_components.battery_bank.monitor.model import Measures

ROOT = Path(__file__).parent.parent
INTEGRATION = ROOT / "custom_components" / "battery_bank"
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
TEMPLATE = INTEGRATION / "monitor" / "line" / "profiles" / "_template.py"

PROGRAM = """
import asyncio, json, sys
from modbus_connection import IllegalDataAddressError, ModbusTimeoutError
from modbus_connection.mock import MockModbusConnection
from custom_components.battery_bank.figures.readings import READINGS
from custom_components.battery_bank.flows.string_form import STRING_SCHEMA, blank
from custom_components.battery_bank.monitor.line.link import Link
from custom_components.battery_bank.monitor.line.profiles import PROFILES
from custom_components.battery_bank.monitor.line.scan import scan
from custom_components.battery_bank.monitor.line.string_proposal import propose_strings
from custom_components.battery_bank.monitor.line.timing import SERIAL

async def found():
    connection = MockModbusConnection()
    for address in (1, 2):
        unit = connection.for_unit(address)
        unit.input.update({int(register): word for register, word in json.loads(sys.argv[1]).items()})
        for register in range(0x20):
            unit.fail_read(register, IllegalDataAddressError())
    connection.for_unit(3).fail_requests(ModbusTimeoutError("no answer"))
    return await scan(Link(connection.for_unit).read, [1, 2, 3], pace=SERIAL)

scanned = asyncio.run(found())
(string,) = propose_strings(scanned)
choices = {str(field): getattr(choice, "config", {}).get("options") for field, choice in STRING_SCHEMA.schema.items()}
print(json.dumps({
    "families": sorted(PROFILES),
    "scanned": [[one.verdict, one.profile and one.profile.key] for one in scanned],
    "proposed": [string.battery_profile.key, string.batteries],
    "choices": {name: sorted(one["value"] for one in choices[name]) for name in ("battery_module", "string_module")},
    "suggested": [blank("A")["battery_module"], blank("A")["string_module"]],
    "sensors": [one.key for one in READINGS if one.key in PROFILES["acme"].quantities],
}))
"""


def test_a_new_family_is_one_file_and_scan_form_and_tables_know_it(tmp_path: Path) -> None:
    copy = tmp_path / "custom_components" / "battery_bank"
    shutil.copytree(INTEGRATION, copy, ignore=shutil.ignore_patterns("__pycache__"))
    profile = TEMPLATE.read_text()
    assert 'key="template"' in profile
    (copy / TEMPLATE.relative_to(INTEGRATION)).with_name("acme.py").write_text(
        profile.replace('key="template"', 'key="acme"')
    )
    registers = json.dumps(dict(VECTORS["_template"].registers(1)))
    done = subprocess.run(  # noqa: S603 - our own interpreter, our own program
        [sys.executable, "-c", PROGRAM, registers], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    known = json.loads(done.stdout)
    there = [profile for family, profile in FAMILIES.items() if not family.startswith("_")]
    there += [profile for found in HUBS.values() for profile in found]
    batteries = {profile.key for profile in there if profile.measures is Measures.BATTERY}
    strings = {profile.key for profile in there} - batteries
    assert known == {
        "families": sorted({"acme"} | batteries | strings),
        "scanned": [["known", "acme"], ["known", "acme"], ["silent", None]],
        "proposed": ["acme", [1, 2]],
        "choices": {
            "battery_module": sorted({"acme"} | batteries),
            "string_module": sorted(strings),
        },
        "suggested": ["ta", "tc"],  # what most strings have, whatever the new family is called
        "sensors": ["voltage", "resistance", "temperature"],
    }


def test_the_files_of_a_new_family_are_named_and_there_to_copy() -> None:
    section = CONTRIBUTING.split("## A new family of modules")[1].split("\n## ")[0]
    for template in (TEMPLATE, ROOT / "tests" / "vectors" / "_template.py"):
        assert str(template.relative_to(ROOT)) in section
        assert template.exists()
    assert "docs/modules.md" in section
