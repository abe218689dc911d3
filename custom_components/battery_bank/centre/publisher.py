"""Publishes birth and snapshot of a line, beside its journal."""

import asyncio
from typing import Final

from homeassistant.loader import async_get_integration

from ..const import DOMAIN
from ..coordinator import LineCoordinator
from .messages import birth, snapshot

CHECK: Final = 2.0  # s between two looks at what is due
SNAPSHOT: Final = 60.0  # s between two snapshots


async def publish_line(line: LineCoordinator) -> None:
    """Publish until cancelled, while the journal of the line is sent."""
    sender, published_at = line.journal_sender, None
    release = str((await async_get_integration(line.hass, DOMAIN)).version)
    while True:
        await asyncio.sleep(CHECK)
        if not sender.connected:
            continue
        if not sender.greeted:
            sender.greeted = True
            await sender.async_publish("birth", birth(line, release))
        at = line.clock.monotonic()
        if published_at is None or at - published_at >= SNAPSHOT:
            published_at = at
            await sender.async_publish("snapshot", snapshot(line), qos=0)
