"""The addresses and networks that a server answers, and what it refused."""

from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from ..const import LOGGER

NAMED: Final = 20  # addresses that the log names


class ClientList:
    """The list of clients of one server."""

    def __init__(self, server: str, clients: Sequence[str]) -> None:
        """Allow these addresses and networks; `server` is its name in the log."""
        self.refused = 0  # requests, or connections
        self._server = server
        self._networks = [ip_network(one) for one in clients]
        self._named: set[str] = set()

    def allows(self, address: str) -> bool:
        """Return whether a client is on the list. Each address that is not is logged once."""
        ip = ip_address(address)
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        if any(ip in network for network in self._networks):
            return True
        self.refused += 1
        if str(ip) not in self._named and len(self._named) < NAMED:
            self._named.add(str(ip))
            LOGGER.warning("The %s refused %s, which is not on its list of clients", self._server, ip)
        return False
