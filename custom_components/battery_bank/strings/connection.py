"""How a line is reached: from the settings of an entry to the parameters of the shared Modbus link."""

from collections.abc import Mapping, Sequence
import os
import socket
from typing import Any, Final

from modbus_connection import ModbusSerialParams, ModbusTcpParams

from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_PORT
from homeassistant.util.network import is_ip_address

from ..const import CONF_BAUDRATE, CONF_CONNECTION, CONF_PARITY, Connection
from ..monitor.line.timing import MODBUS_TCP, RTU_OVER_TCP, SERIAL, Pace

PACES: Final = {
    Connection.SERIAL: SERIAL,
    Connection.RTU_OVER_TCP: RTU_OVER_TCP,
    Connection.MODBUS_TCP: MODBUS_TCP,
}
SERIAL_BAUDRATES: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)  # bit/s
SOCKET: Final = "socket://"
# RTU over TCP is a serial link over a socket. The speed only sets the pause between frames; other
# integrations that share the gateway use this value too.
SOCKET_BAUDRATE: Final = 115200

type ModbusParams = ModbusSerialParams | ModbusTcpParams


def modbus_params(data: Mapping[str, Any]) -> ModbusParams:
    """Return the parameters by which Home Assistant's `modbus` opens or shares the line."""
    match Connection(data[CONF_CONNECTION]):
        case Connection.SERIAL:
            return ModbusSerialParams(device=data[CONF_DEVICE], baudrate=data[CONF_BAUDRATE], parity=data[CONF_PARITY])
        case Connection.RTU_OVER_TCP:
            return ModbusSerialParams(device=f"{SOCKET}{where(data)}", baudrate=SOCKET_BAUDRATE)
        case Connection.MODBUS_TCP:
            return ModbusTcpParams(host=data[CONF_HOST], port=data[CONF_PORT])


def pace(data: Mapping[str, Any]) -> Pace:
    """Return the timeouts of this kind of line."""
    connection = Connection(data[CONF_CONNECTION])
    if connection is Connection.SERIAL and not is_serial(data):
        return RTU_OVER_TCP
    return PACES[connection]


def is_serial(data: Mapping[str, Any]) -> bool:
    """Return whether the line is a serial port; a port typed in as an address is a gateway."""
    return data[CONF_CONNECTION] == Connection.SERIAL and not str(data[CONF_DEVICE]).startswith(SOCKET)


def where(data: Mapping[str, Any]) -> str:
    """Return the port or the address of the line."""
    if data[CONF_CONNECTION] == Connection.SERIAL:
        return str(data[CONF_DEVICE]).removeprefix(SOCKET)
    # In brackets: an IPv6 address contains colons itself.
    host = f"[{data[CONF_HOST]}]" if ":" in data[CONF_HOST] else data[CONF_HOST]
    return f"{host}:{data[CONF_PORT]}"


def places(data: Mapping[str, Any]) -> frozenset[str]:
    """Return all names of the port or gateway of a line. Lines with a name in common have one wire.

    Reads the file system or asks for the addresses of a host, so it may block.
    """
    return names_of(where(data), serial=is_serial(data))


def names_of(name: str, *, serial: bool) -> frozenset[str]:
    """Return all names of a serial port, or of a gateway with its port. May block as `places`."""
    if serial:
        return frozenset({name, os.path.realpath(name)})
    host, _, port = name.rpartition(":")
    host = host.strip("[]")
    if is_ip_address(host):
        return frozenset({name, f"[{host}]:{port}"})
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError, UnicodeError:  # not known now
        return frozenset({name})
    return frozenset({name, *(f"[{address}]:{port}" for *_, (address, *_) in found)})


def hubs_at(endpoints: Mapping[str, tuple[Any, ...]], data: Mapping[str, Any]) -> list[str]:
    """Return which hubs, by name and endpoint, use the port or gateway of a line. May block as `places`."""
    own = places(data)
    found = []
    for name, (kind, *where_it_is) in endpoints.items():
        place = ":".join(str(part) for part in where_it_is)
        is_port = kind == "serial" and not place.startswith(SOCKET)
        if names_of(place.removeprefix(SOCKET), serial=is_port) & own:
            found.append(name)
    return found


def is_among(data: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a line is one of others, also if its port or gateway has two names. May block."""
    return any(where(data) == where(other) or places(data) & places(other) for other in others)
