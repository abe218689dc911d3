"""What the dialog of a battery shows of the battery itself and of its module."""

from collections.abc import Sequence
from typing import Any

from ..const import CONF_BATTERY_TYPE, CONF_INSTALLED, CONF_MAKER
from ..monitor.battery.events import Replaced
from ..runtime.local_time import local_time
from ..strings.members import Battery


def asset_payload(battery: Battery, replacements: Sequence[Replaced]) -> dict[str, Any]:
    """Return maker, type, serial number and date of a battery, and model and firmware of its module.

    A replacement without a maker or a type is of those of the string. `replacements` are of this battery, oldest first.
    """
    config, module, last = battery.string.config, battery.module, replacements[-1] if replacements else None
    known = last.maker or last.battery_type if last else None
    installed = local_time(last.at).date().isoformat() if last else config[CONF_INSTALLED]
    return {
        "maker": last.maker if last and known else config.get(CONF_MAKER),
        "type": last.battery_type if last and known else config.get(CONF_BATTERY_TYPE),
        "serial": last.serial if last else None,
        "installed": installed,
        "module": module.profile.model,
        "firmware": f"{module.firmware:04X}" if module.firmware is not None else None,
    }
