"""Events on their way out: into the journal first, then to entities and automations."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

from homeassistant.core import CALLBACK_TYPE, callback

from ..monitor.battery.events import AlarmAcknowledged, AlarmCleared, AlarmDeescalated, AlarmNoted, AlarmRaised, Event
from ..strings.members import String
from .journal_writer import JournalWriter
from .known_records import only_points
from .updates import Updates

type Listener = Callable[[Event], None]


class EventPublisher:
    """Publishes what happens to the strings of one line, in the order in which it happened."""

    def __init__(self, updates: Updates, line_id: str) -> None:
        """Prepare; `updates` notifies the subscribers of a string, its batteries and the line at once."""
        self._updates = updates
        self._line_id = line_id
        self._queue: asyncio.Queue[tuple[String, Sequence[Event]]] = asyncio.Queue()
        self._listeners: defaultdict[str, list[Listener]] = defaultdict(list)

    @callback
    def async_subscribe(self, string: String, listener: Listener) -> CALLBACK_TYPE:
        """Call the listener with each event of a string; return what ends the subscription."""
        listeners = self._listeners[string.id]
        listeners.append(listener)
        return partial(listeners.remove, listener)

    @callback
    def async_publish(self, string: String, events: Sequence[Event]) -> None:
        """Put events of a string in the queue, and have its state and its alarms shown at once."""
        if not events:
            return
        self._queue.put_nowait((string, events))
        if not only_points(events):
            self._updates.async_notify(string.id, *_batteries(events), self._line_id)

    async def run(self, journal: JournalWriter) -> None:
        """Write and publish events as they come, until cancelled."""
        while True:
            await self._publish(journal, [await self._queue.get()])

    async def async_drain(self, journal: JournalWriter) -> None:
        """Write and publish what is still in the queue."""
        await self._publish(journal, [self._queue.get_nowait() for _ in range(self._queue.qsize())])

    async def _publish(self, journal: JournalWriter, happened: Sequence[tuple[String, Sequence[Event]]]) -> None:
        for string, events in happened:
            journal.async_add(string, events)
        try:
            await journal.async_write()
        finally:  # also if the line is stopped meanwhile: the events have left the queue already
            for string, events in happened:
                for event in events:
                    for listener in list(self._listeners[string.id]):
                        listener(event)


def _batteries(events: Sequence[Event]) -> set[str]:
    """Return the batteries whose alarms have changed."""
    alarms = [
        event.alarm
        for event in events
        if isinstance(event, AlarmRaised | AlarmDeescalated | AlarmAcknowledged | AlarmNoted | AlarmCleared)
    ]
    return {battery for alarm in alarms for battery in (alarm.battery, *alarm.batteries) if battery is not None}
