"""Why a request failed, or a file can't be used, in the language of this Home Assistant."""

from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util.file import WriteError

from ..monitor.errors import MonitorError, Reason
from ..monitor.journal.files import reason_of
from .translations import Translations

REASON: Final = "reason"  # the selector whose options are the texts


def reason_text(translations: Translations, reason: Reason | None, otherwise: str) -> str:
    """Return the text of a reason, or the text of the error, `otherwise`, if it has no reason."""
    return translations.option(REASON, reason) if reason else otherwise


async def async_reason_text(hass: HomeAssistant, err: MonitorError) -> str:
    """Return why an error happened."""
    return reason_text(await Translations.load(hass, "selector"), err.reason, str(err))


async def async_file_error_text(hass: HomeAssistant, err: OSError | WriteError) -> str:
    """Return why a file or folder can't be written; the cause of a `WriteError` is the error of the system."""
    cause = err.__cause__ if isinstance(err, WriteError) and isinstance(err.__cause__, Exception) else err
    return reason_text(await Translations.load(hass, "selector"), reason_of(cause), str(err))
