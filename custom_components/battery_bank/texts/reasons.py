"""Why a request failed, in the language of this Home Assistant."""

from typing import Final

from homeassistant.core import HomeAssistant

from ..monitor.errors import MonitorError, Reason
from .translations import Translations

REASON: Final = "reason"  # the selector whose options are the texts


def reason_text(translations: Translations, reason: Reason | None, otherwise: str) -> str:
    """Return the text of a reason, or the text of the error, `otherwise`, if it has no reason."""
    return translations.option(REASON, reason) if reason else otherwise


async def async_reason_text(hass: HomeAssistant, err: MonitorError) -> str:
    """Return why an error happened."""
    return reason_text(await Translations.load(hass, "selector"), err.reason, str(err))
