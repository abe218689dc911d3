"""What plant systems may read of the whole installation: the settings, and the servers that run by them."""

from dataclasses import asdict
from hashlib import sha256
from typing import Any, Final

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import instance_id, issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.requirements import async_clear_install_history, async_process_requirements
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, LOGGER
from ..runtime.local_time import clock_of
from ..strings.banks import bank_ids, string_names
from .modbus_server import ModbusServer
from .plant_settings import ModbusServerSettings, SnmpAgentSettings, Stored, decode_stored
from .register_map import PLACES, UNITS
from .register_table import RegisterTable
from .server_runner import ServerRunner
from .snmp_objects import SnmpObjects
from .snmp_service import SnmpService
from .string_places import assign_places

VERSION: Final = 1
# RFC 3411, SnmpEngineID: of an enterprise number (that of Net-SNMP, 8072), and then octets (5).
ENGINE_ID: Final = bytes.fromhex("80001f8805")
ISSUES: Final = ("modbus_server_failed", "snmp_agent_failed")
# Home Assistant's own integration `snmp` requires it too, so its container image has it. A range, because an exact
# version would replace the one that Home Assistant needs.
SNMP_LIBRARY: Final = "pysnmp>=7.1.22,<8"


class PackageMissingError(OSError):
    """The package that a server needs can't be installed."""


class Publication:
    """The servers for plant systems. They are of no line, so they run on while a line is reloaded or down."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare the publication; nothing runs until `async_load`."""
        self.places: dict[str, int] = {}  # of the strings, by their ids
        self.bank_places: dict[str, int] = {}  # of the banks
        self.engine_id = b""  # by which receivers of SNMPv3 traps know the SNMP agent
        self._saved_places: tuple[dict[str, int], dict[str, int]] = ({}, {})  # of the strings and of the banks
        self._left_out: set[str] = set()  # the ids of the strings for which the table has no place
        self._boots = 0  # of the SNMP agent
        self.modbus = ServerRunner(hass, "Modbus server", ISSUES[0], ModbusServerSettings(), self._async_start_modbus)
        self.snmp = ServerRunner(hass, "SNMP agent", ISSUES[1], SnmpAgentSettings(), self._async_start_snmp)
        self._hass = hass
        self._store = Store[dict[str, Any]](hass, VERSION, f"{DOMAIN}.plant_systems", atomic_writes=True)
        self._table = RegisterTable(hass, self.places, self.bank_places, clock_of(hass))

    async def async_load(self) -> None:
        """Load the settings, and start the servers that are on."""
        stored = Stored()
        try:
            stored = decode_stored(await self._store.async_load() or {})
        except (HomeAssistantError, ValueError, TypeError, AttributeError) as err:
            # The strings are monitored all the same.
            LOGGER.warning("The settings for plant systems can't be read, so their servers are off: %s", err)
        self.places.update(stored.places)
        self.bank_places.update(stored.bank_places)
        self._saved_places = stored.places, stored.bank_places
        self.modbus.settings, self.snmp.settings = stored.modbus_server, stored.snmp_agent
        self._boots = stored.snmp_boots
        self.engine_id = _engine_id(await instance_id.async_get(self._hass))
        self._hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._async_stopping)
        await self.modbus.async_try()
        # Its package may have to be installed, for which the lines don't wait.
        self._hass.async_create_background_task(self.snmp.async_try(), f"{DOMAIN} SNMP agent")

    async def async_apply(self, settings: ModbusServerSettings | SnmpAgentSettings) -> None:
        """Run by new settings from now on, and save them; raise `OSError` and keep the old ones if that can't be."""
        if isinstance(settings, ModbusServerSettings):
            await self.modbus.async_apply(settings)
        else:
            async_clear_install_history(self._hass)  # a person asks for it, so a failed installation is tried again
            await self.snmp.async_apply(settings)
        await self._async_save()

    async def async_strings_changed(self) -> None:
        """Give new strings and banks a place, and set those of deleted ones free; the servers go on."""
        if self._on:
            self._assign_places()
            if (self.places, self.bank_places) != self._saved_places:
                await self._async_save()

    async def async_remove(self) -> None:
        """Stop, and forget the settings: the last line was removed."""
        await self._async_stop()
        for issue in ISSUES:
            ir.async_delete_issue(self._hass, DOMAIN, issue)
        self.modbus.settings, self.snmp.settings = ModbusServerSettings(), SnmpAgentSettings()
        self.places.clear()
        self.bank_places.clear()
        await self._store.async_remove()

    def diagnostics(self) -> dict[str, Any]:
        """Return the state of the servers that are on, without the addresses of their clients, which are private."""
        found: dict[str, Any] = {"places": dict(self.places), "bank_places": dict(self.bank_places)}
        server = self.modbus.server
        if self.modbus.settings.enabled:
            found["modbus_server"] = {
                "running": server is not None,
                "problem": self.modbus.problem,
                "address": self.modbus.settings.address,
                "port": self.modbus.settings.port,
                "networks": len(self.modbus.settings.clients),
                "connected": len(server.clients) if server else 0,
                "requests": server.counts.requests if server else 0,
                "refused": server.refused if server else 0,
                "too_many": server.counts.too_many if server else 0,
            }
        if self.snmp.settings.enabled:
            agent = self.snmp.server
            found["snmp_agent"] = {
                "running": agent is not None,
                "problem": self.snmp.problem,
                "port": self.snmp.settings.port,
                "requests": agent.requests if agent else 0,
                "refused": agent.refused if agent else 0,
                "traps": agent.traps if agent else 0,
            }
        return found if self._on else {}

    @property
    def _on(self) -> bool:
        return self.modbus.settings.enabled or self.snmp.settings.enabled

    def _assign_places(self) -> None:
        names = string_names(self._hass)
        for ids, places in (names, self.places), (bank_ids(self._hass), self.bank_places):
            assigned = assign_places(ids, places, PLACES * UNITS)
            places.clear()
            places.update(assigned)
        left_out = {one: name for one, name in names.items() if one not in self.places}
        if left_out.keys() - self._left_out:
            LOGGER.warning(
                "The register table has room for %d strings, so plant systems can't read %s",
                PLACES * UNITS,
                ", ".join(left_out.values()),
            )
        self._left_out = set(left_out)

    async def _async_start_modbus(self, settings: ModbusServerSettings) -> ModbusServer:
        self._assign_places()
        server = ModbusServer(self._table.read, address=settings.address, port=settings.port, clients=settings.clients)
        await server.start()
        return server

    async def _async_start_snmp(self, settings: SnmpAgentSettings) -> SnmpService:
        self._assign_places()
        try:
            await async_process_requirements(self._hass, DOMAIN, [SNMP_LIBRARY])
        except HomeAssistantError as err:
            raise PackageMissingError(str(err)) from err
        objects = SnmpObjects(self._hass, self._table, self.places, self.bank_places, clock_of(self._hass))
        # A backup that was restored has fewer boots, but no earlier time.
        self._boots = max(self._boots + 1, round(clock_of(self._hass).now() / 60))
        await self._async_save()
        service = SnmpService(self._hass, objects, self.places, self.engine_id, self._boots)
        await service.start(settings)
        return service

    async def _async_stop(self) -> None:
        await self.modbus.async_stop()
        await self.snmp.async_stop()

    async def _async_stopping(self, _: Event) -> None:
        await self._async_stop()

    async def _async_save(self) -> None:
        stored = Stored(
            modbus_server=self.modbus.settings,
            snmp_agent=self.snmp.settings,
            places=self.places,
            bank_places=self.bank_places,
            snmp_boots=self._boots,
        )
        self._saved_places = dict(self.places), dict(self.bank_places)
        await self._store.async_save(asdict(stored))


def _engine_id(installation: str) -> bytes:
    """Return an engine id that is always the same for an installation, and does not give its own id away."""
    return ENGINE_ID + sha256(f"{DOMAIN} {installation}".encode()).digest()[:8]


DATA_PUBLICATION: Final[HassKey[Publication]] = HassKey(f"{DOMAIN}.plant_systems")
