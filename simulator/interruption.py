"""Runs a command line program so that it cleans up when it is stopped."""

import asyncio
from collections.abc import Coroutine
import signal
from typing import Any


async def until_interrupted(work: Coroutine[Any, Any, int], *, interrupted: int) -> int:
    """Run as a task that SIGINT and SIGTERM cancel; return its exit status, or that of an interrupted one."""
    task = asyncio.create_task(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        print("\nStopped.")
        return interrupted
