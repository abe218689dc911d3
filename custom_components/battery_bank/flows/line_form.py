"""The forms of a line: a serial port, or a gateway on the network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import probatio

from homeassistant.components import usb
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_PORT
from homeassistant.core import HomeAssistant

from ..const import CONF_BAUDRATE, CONF_CONNECTION, CONF_PARITY, Connection
from ..strings.connection import SERIAL_BAUDRATES, SOCKET, is_serial, where
from .fields import LONGEST_HOST, NumberField, SerialPortField, TextField
from .string_form import choice

CONF_ONLY_HUB: Final = "only_hub"  # of a new line: nothing is scanned

PARITIES: Final = {"none": "N", "even": "E", "odd": "O"}
SERIAL_SCHEMA: Final = {
    probatio.Required(CONF_DEVICE): SerialPortField(),
    probatio.Required(CONF_BAUDRATE, default="9600"): choice([str(baudrate) for baudrate in SERIAL_BAUDRATES]),
    probatio.Required(CONF_PARITY, default="none"): choice(list(PARITIES), CONF_PARITY),
}
GATEWAY_SCHEMA: Final = {
    probatio.Required(CONF_HOST): TextField(LONGEST_HOST),
    probatio.Required(CONF_PORT, default=502): NumberField(1, 65535, whole=True),
    probatio.Required(CONF_CONNECTION, default=Connection.RTU_OVER_TCP): choice(
        [Connection.RTU_OVER_TCP, Connection.MODBUS_TCP], CONF_CONNECTION
    ),
}


def settings_of(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers of a form as the entry stores them."""
    if CONF_HOST in answers:
        return {**answers, CONF_HOST: answers[CONF_HOST].lower()}  # lines share the link of a gateway by this name
    return {
        **answers,
        CONF_BAUDRATE: int(answers[CONF_BAUDRATE]),
        CONF_PARITY: PARITIES[answers[CONF_PARITY]],
        CONF_CONNECTION: Connection.SERIAL,
    }


def with_other_protocol(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the settings of a gateway with the protocol that was not chosen; None for a serial port."""
    if is_serial(data) or data[CONF_CONNECTION] == Connection.SERIAL:
        return None
    tcp = data[CONF_CONNECTION] == Connection.RTU_OVER_TCP
    return {**data, CONF_CONNECTION: Connection.MODBUS_TCP if tcp else Connection.RTU_OVER_TCP}


def shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form shows of the data of an entry, which may be unreadable."""
    if data.get(CONF_CONNECTION) != Connection.SERIAL:
        return dict(data)
    parity = next((key for key, value in PARITIES.items() if value == data.get(CONF_PARITY)), "")
    return {**data, CONF_BAUDRATE: str(data.get(CONF_BAUDRATE, "")), CONF_PARITY: parity}


async def async_title(hass: HomeAssistant, data: Mapping[str, Any]) -> str:
    """Name a line after its port's description or the gateway's address."""
    if data[CONF_CONNECTION] != Connection.SERIAL:
        return where(data)
    device = data[CONF_DEVICE]
    ports = await usb.async_scan_serial_ports(hass)
    description = next((port.description for port in ports if port.device == device), None)
    return description or Path(device).name


async def async_stable_path(hass: HomeAssistant, device: str) -> str:
    """Return the name of a port that stays if adapters change places, or by which its link is shared."""
    if device.lower().startswith(SOCKET):
        return device.lower()
    if not device.startswith("/dev/"):
        return device
    return await hass.async_add_executor_job(usb.get_serial_by_id, device)
