"""The settings of the servers for plant systems, as they are saved and as they are read back."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any, Final

LAST_PORT: Final = 65535
SHORTEST_KEY: Final = 8  # characters, of SNMPv3 (RFC 3414)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModbusServerSettings:
    """The settings of the Modbus server."""

    enabled: bool = False
    address: str = "0.0.0.0"  # noqa: S104 - of this machine, and only clients on the list are served
    port: int = 502
    clients: tuple[str, ...] = ()  # addresses and networks


@dataclass(frozen=True, kw_only=True, slots=True)
class SnmpAgentSettings:
    """The settings of the SNMP agent."""

    enabled: bool = False
    address: str = "0.0.0.0"  # noqa: S104 - of this machine, and only clients on the list are served
    port: int = 161
    clients: tuple[str, ...] = ()  # addresses and networks
    community: str = ""  # of SNMPv2c; empty: only SNMPv3
    user: str = ""  # of SNMPv3; empty: only SNMPv2c
    auth_key: str = ""  # SHA-256
    privacy_key: str = ""  # AES-128
    traps: tuple[str, ...] = ()  # addresses that get the traps, some with a port


@dataclass(kw_only=True, slots=True)
class Stored:
    """What Home Assistant keeps in its storage."""

    modbus_server: ModbusServerSettings = field(default_factory=ModbusServerSettings)
    snmp_agent: SnmpAgentSettings = field(default_factory=SnmpAgentSettings)
    places: dict[str, int] = field(default_factory=dict)  # of the strings, by their ids
    bank_places: dict[str, int] = field(default_factory=dict)
    snmp_boots: int = 0  # how often the SNMP agent was started


def parse_clients(text: str) -> tuple[str, ...]:
    """Return the addresses and networks of "192.168.1.5, 10.0.0.0/24", or raise `ValueError`."""
    return tuple(str(ip_network(part, strict=False)) for part in _parts(text))


def parse_trap_receivers(text: str) -> tuple[str, ...]:
    """Return the IPv4 addresses of "192.168.1.5, 192.168.1.6:1162", some with a port, or raise `ValueError`."""
    receivers = _parts(text)
    for receiver in receivers:
        host, colon, port = receiver.partition(":")
        IPv4Address(host)
        if colon and not 0 < int(port) <= LAST_PORT:
            raise ValueError(receiver)
    return tuple(receivers)


def decode_stored(stored: Mapping[str, Any]) -> Stored:
    """Return what was saved, or raise `ValueError`, `TypeError` or `AttributeError` if it can't be read."""
    modbus = _decode(ModbusServerSettings, stored.get("modbus_server", {}))
    snmp = _decode(SnmpAgentSettings, stored.get("snmp_agent", {}))
    return Stored(
        modbus_server=modbus,
        snmp_agent=snmp,
        places=_decode_places(stored.get("places", {})),
        bank_places=_decode_places(stored.get("bank_places", {})),
        snmp_boots=int(stored.get("snmp_boots", 0)),
    )


def _decode_places(stored: Mapping[str, Any]) -> dict[str, int]:
    return {str(one): int(place) for one, place in stored.items()}


def _decode[S: ModbusServerSettings | SnmpAgentSettings](kind: type[S], stored: Mapping[str, Any]) -> S:
    names = [one.name for one in fields(kind)]
    saved = {name: value for name, value in stored.items() if name in names}
    saved["clients"] = parse_clients(" ".join(saved.get("clients", ())))
    if "traps" in saved:
        saved["traps"] = parse_trap_receivers(" ".join(saved["traps"]))
    settings = kind(**saved)
    ip_address(settings.address)
    if settings.enabled not in (True, False) or not 0 < settings.port <= LAST_PORT:
        raise ValueError(saved)
    return settings


def _parts(text: str) -> list[str]:
    return text.replace(",", " ").replace(";", " ").split()
