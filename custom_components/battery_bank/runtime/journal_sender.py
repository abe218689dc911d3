"""The journal of a line on its way to a receiver elsewhere, through the `mqtt` integration of Home Assistant."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import orjson

from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import slugify

from ..const import CONF_SEND_JOURNAL, CONF_SITE, LOGGER
from ..monitor.clock import Clock
from ..monitor.errors import JournalError
from ..monitor.journal import Journal
from ..monitor.journal.sender import IDLE, LONGEST_PATIENCE, ROOT, Sender
from .journal_writer import JournalWriter

COUNT: Final = 60.0  # s between two counts of what waits; a row is on its way for less


@callback
def async_mqtt_connected(hass: HomeAssistant) -> bool:
    """Return whether the `mqtt` integration is set up and has a connection to its broker."""
    return bool(hass.config_entries.async_loaded_entries(mqtt.DOMAIN)) and mqtt.is_connected(hass)


@callback
def async_site_of(hass: HomeAssistant, entry: ConfigEntry) -> str:
    """Return the name of a site in topics; without one of its own, that of this Home Assistant."""
    site: str = entry.options.get(CONF_SITE) or slugify(hass.config.location_name)
    return site


class JournalSender:
    """Sends the journal of a line while the options of its entry say so."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, writer: JournalWriter, clock: Clock) -> None:
        """Prepare; nothing is sent before `run`."""
        self.backlog: int | None = None  # rows without an acknowledgement for a minute; None before the first count
        self.greeted = False  # whether the birth was published over the present connection
        self._hass = hass
        self._entry = entry
        self._writer = writer
        self._clock = clock
        self._journal: Journal | None = None  # the one that was looked at last
        self._sender: Sender | None = None
        self._stream: int | None = None
        self._topic: str | None = None  # that acknowledgements come on, while subscribed
        self._unsubscribe: CALLBACK_TYPE | None = None
        self._connected = False
        self._counted: tuple[float, int] | None = None  # when, and the last number there was then
        self._progress: tuple[float, int] | None = None  # when something was acknowledged last, and up to what number
        self._news = asyncio.Event()

    @property
    def on(self) -> bool:
        """Whether the journal is sent."""
        return bool(self._entry.options.get(CONF_SEND_JOURNAL))

    @property
    def site(self) -> str:
        """The name of the site in topics."""
        return async_site_of(self._hass, self._entry)

    @property
    def connected(self) -> bool:
        """Whether messages can be published now."""
        return self.on and self._connected

    @property
    def position(self) -> Mapping[str, int | str]:
        """The stream of the journal, and up to what number it is acknowledged: a receiver compares it with its own."""
        if self._sender is None or (status := self._sender.status) is None:
            return {}
        return {"run": self._sender.run, "stream": status.stream, "acknowledged": status.acknowledged}

    def doubled(self, now: float) -> bool:
        """Return whether another one sends under the same name; `now` as the monotonic clock."""
        at = self._sender.doubled_at if self.on and self._sender else None
        return at is not None and now - at < 2 * LONGEST_PATIENCE

    def stalled(self, now: float) -> float:
        """Return for how many s rows have waited while nothing was acknowledged; `now` as the monotonic clock."""
        return now - self._progress[0] if self.on and self.backlog and self._progress else 0.0

    @callback
    def async_options_changed(self) -> None:
        """Begin or end at once."""
        self._news.set()

    async def async_publish(self, name: str, content: Mapping[str, Any], *, qos: int = 1, retain: bool = True) -> None:
        """Publish something of the line; what the broker does not take is lost."""
        await self._publish(name, orjson.dumps(content), qos=qos, retain=retain)

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            while True:
                self._news.clear()
                try:
                    pause = await self._step()
                except JournalError as err:  # the writer of the journal reports what lasts
                    LOGGER.debug("The journal of %s can't be sent: %s", self._entry.title, err)
                    pause = IDLE
                try:
                    async with asyncio.timeout(pause):
                        await self._news.wait()
                except TimeoutError:
                    pass
        finally:
            self._async_unsubscribe()

    async def _step(self) -> float:
        """Do what is next, and return the s until the next step."""
        journal = self._writer.journal
        if not self.on:
            self._async_unsubscribe()
            if journal and (self._sender or journal is not self._journal):
                await journal.outbox.end()
                self._journal = journal
            self._sender = self.backlog = None
            return IDLE
        if journal is None:
            return IDLE
        if self._sender is None or journal is not self._journal:  # another file, or the same after a backup
            self._sender = Sender(self._publish_journal, self._clock.monotonic, run=uuid4().hex)
            await self._sender.begin(journal.outbox, self._clock.now())
            self._journal, self._counted, self._progress = journal, None, None
        await self._count(journal, self._sender)
        if not await self._connect():
            return IDLE
        return await self._sender.step(journal.outbox)

    async def _count(self, journal: Journal, sender: Sender) -> None:
        """Count what has waited for a while, and note when something was acknowledged last."""
        assert sender.status is not None  # noqa: S101 - it has begun
        at, status = self._clock.monotonic(), sender.status
        if self._stream != status.stream:
            self._stream, self.greeted, self._counted, self._progress = status.stream, False, None, None
        if self._progress is None or status.acknowledged > self._progress[1]:
            self._progress = at, status.acknowledged
        if self._counted is None or at - self._counted[0] >= COUNT:
            last = (await journal.outbox.status()).last
            waiting = await journal.outbox.waiting(last)
            if not waiting:
                self._progress = at, status.acknowledged
            # A row that is written again gets a new number, so those that have an old one are not all that wait.
            overdue = at - self._progress[0] >= COUNT
            self.backlog = waiting if overdue else await self._count_old(journal)
            self._counted = at, last

    async def _count_old(self, journal: Journal) -> int:
        """Return how many rows wait since the last count."""
        return await journal.outbox.waiting(self._counted[1]) if self._counted else 0

    async def _connect(self) -> bool:
        """Subscribe to acknowledgements, and return whether messages can be published."""
        before, self._connected = self._connected, async_mqtt_connected(self._hass)
        if self._connected and not before:
            self.greeted = False
            if self._sender:
                self._sender.start_over()
        topic = f"{ROOT}/{self.site}/{self._entry.entry_id}/ack"
        if self._connected and topic != self._topic:
            self._async_unsubscribe()
            self.greeted = False
            # With QoS 1, NATS would keep a durable consumer for each line. A lost answer only has rows sent again.
            self._unsubscribe = await mqtt.async_subscribe(self._hass, topic, self._answered, 0, None)
            self._topic = topic
            return False  # first the retained answer: it tells whether this journal is from a backup
        return self._connected

    @callback
    def _answered(self, message: mqtt.ReceiveMessage) -> None:
        if self._sender and message.topic == self._topic and isinstance(message.payload, bytes | bytearray):
            self._sender.answered(bytes(message.payload))
            self._news.set()

    async def _publish_journal(self, payload: bytes) -> None:
        await self._publish("journal", payload, qos=1, retain=False)

    async def _publish(self, name: str, payload: bytes, *, qos: int, retain: bool) -> None:
        topic = f"{ROOT}/{self.site}/{self._entry.entry_id}/{name}"
        try:
            # Returns normally after 10 s without a confirmation of the broker too.
            await mqtt.async_publish(self._hass, topic, payload, qos, retain)
        except HomeAssistantError as err:
            LOGGER.debug("%s was not published: %s", topic, err)

    @callback
    def _async_unsubscribe(self) -> None:
        if self._unsubscribe:
            self._unsubscribe()
        self._unsubscribe = self._topic = None
