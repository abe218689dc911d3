"""The SNMP engine: pysnmp with our objects. Only `snmp_service` imports this module, when the agent is switched on."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, override

from pysnmp.carrier.asyncio.dgram import udp
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413 import cmdrsp, context, ntforg
from pysnmp.proto import rfc1902, rfc1905
from pysnmp.smi.instrum import AbstractMibInstrumController

from ..const import LOGGER
from .client_list import ClientList
from .plant_settings import SnmpAgentSettings
from .snmp_objects import Kind, Oid, SnmpObjects, Value

INTERNET: Final[Oid] = (1, 3, 6, 1)  # what a reader may see: all of it
V2C, V3 = 2, 3  # security models
COMMUNITY, USER = "community", "user"  # names of the reader of v2c and of v3 in the engine
TRAPS: Final = "traps"
TRAP_PORT: Final = 162
# s between two answers, which all readers share: an answer takes about 1 ms of the event loop.
PAUSE: Final = 0.01
MOST_WAITING: Final = (
    100  # requests that wait for their answer; further ones are dropped, and their readers repeat them
)
TRAP_OID: Final[Oid] = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)
UPTIME: Final[Oid] = (1, 3, 6, 1, 2, 1, 1, 3, 0)
TYPES: Final = {
    Kind.INTEGER: rfc1902.Integer32,
    Kind.GAUGE: rfc1902.Gauge32,
    Kind.OID: rfc1902.ObjectIdentifier,
    Kind.TICKS: rfc1902.TimeTicks,
}


class Engine:
    """An engine that answers on one address."""

    def __init__(self, objects: SnmpObjects, settings: SnmpAgentSettings, engine_id: bytes, boots: int) -> None:
        """Load the engine and set it up. Reads many files, so it is not for the event loop.

        A receiver of SNMPv3 traps knows the engine by its id, and takes none with fewer boots than it has seen.
        """
        self.traps = 0  # that were sent
        self._objects = objects
        self._settings = settings
        self._transport: _Transport | None = None
        self._engine = SnmpEngine()
        builder = self._engine.get_mib_builder()
        builder.load_modules()  # all of them now, and none in the event loop later
        # The id of the library has the process id in it, and its boots begin at 1 again. Its constructor takes an id,
        # but then keeps the boots in a file of the temporary folder, which a container does not keep.
        ours_id, ours_boots = builder.import_symbols("__SNMP-FRAMEWORK-MIB", "snmpEngineID", "snmpEngineBoots")
        ours_id.syntax = ours_id.syntax.clone(engine_id)
        ours_boots.syntax = ours_boots.syntax.clone(boots)
        self._engine.snmpEngineID = ours_id.syntax
        if settings.community:
            config.add_v1_system(self._engine, COMMUNITY, settings.community)
            config.add_vacm_user(self._engine, V2C, COMMUNITY, "noAuthNoPriv", INTERNET, (), INTERNET)
        if settings.user:
            auth, privacy = config.USM_AUTH_HMAC192_SHA256, config.USM_PRIV_CFB128_AES
            config.add_v3_user(self._engine, settings.user, auth, settings.auth_key, privacy, settings.privacy_key)
            config.add_vacm_user(self._engine, V3, settings.user, "authPriv", INTERNET, (), INTERNET)
        ours = context.SnmpContext(self._engine)
        ours.unregister_context_name(rfc1902.OctetString(b""))
        ours.register_context_name(rfc1902.OctetString(b""), _Objects(objects))
        for responder in (cmdrsp.GetCommandResponder, cmdrsp.NextCommandResponder, cmdrsp.BulkCommandResponder):
            responder(self._engine, ours)
        self._prepare_traps()

    async def start(self, clients: ClientList) -> None:
        """Answer the clients on the list. Raises `OSError` if the address or the port can't be used."""
        transport = _Transport(clients)
        here = (self._settings.address, self._settings.port)
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: transport, local_addr=here)
        config.add_transport(self._engine, udp.DOMAIN_NAME, transport)
        self._transport = transport

    def stop(self) -> None:
        """Answer no more."""
        if self._transport:
            self._transport.stop()
        self._engine.close_dispatcher()

    @property
    def requests(self) -> int:
        """The number of requests of clients on the list."""
        return self._transport.requests if self._transport else 0

    def send_trap(self, trap: Oid, values: Sequence[tuple[Oid, Value]]) -> None:
        """Send a trap to all that get traps."""
        varbinds = [
            (rfc1902.ObjectName(UPTIME), rfc1902.TimeTicks(self._objects.uptime)),
            (rfc1902.ObjectName(TRAP_OID), rfc1902.ObjectIdentifier(trap)),
            *((rfc1902.ObjectName(oid), _typed(value)) for oid, value in values),
        ]
        ntforg.NotificationOriginator().send_varbinds(self._engine, TRAPS, None, b"", varbinds)
        self.traps += 1

    def _prepare_traps(self) -> None:
        """Traps go out as SNMPv3 if there is a user, and as SNMPv2c without one."""
        if self._settings.user:
            config.add_target_parameters(self._engine, TRAPS, self._settings.user, "authPriv", V3)
        else:
            config.add_target_parameters(self._engine, TRAPS, COMMUNITY, "noAuthNoPriv", V2C - 1)
        for number, receiver in enumerate(self._settings.traps):
            host, _, port = receiver.partition(":")
            there = (host, int(port or TRAP_PORT))
            config.add_target_address(self._engine, f"{TRAPS}{number}", udp.DOMAIN_NAME, there, TRAPS, tagList=TRAPS)
        config.add_notification_target(self._engine, TRAPS, TRAPS, TRAPS, "trap")


class _Objects(AbstractMibInstrumController):  # type: ignore[misc]
    """Our objects as the engine asks for them; they can't be written."""

    def __init__(self, objects: SnmpObjects) -> None:
        self._objects = objects

    @override
    def read_variables(self, *varbinds: Any, **context: Any) -> list[Any]:
        _check_access(varbinds, context)
        found = [(name, self._objects.get(tuple(name))) for name, _ in varbinds]
        return [(name, rfc1905.noSuchInstance if value is None else _typed(value)) for name, value in found]

    @override
    def read_next_variables(self, *varbinds: Any, **context: Any) -> list[Any]:
        _check_access(varbinds, context)
        answers = []
        for name, _ in varbinds:
            found = self._objects.next(tuple(name))
            answers.append(
                (name, rfc1905.endOfMibView) if found is None else (rfc1902.ObjectName(found[0]), _typed(found[1]))
            )
        return answers


class _Transport(udp.UdpAsyncioTransport):  # type: ignore[misc]
    """A socket that hears only the clients on the list, and gives the requests their turns."""

    def __init__(self, clients: ClientList) -> None:
        super().__init__()
        self.requests = 0
        self._clients = clients
        self._free_at = 0.0
        self.unreadable = 0  # datagrams that are no requests
        self._waiting: set[asyncio.Task[None]] = set()

    @override
    def datagram_received(self, datagram: bytes, transportAddress: Any) -> None:
        if not self._clients.allows(transportAddress[0]) or len(self._waiting) >= MOST_WAITING:
            return
        self.requests += 1
        self._free_at = max(self.loop.time(), self._free_at) + PAUSE
        answer = self.loop.create_task(self._answer(datagram, transportAddress, self._free_at - PAUSE))
        self._waiting.add(answer)
        answer.add_done_callback(self._answered)

    async def _answer(self, datagram: bytes, address: Any, at: float) -> None:
        await asyncio.sleep(at - self.loop.time())
        self._callback_function(self, self.ADDRESS_TYPE(address), datagram)

    def _answered(self, answer: asyncio.Task[None]) -> None:
        """Note an error of the library: it raises one of any kind for a datagram that is no request."""
        self._waiting.discard(answer)
        if not answer.cancelled() and (error := answer.exception()):
            self.unreadable += 1
            LOGGER.debug("A datagram for the SNMP agent can't be read: %r", error)

    def stop(self) -> None:
        """Forget the requests that wait."""
        for answer in self._waiting:
            answer.cancel()


def _check_access(varbinds: Sequence[Any], context: dict[str, Any]) -> None:
    """Raise the engine's error if the reader may not read: SNMPv3 without authentication, for instance."""
    others = {name: value for name, value in context.items() if name != "acFun"}
    for varbind in varbinds[:1]:
        context["acFun"]("read", varbind, idx=0, **others)


def _typed(value: Value) -> Any:
    if value.kind is Kind.TEXT:
        return rfc1902.OctetString(str(value.value).encode())
    return TYPES[value.kind](value.value)
