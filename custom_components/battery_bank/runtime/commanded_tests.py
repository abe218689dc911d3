"""The record of the resistance tests that were commanded, of all lines: a restart must not start one on another."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.json import save_json
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.json import JsonObjectType, load_json_object

from ..const import DOMAIN, LOGGER
from ..monitor.errors import MonitorError
from ..monitor.line.resistance_turns import LONGEST, Commanded, ResistanceTurns
from .local_time import clock_of

DATA_TURNS: Final[HassKey[ResistanceTurns]] = HassKey(f"{DOMAIN}.resistance_turns")


async def async_setup_turns(hass: HomeAssistant) -> None:
    """Read the record, and prepare the turns of the resistance tests of all lines."""
    path = Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}.resistance_tests"))
    commanded = await hass.async_add_executor_job(_load, path)
    hass.data[DATA_TURNS] = ResistanceTurns(
        save=partial(_async_save, hass, path), commanded=commanded, clock=clock_of(hass)
    )


def _load(path: Path) -> dict[str, Commanded]:
    try:
        return {place: _commanded(record) for place, record in load_json_object(path).items()}
    except HomeAssistantError, TypeError, ValueError, KeyError:
        # A record that can't be read may be that of a test that still runs.
        LOGGER.warning("The record of resistance tests %s can't be read", path)
        return {"": Commanded(at=0.0, seconds=LONGEST)}


def _commanded(record: object) -> Commanded:
    if not isinstance(record, dict):
        raise TypeError
    return Commanded(at=float(record["at"]), seconds=float(record["seconds"]))


async def _async_save(hass: HomeAssistant, path: Path, commanded: Mapping[str, Commanded]) -> None:
    """Save the record, or raise `MonitorError`.

    `Store` of Home Assistant logs an error and goes on. Here no test may start that is not recorded.
    """
    records: JsonObjectType = {place: asdict(one) for place, one in commanded.items()}
    try:
        await hass.async_add_executor_job(partial(_save, path, records))
    except (HomeAssistantError, OSError) as err:
        LOGGER.warning("No resistance test is started, because it can't be recorded in %s: %s", path, err)
        raise MonitorError(str(err)) from err


def _save(path: Path, records: JsonObjectType) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_json(str(path), records, atomic_writes=True)
