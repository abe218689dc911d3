"""The step that offers the deleted lines at the port or gateway of a new line."""

from collections.abc import Mapping
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlow, ConfigFlowContext, ConfigFlowResult
from homeassistant.helpers.selector import SelectOptionDict

from ..const import CONF_CONTINUES, DASHBOARD_LINK, SUBENTRY_STRING
from ..runtime.local_time import local_time
from ..runtime.removed_lines import Removed, async_removed_at, subentries_of
from .scan_steps import NOTHING, ScanSteps
from .string_form import choice

NEW_LINE: Final = "new_line"
REMOVED_LINE: Final = "removed_line"  # the selector with the text of the new line; deleted lines have names

DONE: Final = {"dashboard": DASHBOARD_LINK}  # for the text at the end of the set-up


class RemovedLineSteps(ScanSteps[ConfigFlowContext, ConfigFlowResult, str], ConfigFlow):
    """The step that offers the deleted lines, before the scan of a new one."""

    _data: dict[str, Any]  # the settings of the new line
    _removed: Mapping[str, Removed]  # the deleted lines at its port or gateway, by entry

    async def _begin(self) -> ConfigFlowResult:
        """Go on with a new line."""
        raise NotImplementedError

    async def async_step_removed_line(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer to go on with the strings and the journal of a deleted line at the same port or gateway."""
        if user_input is None:
            self._removed = await async_removed_at(self.hass, self._data)
        elif line := self._removed.get(user_input[CONF_CONTINUES]):
            data = {**self._data, CONF_CONTINUES: user_input[CONF_CONTINUES]}
            return self.async_create_entry(
                title=line["title"],
                data=data,
                subentries=subentries_of(line),
                description_placeholders=DONE,
            )
        if user_input is not None or not self._removed:
            return await self._begin()
        options = [SelectOptionDict(value=entry_id, label=_label(line)) for entry_id, line in self._removed.items()]
        which = probatio.Required(CONF_CONTINUES, default=options[0]["value"])
        new = SelectOptionDict(value=NEW_LINE, label=NEW_LINE)
        schema = probatio.Schema({which: choice([*options, new], REMOVED_LINE)})
        return self.async_show_form(step_id="removed_line", data_schema=schema)


def _label(line: Removed) -> str:
    """Return the name of a deleted line, those of its strings, and the day on which it was deleted."""
    strings = [one["title"] for one in line["subentries"] if one["subentry_type"] == SUBENTRY_STRING]
    return f"{line['title']}: {', '.join(strings) or NOTHING} ({local_time(line['removed']):%Y-%m-%d})"
