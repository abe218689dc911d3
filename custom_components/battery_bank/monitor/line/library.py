"""What the Modbus library does not offer: the only module that reaches into it."""

from collections.abc import Mapping
from typing import Any, Final, cast

from modbus_connection import ModbusUnit
from tmodbus.exceptions import InvalidResponseError
from tmodbus.transport.async_rtu import ModbusRtuProtocol

# From a unit of the library to the protocol of its link.
PROTOCOL: Final = ("_client", "transport", "base_transport", "_protocol")
SHORTEST_ECHO: Final = 4  # bytes of the question that make an echo


def discard_rest(unit: ModbusUnit) -> None:
    """Discard the part of an answer that was received before its time-out.

    If interference changes the byte count of an answer, the library waits for as many bytes as that announces, and
    takes the next answers for them. After a time-out no module sends anything, so no answer to come has these bytes. A
    unit of another library is left as it is.
    """
    buffer = getattr(_protocol(unit), "_buffer", None)
    if isinstance(buffer, bytearray):
        buffer.clear()


def overdue(unit: ModbusUnit) -> Mapping[int, Any] | None:
    """Return the requests over the present connection whose time ended without an answer, by unit id.

    The library removes each when its answer comes after all. None for a unit of another library, and for Modbus TCP.
    """
    return getattr(_protocol(unit), "_timed_out_requests", None)


def is_echo(err: BaseException, unit_id: int, function: int, address: int, count: int) -> bool:
    """Return whether an unreadable answer is the question itself.

    The library takes the third byte of an answer for its byte count. It is 0 in a question for a register below 256, so
    the library checks the first five bytes.
    """
    cause: BaseException | None = err
    while cause is not None and not isinstance(cause, InvalidResponseError):
        cause = cause.__cause__
    answer = bytes(cause.response_bytes or b"") if cause is not None else b""
    question = bytes([unit_id, function]) + address.to_bytes(2) + count.to_bytes(2)
    return len(answer) >= SHORTEST_ECHO and question.startswith(answer)


def filter_echo(unit: ModbusUnit) -> EchoFilter | None:
    """Let the library no longer receive what it sent itself, over the present connection; return what filters it."""
    protocol = _protocol(unit)
    if not isinstance(protocol, ModbusRtuProtocol):
        return None
    return protocol.transport if isinstance(protocol.transport, EchoFilter) else EchoFilter(protocol)


class EchoFilter:
    """Stands between the library and its port, and removes each question from what is received after it."""

    def __init__(self, protocol: ModbusRtuProtocol) -> None:
        """Begin with the next question."""
        self.in_row = 0  # questions in a row that came back; below 0: those that did not, though something else came
        self._protocol = protocol
        self._transport: Any = protocol.transport
        self._receive = protocol.data_received
        self._echo = b""  # what was sent last, while it was not received
        self._held = b""  # what was received, while it may be the beginning of that
        protocol.transport = cast(Any, self)
        protocol.data_received = self._received  # type: ignore[method-assign]

    def __getattr__(self, name: str) -> Any:
        """Return what the port has."""
        return getattr(self._transport, name)

    def remove(self) -> None:
        """Let the library receive everything again."""
        self._protocol.transport = self._transport
        self._protocol.data_received = self._receive  # type: ignore[method-assign]

    def write(self, data: bytes) -> None:
        """Send, and remember what may come back."""
        self._echo, self._held = bytes(data), b""
        self._transport.write(data)

    def _received(self, data: bytes) -> None:
        self._held += data
        common = min(len(self._held), len(self._echo))
        if self._held[:common] == self._echo[:common]:
            if common < len(self._echo):
                return  # the rest of the echo is to come
            self._held = self._held[common:]
            self.in_row += 1 - min(0, self.in_row) if self._echo else 0
        elif self._echo:
            self.in_row -= 1 + max(0, self.in_row)
        self._echo, data, self._held = b"", self._held, b""
        if data:
            self._receive(data)


def _protocol(unit: ModbusUnit) -> object:
    part: object = unit
    for name in PROTOCOL:
        part = getattr(part, name, None)
    return part
