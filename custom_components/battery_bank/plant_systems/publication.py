"""What the plant's systems may read of the whole installation: its settings, and the server that runs by them."""

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Final

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.storage import Store
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, LOGGER
from ..repair_checks.issues import async_report
from ..runtime.local_time import clock_of
from .modbus_server import ModbusServer, parse_clients
from .register_map import PLACES, UNITS
from .register_table import RegisterTable
from .string_places import async_assign_places

VERSION: Final = 1
LAST_PORT: Final = 65535
AGAIN: Final = 30.0  # s until a server that could not be started is started again
ISSUE: Final = "modbus_server_failed"


@dataclass(frozen=True, kw_only=True, slots=True)
class ModbusServerSettings:
    """The settings of the Modbus server."""

    enabled: bool = False
    address: str = "0.0.0.0"  # noqa: S104 - of this machine, and only clients on the list are served
    port: int = 502
    clients: tuple[str, ...] = ()  # addresses and networks


@dataclass(kw_only=True, slots=True)
class Stored:
    """What Home Assistant keeps in its storage."""

    modbus_server: ModbusServerSettings = field(default_factory=ModbusServerSettings)
    places: dict[str, int] = field(default_factory=dict)  # of the strings, by their ids


class Publication:
    """The server for the plant's systems. It is of no line, so it runs on while a line is reloaded or down."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare the publication; nothing runs until `async_load`."""
        self.stored = Stored()
        self.server: ModbusServer | None = None  # None while it is off, and while it can't be started
        self.problem: str | None = None  # why it can't be started
        self._hass = hass
        self._store = Store[dict[str, Any]](hass, VERSION, f"{DOMAIN}.plant_systems", atomic_writes=True)
        self._cancel_retry: CALLBACK_TYPE | None = None

    async def async_load(self) -> None:
        """Load the settings, and start the server if it is on."""
        try:
            self.stored = _decoded(await self._store.async_load() or {})
        except (HomeAssistantError, ValueError, TypeError, AttributeError) as err:
            # The strings are monitored all the same.
            LOGGER.warning("The settings for plant systems can't be read, so the Modbus server is off: %s", err)
        self._hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, self._async_stopping)
        if self.stored.modbus_server.enabled:
            await self._async_try()

    async def async_apply(self, settings: ModbusServerSettings) -> None:
        """Run by new settings from now on, and save them; raise `OSError` and keep the old ones if that can't be."""
        before = self.stored.modbus_server
        await self._async_stop()
        try:
            if settings.enabled:
                self.stored.modbus_server = settings
                await self._async_start()
        except OSError:
            self.stored.modbus_server = before
            if before.enabled:
                await self._async_try()
            raise
        self.stored.modbus_server = settings
        self._delete_issue()
        await self._async_save()

    async def async_strings_changed(self) -> None:
        """Give new strings a place, and set those of deleted strings free; the server goes on."""
        if self.stored.modbus_server.enabled and self._assign_places():
            await self._async_save()

    async def async_remove(self) -> None:
        """Stop, and forget the settings: the last line was removed."""
        await self._async_stop()
        self._delete_issue()
        self.stored = Stored()
        await self._store.async_remove()

    def diagnostics(self) -> dict[str, Any]:
        """Return the state of the server. Addresses of clients are private, so their numbers stand for them."""
        server, settings = self.server, self.stored.modbus_server
        return {
            "modbus_server": {
                "running": server is not None,
                "problem": self.problem,
                "address": settings.address,
                "port": settings.port,
                "networks": len(settings.clients),
                "connected": len(server.clients) if server else 0,
                "requests": server.counts.requests if server else 0,
                "refused": sum(server.counts.refused.values()) if server else 0,
                "too_many": server.counts.too_many if server else 0,
            },
            "places": self.stored.places,
        }

    def _assign_places(self) -> bool:
        """Return whether the places have changed."""
        before = dict(self.stored.places)
        after = async_assign_places(self._hass, before, PLACES * UNITS)
        self.stored.places.clear()
        self.stored.places.update(after)
        return before != after

    async def _async_start(self) -> None:
        settings = self.stored.modbus_server
        self._assign_places()
        table = RegisterTable(self._hass, self.stored.places, clock_of(self._hass))
        server = ModbusServer(table.read, address=settings.address, port=settings.port, clients=settings.clients)
        await server.start()
        self.server, self.problem = server, None
        LOGGER.info("The Modbus server listens on port %s", settings.port)

    async def _async_try(self, _: datetime | None = None) -> None:
        """Start the server, and if that fails report it once and try again later."""
        self._cancel_retry = None
        try:
            await self._async_start()
        except OSError as err:
            if self.problem is None:
                LOGGER.warning("The Modbus server can't be started: %s", err)
            self.problem = str(err)
            settings = self.stored.modbus_server
            texts = {"address": settings.address, "port": str(settings.port), "reason": self.problem}
            async_report(self._hass, ISSUE, texts)
            self._cancel_retry = async_call_later(self._hass, AGAIN, self._async_try)
        else:
            self._delete_issue()
            await self._async_save()

    async def _async_stop(self) -> None:
        if self._cancel_retry:
            self._cancel_retry()
            self._cancel_retry = None
        server, self.server, self.problem = self.server, None, None
        if server:
            await server.stop()

    async def _async_stopping(self, _: Event) -> None:
        await self._async_stop()

    async def _async_save(self) -> None:
        await self._store.async_save(asdict(self.stored))

    @callback
    def _delete_issue(self) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, ISSUE)


def _decoded(stored: dict[str, Any]) -> Stored:
    """Return what was saved, or raise `ValueError`, `TypeError` or `AttributeError` if it can't be read."""
    names = [one.name for one in fields(ModbusServerSettings)]
    saved = {name: value for name, value in stored.get("modbus_server", {}).items() if name in names}
    saved["clients"] = parse_clients(" ".join(saved.get("clients", ())))
    settings = ModbusServerSettings(**saved)
    ip_address(settings.address)
    if settings.enabled not in (True, False) or not 0 < settings.port <= LAST_PORT:
        raise ValueError(saved)
    places = {str(string_id): int(place) for string_id, place in stored.get("places", {}).items()}
    return Stored(modbus_server=settings, places=places)


DATA_PUBLICATION: Final[HassKey[Publication]] = HassKey(f"{DOMAIN}.plant_systems")
