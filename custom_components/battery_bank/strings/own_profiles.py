"""The profiles that users have written: YAML files in the folder `battery_bank` of Home Assistant's configuration."""

from pathlib import Path
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.util.hass_dict import HassKey

from ..const import CONF_BATTERY_MODULE, CONF_STRING_MODULE, DOMAIN, SUBENTRY_STRING
from ..monitor.line.profile_content import ProfileFileError
from ..monitor.line.profile_file import OWN, read_file
from ..monitor.line.profiles import PROFILES, add_own

# By the name of the file, why it can't be used.
DATA_ERRORS: HassKey[dict[str, ProfileFileError]] = HassKey(f"{DOMAIN}_profile_errors")
ENDINGS: Final = (".yaml", ".yml")


async def async_load_own_profiles(hass: HomeAssistant) -> dict[str, ProfileFileError]:
    """Read all profile files, and return why files can't be used, by their names."""
    errors = await hass.async_add_executor_job(_load, Path(hass.config.path(DOMAIN)))
    hass.data[DATA_ERRORS] = errors
    return errors


def missing_profile(entry: ConfigEntry) -> str | None:
    """Return the key of a profile of a user that a line needs and that is not there; None if there is none."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_STRING):
        for field in (CONF_BATTERY_MODULE, CONF_STRING_MODULE):
            key = subentry.data.get(field)
            if isinstance(key, str) and key.startswith(OWN) and key not in PROFILES:
                return key
    return None


def _load(folder: Path) -> dict[str, ProfileFileError]:
    errors = dict[str, ProfileFileError]()
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix in ENDINGS)
    except OSError:  # most installations have no such folder
        return errors
    for path in files:
        try:
            add_own(read_file(path))
        except ProfileFileError as err:
            errors[path.name] = err
        except OSError as err:
            errors[path.name] = ProfileFileError(1, "", err.strerror or str(err))
    return errors
