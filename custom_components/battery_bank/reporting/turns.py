"""Reports and exports take turns, and give way to the event loop: a large one takes seconds in a thread of its own.

Python runs one thread at a time. A thread that calculates without a pause holds the event loop up for 5 ms each time
the loop needs the interpreter, and several such threads for a multiple of that.
"""

import asyncio
from collections.abc import Iterable, Iterator
from threading import Event
import time
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..const import DOMAIN

AT_ONCE: Final = 2  # reports and exports; others wait
WORK: Final = 0.002  # s of work before a pause …
PAUSE: Final = 0.002  # s, which is long enough for the event loop to take over

_DATA_TURNS: Final[HassKey[asyncio.Semaphore]] = HassKey(f"{DOMAIN}.document_turns")


@callback
def document_turn(hass: HomeAssistant) -> asyncio.Semaphore:
    """Return what a report or an export enters while it is made."""
    return hass.data.setdefault(_DATA_TURNS, asyncio.Semaphore(AT_ONCE))


def unhurried[T](items: Iterable[T]) -> Iterator[T]:
    """Yield the items, with a pause whenever so much time has passed. Not for the event loop itself."""
    pause, began = Event(), time.monotonic()
    for item in items:
        yield item
        if time.monotonic() - began >= WORK:
            pause.wait(PAUSE)
            began = time.monotonic()
