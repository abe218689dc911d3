"""The feed of the display: one for all pages. What has moved is built once and sent to all, once a second at most."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.json import json_bytes
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN, SUBENTRY_STRING
from ..coordinator import BatteryBankConfigEntry, LineCoordinator
from ..strings.connection import pace
from ..strings.members import string_of
from ..texts.alarm_texts import AlarmTexts
from .payload import StringPayload, line_payload

EVERY: Final = 1.0  # s between two messages, at least
# A page that hears nothing for 15 s asks whether all is well; what is watched but does not move says so before.
QUIET: Final = 10.0  # s

KNOWN: Final = frozenset(ConfigEntryState) - {ConfigEntryState.MIGRATION_ERROR}

type Send = Callable[[bytes], None]


class Feed:
    """What the pages that listen know, and how they come to know what has moved. Without any it does nothing."""

    def __init__(self, hass: HomeAssistant, version: str) -> None:
        self._hass = hass
        self._version = version
        self._pages: list[Send] = []
        self._lines: dict[str, _Line] = {}  # by entry
        self._anew = False  # whether all has to be told, not only what moved
        self._sent_at = 0.0  # when the last message went, by the loop's clock
        self._at = 0.0  # of what the pages know, s since 1970
        self._timer: CALLBACK_TYPE | None = None
        self._unlisten: CALLBACK_TYPE | None = None

    @callback
    def async_listen(self, send: Send) -> CALLBACK_TYPE:
        """Send a page all there is now, and from then on what moves; return what ends that."""
        if not self._pages:
            self._unlisten = async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._changed)
            self._begin()
        self._pages.append(send)
        send(self._snapshot())  # as the others know it: the next message brings them all on alike
        return partial(self._leave, send)

    @callback
    def _leave(self, send: Send) -> None:
        self._pages.remove(send)
        if self._pages:
            return
        if self._unlisten:
            self._unlisten()
        if self._timer:
            self._timer()
        self._unlisten = self._timer = None
        self._drop()

    def _begin(self) -> None:
        """Take hold of all lines as they are now."""
        self._drop()
        self._anew = False
        self._at = dt_util.utcnow().timestamp()
        for entry in self._hass.config_entries.async_entries(DOMAIN, include_ignore=False):
            self._lines[entry.entry_id] = _Line(self._hass, entry, self._moved)

    def _drop(self) -> None:
        for line in self._lines.values():
            line.drop()
        self._lines = {}

    @callback
    def _changed(self, _: ConfigEntryChange, entry: ConfigEntry[Any]) -> None:
        """Tell all anew: a line was set up, reloaded, renamed or taken down."""
        if entry.domain == DOMAIN:
            self._anew = True
            self._moved()

    @callback
    def _moved(self) -> None:
        """Something has news: send it as soon as the last message is old enough."""
        if self._timer is None:
            wait = self._sent_at + EVERY - self._hass.loop.time()
            self._timer = async_call_later(self._hass, max(0.0, wait), self._send)

    @callback
    def _send(self, _: Any) -> None:
        self._timer = None
        if self._anew or not all(line.settled() for line in self._lines.values()):
            self._begin()
            self._tell(self._snapshot())
            return
        moved = [line.moved() for line in self._lines.values()]
        lines = [line for line, _ in moved if line]
        strings = [string for _, strings in moved for string in strings]
        self._at = dt_util.utcnow().timestamp()
        if lines or strings or self._hass.loop.time() - self._sent_at >= QUIET:
            self._tell(json_bytes({"kind": "update", "at": self._at, "lines": lines, "strings": strings}))

    def _tell(self, message: bytes) -> None:
        self._sent_at = self._hass.loop.time()
        for send in list(self._pages):
            send(message)

    def _snapshot(self) -> bytes:
        return json_bytes(
            {
                "kind": "snapshot",
                "version": self._version,
                "at": self._at,
                "lines": [line.payload for line in self._lines.values()],
                "strings": [string.whole() for line in self._lines.values() for string in line.strings],
            }
        )


class _Line:
    """One line as the pages know it, and the marks at what has news."""

    def __init__(self, hass: HomeAssistant, entry: BatteryBankConfigEntry, moved: CALLBACK_TYPE) -> None:
        self._entry = entry
        self._moved = moved
        self._marked: set[str] = set()  # strings with news
        self._unlisten: list[CALLBACK_TYPE] = []
        self._coordinator: LineCoordinator | None = None
        texts = AlarmTexts()
        if entry.state is ConfigEntryState.LOADED:
            coordinator = self._coordinator = entry.runtime_data
            texts, strings = coordinator.alarm_texts, coordinator.strings
            self._unlisten.append(coordinator.async_listen(coordinator, moved))
            for string in strings:
                mark = partial(self._mark, string.id)
                self._unlisten += [coordinator.async_listen(subject, mark) for subject in string.subjects]
        else:  # nothing is known of its strings, but that they are there; of a later version not even that
            subentries = entry.get_subentries_of_type(SUBENTRY_STRING) if entry.state in KNOWN else []
            strings = [string_of(subentry, pace(entry.data)) for subentry in subentries]
        self.payload = line_payload(entry, self._coordinator)
        self.strings = [StringPayload(hass, entry, string, texts) for string in strings]

    def drop(self) -> None:
        """Listen no more."""
        for unlisten in self._unlisten:
            unlisten()

    def settled(self) -> bool:
        """Whether what has news fits what the pages know, or all has to be told anew."""
        return all(string.settled() for string in self.strings if string.string.id in self._marked)

    def moved(self) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        """Return the line if it has changed, and what has moved in its strings; take both over."""
        before, self.payload = self.payload, line_payload(self._entry, self._coordinator)
        marked, self._marked = self._marked, set()
        moved = [change for string in self.strings if string.string.id in marked and (change := string.moved())]
        return self.payload if self.payload != before else None, moved

    @callback
    def _mark(self, string_id: str) -> None:
        self._marked.add(string_id)
        self._moved()


DATA_FEED: Final[HassKey[Feed]] = HassKey(f"{DOMAIN}.feed")
