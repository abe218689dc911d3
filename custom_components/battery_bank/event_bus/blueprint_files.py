"""The blueprints of the integration, copied to where Home Assistant looks for them."""

from functools import partial
from pathlib import Path
import shutil
from typing import Final

from homeassistant.components.blueprint.const import BLUEPRINT_FOLDER
from homeassistant.const import SERVICE_RELOAD, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.start import async_at_started

from ..const import DOMAIN, LOGGER

SHIPPED: Final = Path(__file__).parent.parent / "blueprints"
AUTOMATION: Final = "automation"
KINDS: Final = (AUTOMATION,)  # the kinds of blueprints that the integration has


@callback
def async_setup_blueprints(hass: HomeAssistant) -> None:
    """Copy the blueprints once Home Assistant has started.

    Not earlier: Home Assistant copies its own blueprints only while their folder does not exist yet.
    """
    async_at_started(hass, _async_copy)


async def _async_copy(hass: HomeAssistant) -> None:
    copied = False
    for kind in KINDS:
        there = Path(hass.config.path(BLUEPRINT_FOLDER, kind, DOMAIN))
        try:
            copied |= await hass.async_add_executor_job(partial(_copy, SHIPPED / kind, there))
        except OSError as err:
            LOGGER.warning("The blueprints could not be copied to %s: %s", there, err)
    # A person who deleted the folder to get the originals back has automations that did not find them at the start.
    if copied and any(state.state == STATE_UNAVAILABLE for state in hass.states.async_all(AUTOMATION)):
        await hass.services.async_call(AUTOMATION, SERVICE_RELOAD)


def _copy(shipped: Path, there: Path) -> bool:
    """Copy the files into a folder that does not exist yet; in an existing one a person may have changed them.

    Return whether they were copied.
    """
    if there.exists():
        return False
    there.parent.mkdir(parents=True, exist_ok=True)
    # Under another name first: a copy that is interrupted must not count as an existing folder.
    half = there.with_name(f".{there.name}")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    for file in shipped.glob("*.yaml"):
        shutil.copyfile(file, half / file.name)
    half.rename(there)
    return True
