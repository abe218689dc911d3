"""System health: the state of all lines at a glance. It puts no request on a line."""

from collections.abc import Sequence
from typing import Any, Final

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.core import HomeAssistant, callback
from homeassistant.loader import async_get_integration

from .const import DOMAIN
from .coordinator import LineCoordinator, async_loaded_lines
from .monitor.journal.files import size
from .runtime.journal_writer import journal_path

MEGABYTE: Final = 1_000_000


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Register the information."""
    register.async_register_info(_async_info)


async def _async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return what is known; the round time of a line that is down, for instance, is left out."""
    entries = hass.config_entries.async_entries(DOMAIN)
    lines = async_loaded_lines(hass)
    usable = sum(one.journal_writer.journal is not None and one.journal_writer.problem is None for one in lines)
    paths = [journal_path(hass, entry.entry_id) for entry in entries]
    taken = await hass.async_add_executor_job(lambda: sum(map(size, paths)))
    modules = sum(len(one.line.modules) for one in lines)
    info = {
        "version": str((await async_get_integration(hass, DOMAIN)).version),
        "lines": _share(sum(one.line.down is None for one in lines), len(entries)),
        "strings": sum(len(one.strings) for one in lines),
        "batteries": sum(len(one.batteries) for one in lines),
        "modules": _share(sum(one.line.online for one in lines), modules),
        "round_time": _slowest(lines),
        "link_quality": _worst(lines),
        "journals": _share(usable, len(entries)),
        "journal_size": f"{taken / MEGABYTE:.1f} MB",
    }
    return {key: value for key, value in info.items() if value is not None}


def _share(some: int, of: int) -> str:
    return f"{some} / {of}"


def _slowest(lines: Sequence[LineCoordinator]) -> str | None:
    known = [seconds for one in lines if (seconds := one.line.round_time) is not None]
    return f"{max(known):.1f} s" if known else None


def _worst(lines: Sequence[LineCoordinator]) -> str | None:
    known = [share for one in lines if one.line.online and (share := one.line.quality) is not None]
    return f"{100 * min(known):.1f} %" if known else None
