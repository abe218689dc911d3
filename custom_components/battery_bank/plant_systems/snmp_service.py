"""The SNMP agent at work: its library is loaded when it is switched on, and alarms become traps."""

from importlib import import_module
from typing import Any, Final, Protocol

from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback

from ..event_bus.bus_event import ATTR_KIND, ATTR_LEVEL, ATTR_MESSAGE, ATTR_STRING, ATTR_TYPE, EVENT, EventType
from ..monitor.battery.alarm_kinds import AlarmKind
from ..strings.devices import async_identifiers
from .client_list import ClientList
from .plant_settings import SnmpAgentSettings
from .register_codes import ALARM_CODES, LEVEL_CODES, AlarmFlag
from .snmp_objects import ALARM_ENDED, ALARM_RAISED, BASE, Kind, Oid, SnmpObjects, Value

ENGINE: Final = ".snmp_engine"  # imports pysnmp
OF_TRAPS: Final = {
    EventType.ALARM_RAISED: ALARM_RAISED,
    EventType.ALARM_LOWERED: ALARM_RAISED,  # with its level now
    EventType.ALARM_CLEARED: ALARM_ENDED,
}
# The objects of a trap: alarm code, level, place of the string, number of the battery, flags, text.
CODE, LEVEL, PLACE, BATTERY, FLAGS, TEXT = ((*BASE, 2, number, 0) for number in range(1, 7))


class Engine(Protocol):
    """What `snmp_engine` has."""

    traps: int
    requests: int

    async def start(self, clients: ClientList) -> None: ...  # noqa: D102 - as there

    def stop(self) -> None: ...  # noqa: D102

    def send_trap(self, trap: Oid, values: list[tuple[Oid, Value]]) -> None: ...  # noqa: D102


class SnmpService:
    """The agent and its traps, while it is started."""

    def __init__(
        self, hass: HomeAssistant, objects: SnmpObjects, places: dict[str, int], engine_id: bytes, boots: int
    ) -> None:
        """Prepare the agent; `places` are those of the strings, by their ids. `boots` grows with each start."""
        self._hass = hass
        self._objects = objects
        self._places = places
        self._engine_id = engine_id
        self._boots = boots
        self._clients = ClientList("SNMP agent", ())
        self._engine: Engine | None = None
        self._unsubscribe: CALLBACK_TYPE | None = None

    @property
    def requests(self) -> int:
        """The number of requests."""
        return self._engine.requests if self._engine else 0

    @property
    def refused(self) -> int:
        """The number of requests of clients that are not on the list."""
        return self._clients.refused

    @property
    def traps(self) -> int:
        """The number of traps."""
        return self._engine.traps if self._engine else 0

    async def start(self, settings: SnmpAgentSettings) -> None:
        """Load the library and answer. Raises `OSError` if the address or the port can't be used."""
        self._clients = ClientList("SNMP agent", settings.clients)
        engine: Engine = await self._hass.async_add_executor_job(self._load, settings)
        try:
            await engine.start(self._clients)
        except OSError:
            engine.stop()
            raise
        self._engine = engine
        if settings.traps:
            self._unsubscribe = self._hass.bus.async_listen(EVENT, self._async_event)

    async def stop(self) -> None:
        """Answer no more, and send no more traps."""
        if self._unsubscribe:
            self._unsubscribe()
        if self._engine:
            self._engine.stop()

    def _load(self, settings: SnmpAgentSettings) -> Engine:
        module = import_module(ENGINE, __package__)
        engine: Engine = module.Engine(self._objects, settings, self._engine_id, self._boots)
        return engine

    @callback
    def _async_event(self, event: Event[dict[str, Any]]) -> None:
        """Send a trap about an alarm."""
        data = event.data
        trap = OF_TRAPS.get(EventType(data[ATTR_TYPE]))
        if trap is None or self._engine is None:
            return
        level = LEVEL_CODES[data[ATTR_LEVEL]] if trap is ALARM_RAISED else 0
        self._engine.send_trap(
            trap,
            [
                (CODE, Value(Kind.INTEGER, ALARM_CODES[AlarmKind(data[ATTR_KIND])])),
                (LEVEL, Value(Kind.INTEGER, level)),
                (PLACE, Value(Kind.INTEGER, self._place(data[ATTR_STRING]))),
                (BATTERY, Value(Kind.INTEGER, data["battery"] or 0)),
                (FLAGS, Value(Kind.INTEGER, AlarmFlag.TEST if data["drill"] else 0)),
                (TEXT, Value(Kind.TEXT, data[ATTR_MESSAGE])),
            ],
        )

    def _place(self, device_id: str | None) -> int:
        """Return the place of a string by the id of its device; 0 if it has none any more."""
        _, identifiers = async_identifiers(self._hass, device_id) if device_id else (None, ())
        return next((self._places[one] for one in identifiers if one in self._places), 0)
