"""The feed of the cards, one for all pages: changes are built once and sent to all, at most once a second."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

from homeassistant.auth.models import User
from homeassistant.components.websocket_api import ActiveConnection
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntry, ConfigEntryChange, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.json import json_bytes
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN
from ..coordinator import BatteryBankConfigEntry, LineCoordinator
from ..runtime.local_time import clock_of
from ..strings.configuration import string_of
from ..strings.connection import pace
from ..strings.stored import is_reachable, readable_strings
from ..texts.alarm_texts import AlarmTexts
from .payload import StringPayload, line_payload
from .rights import Rights, async_rights, offered, readable

EVERY: Final = 1.0  # s; the shortest time between two messages
# A page that receives nothing for 15 s asks whether the connection works; before that it gets an empty update.
QUIET: Final = 10.0  # s

KNOWN: Final = frozenset(ConfigEntryState) - {ConfigEntryState.MIGRATION_ERROR}

type Send = Callable[[bytes], None]


class Feed:
    """Sends a snapshot and then the changes to all subscribed pages. Without subscribers it does nothing."""

    def __init__(self, hass: HomeAssistant, version: str) -> None:
        self._hass = hass
        self._version = version
        self._pages: dict[ActiveConnection, _Page] = {}
        self._lines: dict[str, _Line] = {}  # by entry
        self._snapshot_needed = False  # whether the next message has to be a snapshot
        self._sent_at = 0.0  # when the last message was sent, by the elapsed time of the clock
        self._at = 0.0  # the time of what the pages know, s since 1970
        self._snapshots: dict[Rights, bytes] = {}  # of what the pages know
        self._timer: CALLBACK_TYPE | None = None
        self._unsubscribe: CALLBACK_TYPE | None = None

    @callback
    def async_subscribe(self, connection: ActiveConnection, send: Send, end: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Send a snapshot to a page, and from then on the changes; return what ends the subscription.

        A connection has one subscription. `end` is called if the next one takes its place.
        """
        if connection in self._pages:
            self._pages[connection].end()
        if not self._pages:
            self._begin()
            self._unsubscribe = async_dispatcher_connect(self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, self._entry_changed)
        page = self._pages[connection] = _Page(send=send, end=end, user=connection.user)
        with ExitStack() as failed:
            failed.callback(self._leave, connection, page)
            page.rights = self._rights(page)
            send(self._snapshot(page.rights))  # the state that the other pages have: the next change fits all of them
            failed.pop_all()
        return partial(self._leave, connection, page)

    @callback
    def _leave(self, connection: ActiveConnection, page: _Page) -> None:
        if self._pages.get(connection) is not page:
            return
        del self._pages[connection]
        if self._pages:
            return
        if self._unsubscribe:
            self._unsubscribe()
        if self._timer:
            self._timer()
        self._unsubscribe = self._timer = None
        self._drop()

    def _begin(self) -> None:
        """Take the state of all lines now."""
        self._drop()
        self._snapshot_needed = False
        self._at = clock_of(self._hass).now()
        for entry in self._hass.config_entries.async_entries(DOMAIN, include_ignore=False):
            self._lines[entry.entry_id] = _Line(self._hass, entry, self._schedule)
        for page in self._pages.values():
            page.rights = self._rights(page)

    def _rights(self, page: _Page) -> Rights:
        strings = [(line_id, string.string) for line_id, line in self._lines.items() for string in line.strings]
        return async_rights(self._hass, page.user, strings)

    def _drop(self) -> None:
        for line in self._lines.values():
            line.drop()
        self._lines = {}
        self._snapshots = {}

    @callback
    def _entry_changed(self, _: ConfigEntryChange, entry: ConfigEntry[Any]) -> None:
        """Send a snapshot next: a line was set up, reloaded, renamed or unloaded."""
        if entry.domain == DOMAIN:
            self._snapshot_needed = True
            self._schedule()

    @callback
    def _schedule(self) -> None:
        """Send the changes as soon as the last message is old enough."""
        if self._timer is None:
            wait = self._sent_at + EVERY - clock_of(self._hass).monotonic()
            self._timer = async_call_later(self._hass, max(0.0, wait), self._send)

    @callback
    def _send(self, _: Any) -> None:
        self._timer = None
        if self._snapshot_needed or not all(line.settled() for line in self._lines.values()):
            self._begin()
            self._send_to_all(self._snapshot)
            return
        changed = [line.changes() for line in self._lines.values()]
        lines = [line for line, _ in changed if line]
        strings = [string for _, strings in changed for string in strings]
        self._at = clock_of(self._hass).now()
        self._snapshots = {}
        if lines or strings or clock_of(self._hass).monotonic() - self._sent_at >= QUIET:
            update = {"kind": "update", "at": self._at, "lines": lines, "strings": strings}
            self._send_to_all(cache(lambda rights: json_bytes(readable(update, rights))))

    def _send_to_all(self, message: Callable[[Rights], bytes]) -> None:
        """Send each page what its user may read; it is written once for all users with the same permissions."""
        self._sent_at = clock_of(self._hass).monotonic()
        for page in list(self._pages.values()):
            page.send(message(page.rights))

    def _snapshot(self, rights: Rights) -> bytes:
        if rights not in self._snapshots:
            whole = {
                "kind": "snapshot",
                "version": self._version,
                "at": self._at,
                "lines": [line.payload for line in self._lines.values()],
                "strings": [string.whole() for line in self._lines.values() for string in line.strings],
            }
            self._snapshots[rights] = json_bytes(offered(readable(whole, rights), rights))
        return self._snapshots[rights]


@dataclass(kw_only=True, eq=False)
class _Page:
    """A page that is subscribed."""

    send: Send
    end: CALLBACK_TYPE  # ends the subscription for the page too
    user: User
    rights: Rights = None


class _Line:
    """One line in the state that the pages have, and which of its strings have changed."""

    def __init__(self, hass: HomeAssistant, entry: BatteryBankConfigEntry, schedule: CALLBACK_TYPE) -> None:
        self._entry = entry
        self._schedule = schedule
        self._marked: set[str] = set()  # ids of strings that have changed
        self._unsubscribe: list[CALLBACK_TYPE] = []
        self._coordinator: LineCoordinator | None = None
        texts = AlarmTexts()
        if entry.state is ConfigEntryState.LOADED:
            self._coordinator = entry.runtime_data
            texts, strings = entry.runtime_data.alarm_texts, entry.runtime_data.strings
        else:  # its strings are shown without values, but for those of a later version and those that can't be read
            known = entry.state in KNOWN and is_reachable(entry)
            strings = [string_of(subentry, pace(entry.data)) for subentry in readable_strings(entry)] if known else []
        self.payload = line_payload(entry, self._coordinator)
        self.strings = [StringPayload(hass, entry, string, texts) for string in strings]
        if self._coordinator:
            updates = self._coordinator.updates
            self._unsubscribe.append(updates.async_subscribe(self._coordinator.id, schedule))
            for string in strings:
                mark = partial(self._mark, string.id)
                self._unsubscribe += [updates.async_subscribe(subject.id, mark) for subject in string.subjects]

    def drop(self) -> None:
        """End the subscriptions."""
        for unlisten in self._unsubscribe:
            unlisten()

    def settled(self) -> bool:
        """Return whether the changes can be sent alone; False if a snapshot is needed."""
        return all(string.settled() for string in self.strings if string.string.id in self._marked)

    def changes(self) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        """Return the line if it has changed, and the changes of its strings; remember both as sent."""
        before, self.payload = self.payload, line_payload(self._entry, self._coordinator)
        marked, self._marked = self._marked, set()
        changes = [change for string in self.strings if string.string.id in marked and (change := string.changes())]
        return self.payload if self.payload != before else None, changes

    @callback
    def _mark(self, string_id: str) -> None:
        self._marked.add(string_id)
        self._schedule()


DATA_FEED: Final[HassKey[Feed]] = HassKey(f"{DOMAIN}.feed")
