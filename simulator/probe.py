"""Home Assistant with a probe at its event loop: `python -m simulator.probe -c FOLDER`, as `simulator.minimal`.

On SIGUSR1 it writes into `probe.json` of the folder which callbacks were the longest since the last time, in ms of the
processor's time, so that other programs do not count. What the collector of garbage takes is noted apart:
it goes through all objects of Home Assistant, in whichever callback it is due.
"""

import asyncio
from asyncio import events
import gc
import heapq
import json
from pathlib import Path
import signal
import sys
import threading
from time import thread_time
from typing import Any, Final

from homeassistant import bootstrap
from homeassistant.__main__ import main

from .minimal import NEEDED

FILE: Final = "probe.json"
LONG: Final = 50.0  # ms
KEPT: Final = 10  # callbacks


class Probe:
    """Measures each callback of the main thread."""

    def __init__(self, folder: Path) -> None:
        """Begin to measure."""
        self._file = folder / FILE
        self._began = self._collected = 0.0  # s, of the collector in the main thread
        self._main = threading.main_thread().ident
        self._reset()
        gc.callbacks.append(self._collector)
        run = events.Handle._run  # noqa: SLF001 - asyncio has no other place

        def measured(handle: events.Handle) -> None:
            if threading.get_ident() != self._main:
                run(handle)
                return
            name, before, collected = handle._callback, thread_time(), self._collected  # type: ignore[attr-defined]  # noqa: SLF001
            run(handle)
            self._note(name, 1000 * (thread_time() - before - (self._collected - collected)))

        events.Handle._run = measured  # type: ignore[assignment,method-assign]  # noqa: SLF001
        signal.signal(signal.SIGUSR1, self._write)

    def _reset(self) -> None:
        self._longest: list[tuple[float, str]] = []
        self._long = 0
        self._collections: list[float] = []  # ms, those of the main thread
        self._all_collections = 0.0  # s, of all threads

    def _note(self, callback: Any, took: float) -> None:
        self._long += took > LONG
        if len(self._longest) < KEPT or took > self._longest[0][0]:
            task = getattr(callback, "__self__", None)
            name = getattr(task.get_coro(), "__qualname__", "") if isinstance(task, asyncio.Task) else ""
            entry = (took, name or getattr(callback, "__qualname__", repr(callback)))
            if len(self._longest) < KEPT:
                heapq.heappush(self._longest, entry)
            else:
                heapq.heapreplace(self._longest, entry)

    def _collector(self, phase: str, _: Any) -> None:
        """Note what a collection takes; there is one at a time, and it ends in the thread in which it began."""
        if phase == "start":
            self._began = thread_time()
            return
        took = thread_time() - self._began
        self._all_collections += took
        if threading.get_ident() == self._main:
            self._collected += took
            self._collections.append(1000 * took)

    def _write(self, *_: Any) -> None:
        found = {
            "longest": sorted(self._longest, reverse=True),
            "long": self._long,
            "collection": max(self._collections, default=0.0),
            "collections": self._all_collections,
        }
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(found))
        part.rename(self._file)
        self._reset()


if __name__ == "__main__":
    bootstrap.DEFAULT_INTEGRATIONS = NEEDED
    config = sys.argv[sys.argv.index("--config") + 1]
    sys.path.append(config)  # it may have other integrations than this folder
    Probe(Path(config))
    sys.exit(main())
