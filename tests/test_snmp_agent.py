"""The SNMP agent, read by the programs of Net-SNMP (Debian): `snmpwalk`, `snmpget`, `snmpset` and `snmptrapd`.

OIDs and values are typed by hand as RFC 1628 and docs/plant.md have them; the modules' registers are pinned.
"""

import asyncio
from importlib.util import find_spec
from pathlib import Path
from random import Random
import re
import shutil
import socket
from typing import Any

from conftest import device_of, eventually, until_gone
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from test_plant_clients import run
from test_plant_server import bank, entry, open_form

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.plant_systems.publication import DATA_PUBLICATION, SNMP_LIBRARY
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from simulator.bank import Bank

__all__ = ["bank", "entry"]

TOOLS = ("snmpwalk", "snmpget", "snmpset", "snmptrapd")
pytestmark = [
    pytest.mark.usefixtures("socket_enabled"),
    pytest.mark.real_time,
    pytest.mark.skipif(any(shutil.which(tool) is None for tool in TOOLS), reason="Net-SNMP is not installed"),
    pytest.mark.skipif(find_spec("pysnmp") is None, reason="pysnmp is not installed"),
]

UPS_BATTERY = ".1.3.6.1.2.1.33.1.2"
OURS = ".1.3.6.1.4.1.8072.9999.9999.16962"
# RFC 3414, 4: an empty request of SNMPv3 that asks who the agent is.
DISCOVERY = bytes.fromhex(
    "303e02010330110204000000010203 00ffe30401040201030410300e0400020100020100040004000400"
    "301404000400a00e020400000001020100020100 3000"
)
COMMUNITY = ("-v2c", "-c", "plant")
V3 = ("-v3", "-u", "nms", "-l", "authPriv", "-a", "SHA-256", "-A", "authentic", "-x", "AES", "-X", "in private")


@pytest.fixture
def udp_port(socket_enabled: None) -> int:
    """Return a UDP port that no program uses."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


async def switch_on(hass: HomeAssistant, entry: MockConfigEntry, udp_port: int, **changes: Any) -> Any:
    step = await open_form(hass, entry, "snmp_agent")
    answers = {"enabled": True, "address": "127.0.0.1", "port": udp_port, "clients": "127.0.0.1", "community": "plant"}
    return await hass.config_entries.options.async_configure(step["flow_id"], answers | changes)


async def ask(
    tool: str, port: int, oid: str, *more: str, reader: tuple[str, ...] = COMMUNITY
) -> tuple[int | None, str]:
    return await run(tool, *reader, "-On", "-r", "1", "-t", "2", f"127.0.0.1:{port}", oid, *more)


async def walk(port: int, oid: str, reader: tuple[str, ...] = COMMUNITY) -> dict[str, str]:
    """Return the values below an OID by the rest of their OIDs."""
    status, output = await ask("snmpwalk", port, oid, reader=reader)
    assert status == 0, output
    return dict(re.findall(rf"^{re.escape(oid)}\.(\S+) = (.*)$", output, re.MULTILINE))


async def test_the_battery_group_and_the_tables(hass: HomeAssistant, entry: MockConfigEntry, udp_port: int) -> None:
    assert (await switch_on(hass, entry, udp_port))["type"] is FlowResultType.CREATE_ENTRY
    while (group := await walk(udp_port, UPS_BATTERY))["1.0"] == "INTEGER: 1":  # unknown until all modules answered
        await asyncio.sleep(1)
    assert {at: group[at] for at in ("1.0", "5.0", "6.0", "7.0")} == {
        "1.0": "INTEGER: 2",  # batteryNormal
        "5.0": "INTEGER: 544",  # 54.410 V in 0.1 V
        "6.0": "INTEGER: -200",  # -20.0 A in 0.1 A
        "7.0": "INTEGER: 23",  # °C
    }
    assert group["2.0"].startswith("INTEGER: ")
    assert "4.0" not in group  # the state of charge is not known yet, so there is no such object
    assert await walk(udp_port, f"{OURS}.1.2.1.4") == {f"1.{n}": f"Gauge32: {13600 + n}" for n in range(1, 5)}
    assert await walk(udp_port, f"{OURS}.1.2.1.5") == {
        "1.1": "INTEGER: 231",
        "1.2": "INTEGER: -18",
        "1.3": "INTEGER: 231",
        "1.4": "INTEGER: 231",
    }
    assert await walk(udp_port, f"{OURS}.1.1.1.21") == {"1": "Gauge32: 54410"}
    name = await walk(udp_port, f"{OURS}.1.1.1.131")
    assert name["1"] in ('STRING: "Süd"', "Hex-STRING: 53 C3 BC 64 ")
    system = await walk(udp_port, ".1.3.6.1.2.1.1")
    assert system["1.0"] == 'STRING: "Battery Bank Monitor"'
    whole = await walk(udp_port, ".1.3.6.1")
    assert len(whole) > 80


async def test_a_battery_that_is_offline_has_no_value(
    hass: HomeAssistant, entry: MockConfigEntry, bank: Bank, udp_port: int
) -> None:
    await switch_on(hass, entry, udp_port)
    bank.faults.dead.add(3)
    await until_gone(hass, "sensor.sud_battery_3_voltage", seconds=30)
    voltages = await walk(udp_port, f"{OURS}.1.2.1.4")
    assert set(voltages) == {"1.1", "1.2", "1.4"}
    assert (await walk(udp_port, f"{OURS}.1.2.1.2"))["1.3"] == "Gauge32: 3"
    status, output = await ask("snmpget", udp_port, f"{OURS}.1.2.1.4.1.3")
    assert "No Such Instance" in output, (status, output)


@pytest.mark.slow
async def test_who_may_read(
    hass: HomeAssistant, entry: MockConfigEntry, udp_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    keys = {"user": "nms", "auth_key": "authentic", "privacy_key": "in private"}
    await switch_on(hass, entry, udp_port, **keys)
    voltages = f"{OURS}.1.2.1.4"
    assert await walk(udp_port, voltages, V3) == await walk(udp_port, voltages)
    for reader in (("-v3", "-u", "nms", "-l", "noAuthNoPriv"), ("-v2c", "-c", "public"), ("-v1", "-c", "plant")):
        status, output = await ask("snmpget", udp_port, f"{voltages}.1.1", reader=reader)
        assert status != 0, output
        assert "13601" not in output
    status, output = await ask("snmpset", udp_port, f"{voltages}.1.1", "u", "1")
    assert status != 0, output
    await switch_on(hass, entry, udp_port, community="", user="nms")  # the keys stay as they were saved
    assert len(await walk(udp_port, voltages, V3)) == 4
    assert (await ask("snmpget", udp_port, f"{voltages}.1.1"))[0] != 0
    await switch_on(hass, entry, udp_port, clients="10.0.0.0/8")
    assert (await ask("snmpget", udp_port, f"{voltages}.1.1"))[0] != 0
    assert caplog.text.count("The SNMP agent refused 127.0.0.1") == 1
    await switch_on(hass, entry, udp_port, enabled=False)
    assert (await ask("snmpget", udp_port, f"{voltages}.1.1"))[0] != 0
    assert hass.data[DATA_PUBLICATION].diagnostics() == {}


async def test_it_goes_on_after_a_restart(hass: HomeAssistant, entry: MockConfigEntry, udp_port: int) -> None:
    await switch_on(hass, entry, udp_port)
    publication = hass.data[DATA_PUBLICATION]
    hass.bus.async_fire("homeassistant_stop")
    await eventually(lambda: publication.snmp.server is None, every=0.1)
    again = type(publication)(hass)
    await again.async_load()
    await eventually(lambda: again.snmp.server is not None, seconds=10, every=0.1)
    assert len(await walk(udp_port, f"{OURS}.1.2.1.4")) == 4
    await again.async_remove()


@pytest.mark.slow
async def test_datagrams_that_are_no_requests(
    hass: HomeAssistant, entry: MockConfigEntry, udp_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    await switch_on(hass, entry, udp_port, user="nms", auth_key="authentic", privacy_key="in private")
    request = bytes.fromhex("30230201010405706c616e74a117020101020100020100300c300a06062b06010201010500")
    random = Random(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for number in range(300):
            spoilt = bytearray(request)
            spoilt[random.randrange(len(spoilt))] = random.randrange(256)
            junk = random.randbytes(random.randrange(1, 200))
            sender.sendto(bytes(spoilt)[: random.randrange(1, 60)] if number % 2 else junk, ("127.0.0.1", udp_port))
            if number % 50 == 0:
                await asyncio.sleep(0.6)
    await asyncio.sleep(1)
    assert len(await walk(udp_port, f"{OURS}.1.2.1.4")) == 4
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def raise_test_alarm(hass: HomeAssistant, entry: MockConfigEntry, identifier: str) -> None:
    target = {"device_id": device_of(hass, entry, identifier)}
    alarm = {"kind": "voltage_low", "level": "alarm"}
    await hass.services.async_call(DOMAIN, "simulate_alarm", target | alarm, blocking=True)


@pytest.mark.parametrize("version", ["2c", "3"])
async def test_an_alarm_is_a_trap(
    hass: HomeAssistant, entry: MockConfigEntry, bank: Bank, udp_port: int, tmp_path: Path, version: str
) -> None:
    configuration = tmp_path / "snmptrapd.conf"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        receiver = probe.getsockname()[1]
    more: dict[str, Any] = {"traps": f"127.0.0.1:{receiver}"}
    if version == "3":
        more |= {"community": "", "user": "nms", "auth_key": "authentic", "privacy_key": "in private"}
    await switch_on(hass, entry, udp_port, **more)
    publication = hass.data[DATA_PUBLICATION]
    service = publication.snmp.server
    assert service is not None
    configuration.write_text(
        "disableAuthorization yes\n"
        f"createUser -e 0x{publication.engine_id.hex()} nms SHA-256 authentic AES 'in private'\nauthUser log nms priv\n"
    )
    log = tmp_path / "traps.log"
    daemon = await asyncio.create_subprocess_exec(
        *("snmptrapd", "-f", "-On", "-C", "-c", str(configuration), "-Lf", str(log)),
        f"127.0.0.1:{receiver}",
        env={"SNMP_PERSISTENT_DIR": str(tmp_path), "PATH": "/usr/sbin:/usr/bin", "MIBS": ""},
    )
    try:
        await eventually(lambda: log.exists() and "NET-SNMP" in log.read_text(), seconds=10, every=0.1)
        await raise_test_alarm(hass, entry, "Süd2")
        await eventually(lambda: f"{OURS}.0.1" in log.read_text(), seconds=10, every=0.1)
        # A receiver of SNMPv3 knows the agent by its engine id, and takes nothing older than what it had before.
        await switch_on(hass, entry, udp_port, **more, enabled=False)
        await switch_on(hass, entry, udp_port, **more)
        await raise_test_alarm(hass, entry, "Süd3")
        await eventually(lambda: f"{OURS}.2.4.0 = INTEGER: 3" in log.read_text(), seconds=10, every=0.1)
    finally:
        daemon.terminate()
        await daemon.wait()
    trap = log.read_text()
    for number, value in enumerate((2, 2, 1, 2, 2), 1):  # code, level, place, battery, flags
        assert f"{OURS}.2.{number}.0 = INTEGER: {value}" in trap, trap
    assert service.traps == 1


async def test_the_engine_of_snmpv3_is_the_same_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, udp_port: int
) -> None:
    """RFC 3414, 2.2: the id stays, and the number of its boots grows."""
    await switch_on(hass, entry, udp_port, community="", user="nms", auth_key="authentic", privacy_key="in private")

    async def boots_of(engine_id: bytes) -> int:
        """Return how often the engine was started, as it says itself."""
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(0)
            asker.sendto(DISCOVERY, ("127.0.0.1", udp_port))
            report = await asyncio.wait_for(loop.sock_recv(asker, 500), 5)
        assert engine_id in report
        kind, length, *boots = report[report.index(engine_id) + len(engine_id) :]
        assert kind == 2  # an integer
        return int.from_bytes(boots[:length])

    step = await open_form(hass, entry, "snmp_agent")
    engine_id = bytes.fromhex(step["description_placeholders"]["engine_id"])
    assert 5 <= len(engine_id) <= 32
    before = await boots_of(engine_id)
    publication = hass.data[DATA_PUBLICATION]
    hass.bus.async_fire("homeassistant_stop")
    await eventually(lambda: publication.snmp.server is None, every=0.1)
    again = type(publication)(hass)
    await again.async_load()
    await eventually(lambda: again.snmp.server is not None, seconds=10, every=0.1)
    assert await boots_of(engine_id) > before
    await again.async_remove()


async def test_a_port_in_use_and_a_package_that_cannot_be_installed(
    hass: HomeAssistant, entry: MockConfigEntry, udp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", udp_port))
        step = await switch_on(hass, entry, udp_port)
        assert step["errors"] == {"base": "cannot_listen"}

    async def missing(*_: object) -> None:
        raise HomeAssistantError(f"Requirements for battery_bank not found: {SNMP_LIBRARY}")

    # There is no package index to be out of reach here, so Home Assistant's own helper says that there is none.
    with monkeypatch.context() as patched:
        patched.setattr("custom_components.battery_bank.plant_systems.publication.async_process_requirements", missing)
        step = await switch_on(hass, entry, udp_port)
        assert step["errors"] == {"base": "cannot_install"}
        assert SNMP_LIBRARY in step["description_placeholders"]["reason"]
    done = await switch_on(hass, entry, udp_port)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert ir.async_get(hass).async_get_issue(DOMAIN, "snmp_agent_failed") is None
    assert len(await walk(udp_port, f"{OURS}.1.2.1.4")) == 4


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"address": "::1"}, {"address": "bad_address"}),
        ({"community": ""}, {"community": "no_reader"}),
        ({"user": "nms", "auth_key": "short"}, {"auth_key": "short_key"}),
        ({"user": "nms", "auth_key": "long enough", "privacy_key": "short"}, {"privacy_key": "short_key"}),
        ({"traps": "manager.lan"}, {"traps": "bad_traps"}),
        ({"traps": "192.168.1.30:70000"}, {"traps": "bad_traps"}),
        ({"clients": ""}, {"clients": "bad_clients"}),
    ],
)
async def test_what_the_form_refuses(
    hass: HomeAssistant, entry: MockConfigEntry, udp_port: int, changes: dict[str, Any], errors: dict[str, str]
) -> None:
    step = await switch_on(hass, entry, udp_port, **changes)
    assert step["errors"] == errors | {"base": next(iter(errors.values()))}  # above the form too
