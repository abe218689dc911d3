"""Where messages come from, and where answers go: any MQTT broker, or NATS JetStream with its MQTT gateway."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
import logging
import ssl
from typing import Final
from urllib.parse import unquote, urlsplit

import aiomqtt
import nats
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, StreamConfig
import nats.js.errors

from .messages import KINDS, ROOT, Answer, PublishAnswers, Source

LOGGER: Final = logging.getLogger(__name__)

QUIET: Final = logging.getLogger(f"{__name__}.client")  # which finds a hundred answers at once too many
QUIET.setLevel(logging.ERROR)

GROUP: Final = "fleet"
MOST: Final = 100  # messages in a batch
LONGEST_QUEUE: Final = 5000  # messages
WAIT: Final = 0.5  # s to wait for the first message of a batch
REDELIVERED: Final = 30.0  # s after which another consumer gets a message that was not confirmed
KEPT: Final = 86400.0  # s that the stream keeps messages; what was not acknowledged by then is sent again anyway
RETRY: Final = 1.0  # s
STREAM: Final = "battery_bank"


class MqttSource:
    """Messages that a client of an MQTT broker takes in. It needs no confirmation: lines send again."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(LONGEST_QUEUE)

    def put(self, topic: str, payload: bytes) -> None:
        """Add a message. While the database is away and the queue is full, it is left out: its line sends it again."""
        with suppress(asyncio.QueueFull):
            self._queue.put_nowait((topic, payload))

    async def batch(self) -> Sequence[tuple[str, bytes]]:
        """Wait for messages, and return all there are."""
        found = [await self._queue.get()]
        while len(found) < MOST and not self._queue.empty():
            found.append(self._queue.get_nowait())
        return found

    async def done(self) -> None:
        """Nothing to be done."""


class NatsSource:
    """Messages of a durable consumer of JetStream, which any number of copies share."""

    def __init__(self, subscription: JetStreamContext.PullSubscription) -> None:
        self._subscription = subscription
        self._batch: list[Msg] = []

    async def batch(self) -> Sequence[tuple[str, bytes]]:
        """Wait for messages, and return those that come together."""
        self._batch = []
        while not self._batch:
            try:
                self._batch = await self._subscription.fetch(MOST, timeout=WAIT)
            except TimeoutError:  # of asyncio or of NATS, which is one of these
                pass  # nothing came
            except nats.errors.Error as err:  # a node has gone, and another is not the leader yet
                LOGGER.info("Nothing comes from NATS: %s", err)
                await asyncio.sleep(RETRY)
        return [(message.subject.replace(".", "/"), message.data) for message in self._batch]

    async def done(self) -> None:
        """Confirm the last batch."""
        for message in self._batch:
            with suppress(nats.errors.Error):  # delivered again, and the same once more
                await message.ack()


class Broker:
    """An MQTT client that connects again by itself, to the next of several brokers of a cluster."""

    def __init__(self, urls: Sequence[str], sources: dict[str, MqttSource]) -> None:
        """Prepare; what comes for a kind of messages goes to its source."""
        self._urls = urls
        self._sources = sources
        self._client: aiomqtt.Client | None = None
        self.ready = asyncio.Event()

    async def publish(self, answers: Sequence[Answer]) -> None:
        """Publish answers, retained. One that fails is made up for when the line sends again."""
        client = self._client
        if client is None:
            return
        try:
            await asyncio.gather(*(client.publish(one.topic, one.payload, qos=1, retain=True) for one in answers))
        except aiomqtt.MqttError as err:
            LOGGER.warning("Answers were not published: %s", err)

    async def run(self) -> None:
        """Stay connected until cancelled."""
        number = 0
        while True:
            url = urlsplit(self._urls[number % len(self._urls)])
            number += 1
            client = aiomqtt.Client(
                url.hostname or "localhost",
                url.port or (8883 if url.scheme == "mqtts" else 1883),
                username=_decoded(url.username),
                password=_decoded(url.password),
                protocol=aiomqtt.ProtocolVersion.V311,  # which NATS speaks, and every other broker too
                logger=QUIET,
                tls_context=ssl.create_default_context() if url.scheme == "mqtts" else None,
            )
            try:
                async with client:
                    await self._subscribe(client)
                    self._client = client
                    self.ready.set()
                    async for message in client.messages:
                        kind = message.topic.value.rpartition("/")[2]
                        if kind in self._sources and isinstance(message.payload, bytes):
                            self._sources[kind].put(message.topic.value, message.payload)
            except aiomqtt.MqttError as err:
                LOGGER.warning("The broker %s:%s is not connected: %s", url.hostname, url.port, err)
            finally:
                self._client = None
            await asyncio.sleep(RETRY)

    async def _subscribe(self, client: aiomqtt.Client) -> None:
        for kind in self._sources:
            # Each message goes to one of the group. What is retained would not: so each gets the births.
            group = f"$share/{GROUP}/" if kind != "birth" else ""
            await client.subscribe(f"{group}{ROOT}/+/+/{kind}", qos=1)


@asynccontextmanager
async def connected(
    mqtt: Sequence[str], servers: Sequence[str] | None, *, replicas: int = 3
) -> AsyncGenerator[tuple[dict[str, Source], PublishAnswers]]:
    """Yield a source for each kind of messages, and what publishes answers.

    Messages come from the JetStream of `servers`, or without them from the MQTT broker. Answers go to the broker.
    """
    sources: dict[str, Source] = {}
    async with AsyncExitStack() as stack:
        if servers:
            client = await nats.connect(list(servers), max_reconnect_attempts=-1, error_cb=_report)
            stack.push_async_callback(client.close)
            stream = client.jetstream()
            await _until_ready(lambda: _make_stream(stream, replicas))
            for kind in KINDS:
                sources[kind] = NatsSource(await _until_ready(partial(_subscribe, stream, kind)))
            broker = Broker(mqtt, {})
        else:
            sources |= {kind: MqttSource() for kind in KINDS}
            broker = Broker(mqtt, {kind: one for kind, one in sources.items() if isinstance(one, MqttSource)})
        task = asyncio.create_task(broker.run())
        stack.callback(task.cancel)
        await broker.ready.wait()
        yield sources, broker.publish


async def _until_ready[Made](make: Callable[[], Awaitable[Made]]) -> Made:
    """Try until NATS does it: after a node has gone, a stream and each durable consumer elect a leader of their own."""
    while True:
        try:
            return await make()
        except nats.errors.Error as err:
            LOGGER.warning("NATS is not ready: %s", err)
        await asyncio.sleep(RETRY)


async def _make_stream(stream: JetStreamContext, replicas: int) -> None:
    """Make the stream, if no other copy has made it."""
    config = StreamConfig(name=STREAM, subjects=[_subject(kind) for kind in KINDS], num_replicas=replicas, max_age=KEPT)
    try:
        await stream.add_stream(config)
    except nats.js.errors.BadRequestError:
        await stream.stream_info(STREAM)


async def _subscribe(stream: JetStreamContext, kind: str) -> JetStreamContext.PullSubscription:
    """Make the durable consumer of a kind of messages, if no other copy has made it, and join it."""
    config = ConsumerConfig(
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=REDELIVERED,
        filter_subject=_subject(kind),
        max_ack_pending=20 * MOST,
    )
    return await stream.pull_subscribe(_subject(kind), f"{GROUP}_{kind}", stream=STREAM, config=config)


def _decoded(part: str | None) -> str | None:
    """Return a user or a password of a URL as it is meant."""
    return None if part is None else unquote(part)


async def _report(err: Exception) -> None:
    LOGGER.warning("NATS: %s", err)


def _subject(kind: str) -> str:
    return f"{ROOT}/*/*/{kind}".replace("/", ".")
