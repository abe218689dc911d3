"""What the Modbus library does not offer: the only module that reaches into it."""

from typing import Final

from modbus_connection import ModbusUnit

# From a unit of the library to the bytes of its link that were received and not delivered.
BUFFER: Final = ("_client", "transport", "base_transport", "_protocol", "_buffer")


def discard_rest(unit: ModbusUnit) -> None:
    """Discard the part of an answer that was received before its time-out.

    If interference changes the byte count of an answer, the library waits for as many bytes as that announces, and
    takes the next answers for them. After a time-out no module sends anything, so no answer to come has these bytes. A
    unit of another library is left as it is.
    """
    part: object = unit
    for name in BUFFER:
        part = getattr(part, name, None)
    if isinstance(part, bytearray):
        part.clear()
