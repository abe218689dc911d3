"""The requests of the flow of a line, over a connection of its own: the line is not set up yet."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from homeassistant.components.modbus import async_get_temporary_unit
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from ..const import SUBENTRY_STRING
from ..monitor.errors import LineDownError
from ..monitor.line.hub_table import unit_of
from ..monitor.line.link import Link
from ..monitor.line.scan import FIRST_ASKED, Found, Verdict, check_line, scan, settle
from ..strings.configuration import addresses_of
from ..strings.connection import modbus_params, pace
from .line_form import with_other_protocol

FEW_ADDRESSES: Final = 16  # that are asked with the other protocol; most lines have a module at one of them


@asynccontextmanager
async def open_link(hass: HomeAssistant, data: Mapping[str, Any], addresses: Sequence[int]) -> AsyncGenerator[Link]:
    """Open a line for these addresses."""
    async with AsyncExitStack() as stack:
        units = {
            unit_id: await stack.enter_async_context(async_get_temporary_unit(hass, modbus_params(data), unit_id))
            for unit_id in addresses
        }
        yield Link(units.__getitem__)


async def scan_line(
    hass: HomeAssistant,
    data: Mapping[str, Any],
    addresses: Sequence[int],
    progress: Callable[[int], None],
    seen: Callable[[Found], None],
) -> list[Found]:
    """Scan these addresses, or raise `LineDownError`; `progress` gets how many have been scanned."""
    async with open_link(hass, data, addresses) as link:
        line_pace = pace(data)
        await check_line(link.read, addresses[0], line_pace)
        await settle(link.read, addresses, line_pace)
        return await scan(link.read, addresses, pace=line_pace, progress=progress, seen=seen)


async def answers_otherwise(hass: HomeAssistant, data: Mapping[str, Any], addresses: Sequence[int]) -> bool:
    """Return whether the gateway of a line answers at the first addresses with the protocol that was not chosen."""
    if (other := with_other_protocol(data)) is None:
        return False
    try:
        async with open_link(hass, other, few := addresses[:FEW_ADDRESSES]) as link:
            found = await scan(link.read, few, pace=pace(other), patient=False)
    except LineDownError, HomeAssistantError:
        return False
    return any(one.verdict in (Verdict.KNOWN, Verdict.UNKNOWN) for one in found)


def spread(entry: ConfigEntry) -> list[int]:
    """Return some addresses of the modules of a line, spread over all."""
    strings = (subentry.data for subentry in entry.get_subentries_of_type(SUBENTRY_STRING))
    addresses = sorted({unit_of(address) for data in strings for address in addresses_of(data)})
    return addresses[:: max(1, len(addresses) // FIRST_ASKED)][:FIRST_ASKED]
