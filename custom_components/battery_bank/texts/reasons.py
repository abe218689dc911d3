"""Why a request failed, in the language of this Home Assistant."""

from collections.abc import Mapping
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..monitor.errors import MonitorError, Reason

REASON: Final = "reason"  # the selector whose options are the texts


def reason_text(texts: Mapping[str, str], reason: Reason | None, otherwise: str) -> str:
    """Return the text of a reason; `texts` are those of the selectors. Without a reason it is the text of the error."""
    return texts.get(f"component.{DOMAIN}.selector.{REASON}.options.{reason}", otherwise)


async def async_reason_text(hass: HomeAssistant, err: MonitorError) -> str:
    """Return why an error happened."""
    texts = await async_get_translations(hass, hass.config.language, "selector", [DOMAIN])
    return reason_text(texts, err.reason, str(err))
