"""How a line is reached: from what a person chose to what the shared Modbus link takes."""

from collections.abc import Mapping
from typing import Any, Final

from modbus_connection import ModbusSerialParams, ModbusTcpParams

from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_PORT

from ..const import CONF_BAUDRATE, CONF_CONNECTION, CONF_PARITY, Connection
from ..monitor.line.timing import MODBUS_TCP, RTU_OVER_TCP, SERIAL, Pace

PACES: Final = {
    Connection.SERIAL: SERIAL,
    Connection.RTU_OVER_TCP: RTU_OVER_TCP,
    Connection.MODBUS_TCP: MODBUS_TCP,
}
SERIAL_BAUDRATES: Final = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)  # bit/s
SOCKET: Final = "socket://"
# RTU over TCP is a serial link over a socket. The speed only sets the pause between frames, and this is the one that
# everybody else who shares the gateway names too.
SOCKET_BAUDRATE: Final = 115200

type ModbusParams = ModbusSerialParams | ModbusTcpParams


def modbus_params(data: Mapping[str, Any]) -> ModbusParams:
    """Return what Home Assistant's `modbus` needs to open or share the line."""
    match Connection(data[CONF_CONNECTION]):
        case Connection.SERIAL:
            return ModbusSerialParams(device=data[CONF_DEVICE], baudrate=data[CONF_BAUDRATE], parity=data[CONF_PARITY])
        case Connection.RTU_OVER_TCP:
            return ModbusSerialParams(device=f"{SOCKET}{where(data)}", baudrate=SOCKET_BAUDRATE)
        case Connection.MODBUS_TCP:
            return ModbusTcpParams(host=data[CONF_HOST], port=data[CONF_PORT])


def pace(data: Mapping[str, Any]) -> Pace:
    """Return the time-outs that suit the line."""
    connection = Connection(data[CONF_CONNECTION])
    if connection is Connection.SERIAL and not is_serial(data):
        return RTU_OVER_TCP
    return PACES[connection]


def is_serial(data: Mapping[str, Any]) -> bool:
    """Say whether the line's speed is ours to set: a port typed in as an address is a gateway too."""
    return data[CONF_CONNECTION] == Connection.SERIAL and not str(data[CONF_DEVICE]).startswith(SOCKET)


def where(data: Mapping[str, Any]) -> str:
    """Name the line by its port or address."""
    if data[CONF_CONNECTION] == Connection.SERIAL:
        return str(data[CONF_DEVICE]).removeprefix(SOCKET)
    host = f"[{data[CONF_HOST]}]" if ":" in data[CONF_HOST] else data[CONF_HOST]  # or an IPv6 address hides the port
    return f"{host}:{data[CONF_PORT]}"
