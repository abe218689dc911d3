"""The consumer: takes in what lines send, keeps it, and only then says so. Any number of copies may run.

`python -m fleet.consumer --postgres URL --mqtt URL [--nats URL …] [--metrics URL]`; each URL may be given several times
for the nodes of a cluster.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
import logging
import signal
from typing import Final

import psycopg

from .database import Database
from .figures import Metrics
from .messages import Answer, BadMessageError, PublishAnswers, Received, Source, halves, parse
from .sources import connected

LOGGER: Final = logging.getLogger(__name__)

FIRST_RETRY: Final = 0.5  # s until a database that was away is tried again, twice as long each time
LONGEST_RETRY: Final = 30.0

# A value of a row that its column can't hold, or a message without something that it must have.
UNFIT: Final = (psycopg.DataError, psycopg.IntegrityError, KeyError, TypeError, AttributeError, ValueError)

type Keep = Callable[[Database, Sequence[Received]], Awaitable[Sequence[Answer]]]


class Worker:
    """Takes in messages of one kind, with a connection to the database of its own."""

    def __init__(self, source: Source, keep: Keep, publish: PublishAnswers, postgres: str) -> None:
        """Keep what a source brings by a function, and publish the answers that it returns."""
        self._source = source
        self._keep = keep
        self._publish = publish
        self._postgres = postgres
        self._database: Database | None = None

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            while True:
                messages = _parsed(await self._source.batch())
                answers = await self._until_kept(messages)
                await self._source.done()
                await self._publish(answers)
        finally:
            await self._disconnect()

    async def _until_kept(self, messages: Sequence[Received]) -> Sequence[Answer]:
        """Keep messages, and try again until the database does it."""
        pause = FIRST_RETRY
        while True:
            try:
                if self._database is None:
                    self._database = await Database.connect(self._postgres)
                return await self._kept(self._database, messages)
            except (psycopg.OperationalError, psycopg.InterfaceError, OSError) as err:
                LOGGER.warning("Not kept yet: %s", err)
                await self._disconnect()
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_RETRY)

    async def _kept(self, database: Database, messages: Sequence[Received]) -> Sequence[Answer]:
        """Keep messages. One that does not fit keeps no other back."""
        try:
            return await self._keep(database, messages)
        except (*UNFIT, psycopg.ProgrammingError) as err:
            if len(messages) == 1:
                LOGGER.error("A message of %s/%s can't be kept: %r", *messages[0].line, err)  # noqa: TRY400
                return []
            return [answer for message in messages for answer in await self._kept(database, [message])]

    async def _disconnect(self) -> None:
        database, self._database = self._database, None
        if database:
            with suppress(psycopg.Error):
                await database.close()


def _parsed(batch: Sequence[tuple[str, bytes]]) -> list[Received]:
    messages = []
    for topic, payload in batch:
        try:
            messages.append(parse(topic, payload))
        except BadMessageError as err:
            LOGGER.error("A message can't be read: %s", err)  # noqa: TRY400 - says all there is
    return messages


async def keep_journals(database: Database, messages: Sequence[Received]) -> Sequence[Answer]:
    """Keep rows of journals. One that does not fit its table is put aside, and keeps no other of its line back."""
    try:
        return await database.keep_journals(messages) if messages else []
    except UNFIT as err:
        if len(messages) > 1:
            raise
        if not (parts := halves(messages[0])):
            LOGGER.error("A row of %s/%s is put aside: %r", *messages[0].line, err)  # noqa: TRY400 - says all there is
            return await database.keep_journals(messages, refused=ascii(err))
    return [answer for part in parts for answer in await keep_journals(database, [part])]


async def keep_births(database: Database, messages: Sequence[Received]) -> Sequence[Answer]:
    """Keep what lines are."""
    if messages:
        await database.keep_births(messages)
    return []


def keep_snapshots(metrics: Metrics | None) -> Keep:
    """Return what keeps the last figures of lines, and writes all of them as metrics."""

    async def keep(database: Database, messages: Sequence[Received]) -> Sequence[Answer]:
        if not messages:
            return []
        answers = await database.keep_snapshots(messages)
        if metrics:
            await metrics.write(messages)
        return answers

    return keep


async def consume(postgres: str, mqtt: Sequence[str], servers: Sequence[str] | None, metrics: str | None) -> None:
    """Take in what comes, until cancelled."""
    keepers = {
        "journal": keep_journals,
        "birth": keep_births,
        "snapshot": keep_snapshots(Metrics(metrics) if metrics else None),
    }
    async with connected(mqtt, servers) as (sources, publish), asyncio.TaskGroup() as group:
        for kind, keep in keepers.items():
            group.create_task(Worker(sources[kind], keep, publish, postgres).run())
        LOGGER.info("Ready")


async def _until_stopped(options: argparse.Namespace) -> None:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 - this is one
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await consume(options.postgres, options.mqtt, options.nats, options.metrics)


def main() -> None:
    """Start from the command line."""
    parser = argparse.ArgumentParser(prog="python -m fleet.consumer", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--postgres", required=True, help="of the database, postgresql://…")
    parser.add_argument("--mqtt", required=True, action="append", help="of the broker, mqtt://HOST:1883")
    parser.add_argument("--nats", action="append", help="of a NATS server, nats://HOST:4222: messages come from there")
    parser.add_argument("--metrics", help="of VictoriaMetrics, http://HOST:8428")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_until_stopped(parser.parse_args()))


if __name__ == "__main__":
    main()
