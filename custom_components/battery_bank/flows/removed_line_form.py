"""The form that offers the deleted lines at the port or gateway of a new line."""

from collections.abc import Mapping
from typing import Final

import probatio

from homeassistant.helpers.selector import SelectOptionDict

from ..const import CONF_CONTINUES, SUBENTRY_STRING
from ..runtime.local_time import local_time
from ..runtime.removed_lines import Removed
from .scan_steps import NOTHING
from .string_form import choice

NEW_LINE: Final = "new_line"
REMOVED_LINE: Final = "removed_line"  # the selector with the text of the new line; deleted lines have names


def removed_lines_schema(lines: Mapping[str, Removed]) -> probatio.Schema:
    """Return the form of deleted lines by entry, of which the first is suggested, and of a new line."""
    options = [SelectOptionDict(value=entry_id, label=_label(line)) for entry_id, line in lines.items()]
    which = probatio.Required(CONF_CONTINUES, default=next(iter(lines), NEW_LINE))
    new = SelectOptionDict(value=NEW_LINE, label=NEW_LINE)
    return probatio.Schema({which: choice([*options, new], REMOVED_LINE)})


def _label(line: Removed) -> str:
    """Return the name of a deleted line, those of its strings, and the day on which it was deleted."""
    strings = [one["title"] for one in line["subentries"] if one["subentry_type"] == SUBENTRY_STRING]
    return f"{line['title']}: {', '.join(strings) or NOTHING} ({local_time(line['removed']):%Y-%m-%d})"
