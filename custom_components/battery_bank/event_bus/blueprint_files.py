"""The blueprints that come with the integration, put where Home Assistant looks for them."""

from functools import partial
from pathlib import Path
import shutil
from typing import Final

from homeassistant.components.blueprint.const import BLUEPRINT_FOLDER
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.start import async_at_started

from ..const import DOMAIN, LOGGER

SHIPPED: Final = Path(__file__).parent.parent / "blueprints"
KINDS: Final = ("automation",)  # of which there are some


@callback
def async_setup_blueprints(hass: HomeAssistant) -> None:
    """Copy them once, when all has started.

    Not before: Home Assistant brings its own only while nobody has made the folder they go to.
    """
    async_at_started(hass, _async_copy)


async def _async_copy(hass: HomeAssistant) -> None:
    for kind in KINDS:
        there = Path(hass.config.path(BLUEPRINT_FOLDER, kind, DOMAIN))
        try:
            await hass.async_add_executor_job(partial(_copy, SHIPPED / kind, there))
        except OSError as err:
            LOGGER.warning("The blueprints could not be copied to %s: %s", there, err)


def _copy(shipped: Path, there: Path) -> None:
    """Copy the files into a folder that is not there yet; in one that is, a person has chosen what stays."""
    if there.exists():
        return
    there.parent.mkdir(parents=True, exist_ok=True)
    # Under another name first, or a copy that broke off would count as chosen.
    half = there.with_name(f".{there.name}")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    for file in shipped.glob("*.yaml"):
        shutil.copyfile(file, half / file.name)
    half.rename(there)
