"""A Modbus TCP server that serves the register table to the clients on its list, and writes nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
import logging
import socket
import struct
from typing import Any, Final, override

from tmodbus.exceptions import GatewayTargetDeviceFailedToRespondError, IllegalDataAddressError
from tmodbus.pdu import ReadHoldingRegistersPDU, ReadInputRegistersPDU
from tmodbus.server import AsyncTcpServer, ModbusRequestRouter, RequestContext

from .client_list import ClientList
from .register_map import UNITS
from .register_table import IllegalAddressError

# s between two answers. All clients share it, so that any number of them, however fast they ask, takes the event loop
# no more time than this allows, and the line is polled as fast as without them.
PAUSE: Final = 0.004
MOST_CLIENTS: Final = 64
IDLE: Final = 60.0  # s without a request after which a client gives way to a new one, if there are `MOST_CLIENTS`
# Some clients use 0 or 255 for a server without units behind it.
FIRST_UNIT: Final = {0: 1, 255: 1}

HEADER: Final = struct.Struct(">HHHB")  # of a request: transaction, protocol, bytes that follow, unit
LONGEST: Final = 254  # bytes that may follow
READ: Final = struct.Struct(">BHH")  # a request to read: function, first address, number of registers
READING: Final = (3, 4)  # functions
MOST_REGISTERS: Final = 125  # in one request
LAST_ADDRESS: Final = 0xFFFF
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS = 1, 2  # exceptions

LOGGERS: Final = ("tmodbus.server.async_tcp", "tmodbus.server.handler")

type Read = Callable[[int, int, int], list[int]]  # unit, first address, number of registers


@dataclass(eq=False, kw_only=True, slots=True)
class Client:
    """A client that is connected."""

    writer: asyncio.StreamWriter
    task: asyncio.Task[None] | None
    asked_at: float  # s of the event loop


@dataclass(kw_only=True, slots=True)
class Counts:
    """What the server has done since it was started."""

    requests: int = 0
    too_many: int = 0  # connections that found `MOST_CLIENTS` busy ones


class ModbusServer:
    """The server, while it is started."""

    def __init__(self, read: Read, *, address: str, port: int, clients: tuple[str, ...]) -> None:
        """Prepare a server for the clients in these addresses and networks."""
        self.counts = Counts()
        self.clients: dict[object, Client] = {}  # by the address and port of the client
        self._read_table = read
        self._address = address
        self._port = port
        self._list = ClientList("Modbus server", clients)
        self._free_at = 0.0  # when the next answer may be given
        self._listening: asyncio.Server | None = None
        router = ModbusRequestRouter()
        router.register(ReadHoldingRegistersPDU)(self._read)
        router.register(ReadInputRegistersPDU)(self._read)
        self._protocol = _Protocol(address, port, router, self._turn)

    @property
    def refused(self) -> int:
        """The number of connections of clients that are not on the list."""
        return self._list.refused

    async def start(self) -> None:
        """Listen. Raises `OSError` if the address or the port can't be used."""
        _limit_library_log()
        self._listening = await asyncio.start_server(self._serve, self._address, self._port)

    async def stop(self) -> None:
        """Disconnect all clients, and stop listening."""
        if self._listening is None:
            return
        self._listening.close()
        tasks = [client.task for client in self.clients.values() if client.task]
        for client in self.clients.values():
            client.writer.transport.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._listening.wait_closed()
        self._listening = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = writer.get_extra_info("peername")
        if peer is None or not self._accept(peer[0]):
            writer.transport.abort()
            return
        with suppress(OSError):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        now = asyncio.get_running_loop().time()
        self.clients[peer] = Client(writer=writer, task=asyncio.current_task(), asked_at=now)
        try:
            await self._protocol.handle_client(reader, writer)
        finally:
            self.clients.pop(peer, None)

    def _accept(self, address: str) -> bool:
        """Return whether a client may stay; the one that was idle for the longest time may have to go for it."""
        if not self._list.allows(address):
            return False
        if len(self.clients) < MOST_CLIENTS:
            return True
        peer, idle = min(self.clients.items(), key=lambda one: one[1].asked_at)
        if asyncio.get_running_loop().time() - idle.asked_at < IDLE:
            self.counts.too_many += 1
            return False
        del self.clients[peer]
        idle.writer.transport.abort()
        return True

    async def _turn(self, peer: object) -> None:
        """Wait until the next answer may be given."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if client := self.clients.get(peer):
            client.asked_at = now
        self.counts.requests += 1
        self._free_at = max(now, self._free_at) + PAUSE
        await asyncio.sleep(self._free_at - PAUSE - now)

    async def _read(self, unit_id: int, request: ReadHoldingRegistersPDU | ReadInputRegistersPDU) -> list[int]:
        unit = FIRST_UNIT.get(unit_id, unit_id)
        if unit > UNITS:
            raise GatewayTargetDeviceFailedToRespondError(request.function_code)
        try:
            return self._read_table(unit, request.start_address, request.quantity)
        except IllegalAddressError:
            raise IllegalDataAddressError(request.function_code) from None


class _OwnFaults(logging.Filter):
    """Leaves out of the log what clients do: they disconnect at any time, and ask for what there is not."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        if logging.getLogger(record.name).isEnabledFor(logging.DEBUG):
            return True
        error = record.exc_info[1] if record.exc_info else None
        return record.levelno >= logging.ERROR and not isinstance(error, OSError)


def _limit_library_log() -> None:
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, _OwnFaults) for one in logger.filters):
            logger.addFilter(_OwnFaults())


class _Protocol(AsyncTcpServer):
    """The library's server for a client that is connected; we listen ourselves.

    The library looks at a whole request before it looks at the function, so it would answer a malformed one of another
    function with exception 3, and at once. Here each request waits for its turn, and function and address come first.
    """

    def __init__(
        self, address: str, port: int, router: ModbusRequestRouter, turn: Callable[[object], Awaitable[None]]
    ) -> None:
        super().__init__(address, router, port=port)
        self._turn = turn

    @override
    async def _handle_single_request(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, addr: Any, context: RequestContext
    ) -> bool:
        header = await reader.readexactly(HEADER.size)
        transaction, protocol, length, unit = HEADER.unpack(header)
        if protocol or not 1 < length <= LONGEST:
            return False  # no Modbus client: it is disconnected
        request = await reader.readexactly(length - 1)
        await self._turn(addr)
        if refused := _refusal(request):
            await self._send_response(writer, transaction, protocol, unit, bytes([request[0] | 0x80, refused]))
            return True
        one = asyncio.StreamReader()
        one.feed_data(header + request)
        return await super()._handle_single_request(one, writer, addr, context)


def _refusal(request: bytes) -> int:
    """Return the exception for another function, or for addresses beyond the last one there can be; otherwise 0."""
    if request[0] not in READING:
        return ILLEGAL_FUNCTION
    if len(request) == READ.size:
        _, first, count = READ.unpack(request)
        if count <= MOST_REGISTERS and first + count > LAST_ADDRESS + 1:
            return ILLEGAL_ADDRESS
    return 0
