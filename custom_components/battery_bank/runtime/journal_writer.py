"""The journal of one line: opened, written, saved, and kept through a full disk, a damaged file and a backup."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from math import inf
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR

from ..const import DOMAIN, LOGGER
from ..monitor.battery import state_codec
from ..monitor.battery.counters import Counters
from ..monitor.battery.events import DischargeEnded, DischargePoints, Event, Replaced
from ..monitor.battery.limits import DAY
from ..monitor.battery.running_state import Running, continued, count_of
from ..monitor.clock import Clock
from ..monitor.errors import JournalError, Reason
from ..monitor.journal import Journal
from ..monitor.journal.files import reason_of
from ..strings.members import String
from .counters_copy import CountersCopy
from .restore import Restored, restore

CHECK: Final = 2.0  # s between two looks at what is due
SAVE: Final = 60.0  # s; counters that grow fast are saved sooner, see `Counters.outgrown`
RETRY: Final = 180.0  # s between two attempts to open or read a journal that can't be used
MOST_WAITING: Final = 1000  # batches of curve points that wait for a disk that is full or gone
WRITE_TIMEOUT: Final = 1.0  # s that a write may take before the events are published without it
KEEP_CURVES: Final = 3 * 365 * DAY  # of discharges; their figures are kept for ever

type Resume = Callable[[String, Restored], None]


def journal_path(hass: HomeAssistant, entry_id: str) -> Path:
    """Return where the journal of a line is."""
    return Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}.{entry_id}.db"))


class JournalWriter:
    """Writes the journal of one line. Events that the disk does not take wait, and are written when it works again."""

    def __init__(
        self, hass: HomeAssistant, entry_id: str, strings: Sequence[String], clock: Clock, resume: Resume
    ) -> None:
        """Prepare the journal of a line; `resume` is called with what the journal has of each string, once."""
        self.journal: Journal | None = None  # None while it can't be used
        self.set_aside: Path | None = None  # where a damaged file went, until a person has confirmed the message
        self.path = journal_path(hass, entry_id)
        self._hass = hass
        self._strings = strings
        self._clock = clock
        self._resume = resume
        self._copy = CountersCopy(hass, entry_id)
        self._copy_loaded = False
        self._saved = {string.id: Counters() for string in strings}  # the counters that were saved last
        self._waiting: deque[tuple[String, Sequence[Event]]] = deque()  # not written yet
        self._restored: set[str] = set()  # strings whose saved state was read, and may be overwritten
        self._task: asyncio.Task[dict[str, Running]] | None = None
        self._held = False  # whether the file is closed for a backup
        self._writing = asyncio.Lock()
        self._opening = asyncio.Lock()
        self._write_error: JournalError | None = None
        self._open_error: JournalError | None = None

    @property
    def problem(self) -> JournalError | None:
        """Why events are not kept now; None while they are."""
        return self._open_error or self._write_error

    def open_journal(self) -> Journal:
        """Return the journal, or raise `JournalError` with the reason if it is not open."""
        if self.journal is not None:
            return self.journal
        if self.problem is None:
            raise JournalError("the journal is being copied for a backup", Reason.BACKUP)
        raise JournalError(str(self.problem), self.problem.reason)

    async def async_open(self) -> None:
        """Open the journal and resume the strings from it. A journal that can't be opened does not stop the monitor."""
        async with self._opening:
            if not self._copy_loaded:
                await self._copy.async_load()
                self._copy_loaded = True
            if self.journal is None and not self._held:
                try:
                    make_folder = partial(self.path.parent.mkdir, parents=True, exist_ok=True)
                    await self._hass.async_add_executor_job(make_folder)
                    self.journal = await Journal.open(self.path, clock=self._clock.now)
                except (JournalError, OSError) as err:
                    self._open_failed("can't be opened", err)
                    self._continue_counting()
                    return
                if aside := self.journal.set_aside:
                    self.set_aside = aside
                    LOGGER.error(
                        "The journal %s was damaged and renamed to %s; a new journal was created", self.path, aside
                    )
                await self._write_waiting()
            for string in self._strings:
                if string.id not in self._restored and self.journal:
                    await self._restore(self.journal, string)
        if self._open_error and len(self._restored) == len(self._strings):
            self._open_error = None
            LOGGER.info("The journal %s can be used again", self.path)

    async def async_write(self, string: String, events: Sequence[Event]) -> None:
        """Write events, or wait no longer than `WRITE_TIMEOUT` for it: a slow disk must not hold up an alarm."""
        # A curve may have holes while the disk is full; nothing else may be left out.
        if len(self._waiting) < MOST_WAITING or not only_points(events):
            self._waiting.append((string, events))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write_waiting())
        await asyncio.wait([self._task], timeout=WRITE_TIMEOUT)

    async def async_save(self) -> None:
        """Write the events that wait, save the running states and the copy of the counters, then show the counters."""
        saved = await self._write_waiting(save=True)
        counts = {
            string.id: count_of(saved.get(string.id, string.state.running), self._earlier(string))
            for string in self._strings
        }
        self._saved = {string_id: count.counters for string_id, count in counts.items()}
        await self._copy.async_save(counts)
        for string in self._strings:
            if string.id in saved:
                string.saved_counters = self._saved[string.id]

    async def async_hold(self) -> None:
        """Save, and close the file so that a backup can copy it. Events wait until `async_release`."""
        await self.async_save()
        async with self._opening:
            journal, self.journal, self._held = self.journal, None, True
            if journal:
                await journal.close()

    async def async_release(self) -> None:
        """Open the journal again after `async_hold`."""
        if not self._held:
            return
        self._held = False
        await self.async_open()

    async def async_close(self) -> None:
        """Write what waits, save, and close the file. It stays closed, so a second call does nothing."""
        await self.async_release()  # what waits during a backup must not be lost
        await self.async_save()
        async with self._opening:
            journal, self.journal = self.journal, None
            if journal:
                await journal.close()

    async def run(self) -> None:
        """Save, retry and purge when it is time, until cancelled."""
        retried_at = self._clock.monotonic()
        saved_at = purged_at = -inf
        while True:
            await asyncio.sleep(CHECK)
            now = self._clock.monotonic()
            if self._open_error and now - retried_at >= RETRY and not self._held:
                retried_at = now
                await self.async_open()
            if now - saved_at >= SAVE or self._outgrown():
                saved_at = now
                await self.async_save()
            if now - purged_at >= DAY and self.journal:
                purged_at = now
                with suppress(JournalError):
                    await self.journal.purge_curves(self._clock.now() - KEEP_CURVES)

    async def _restore(self, journal: Journal, string: String) -> None:
        try:
            restored = await restore(self._hass, journal, string, self._clock.now())
        except JournalError as err:
            self._open_failed(f"can't be read for {string.name}", err)
            return
        self._restored.add(string.id)
        restored = restored.with_copy(self._copy.loaded(string.id), string.settings.capacity)
        string.saved_counters = self._saved[string.id] = restored.running.counters
        self._resume(string, restored)

    def _continue_counting(self) -> None:
        """Let strings that could not be restored count from the last readings of the copy on."""
        for string in self._strings:
            if string.state.running.at is None:
                running = continued(string.state.running, replace(self._copy.loaded(string.id), counters=Counters()))
                string.state = replace(string.state, running=running)

    def _earlier(self, string: String) -> Counters:
        """Return what the running state of a string does not know of its counters: nothing once it was restored."""
        return Counters() if string.id in self._restored else self._copy.loaded(string.id).counters

    def _outgrown(self) -> bool:
        """Return whether the counters of a string have grown so much since they were saved that they can't wait."""
        return any(
            (self._earlier(string) + string.state.running.counters).outgrown(self._saved[string.id])
            for string in self._strings
        )

    async def _write_waiting(self, *, save: bool = False) -> dict[str, Running]:
        """Write the events that wait, and `save` the running states; a failure is logged once.

        Return the running states that were saved, by string.
        """
        saved: dict[str, Running] = {}
        try:
            async with self._writing:
                while self._waiting and (journal := self.journal):
                    string, events = self._waiting.popleft()
                    try:
                        await journal.write(string.id, events, self._documents(string, events))
                    except BaseException:
                        self._waiting.appendleft((string, events))
                        raise
                for string in self._strings if save else ():
                    if self.journal and string.id in self._restored:
                        running = string.state.running
                        await self.journal.write(
                            string.id, (), {state_codec.RUNNING: state_codec.encode_running(running)}
                        )
                        saved[string.id] = running
        except JournalError as err:
            if self._write_error is None:
                LOGGER.error("The journal %s can't be written: %s", self.path, err)
            self._write_error = err
            return saved
        if self._write_error and self.journal:
            self._write_error = None
            LOGGER.info("The journal %s can be written again", self.path)
        return saved

    def _documents(self, string: String, events: Sequence[Event]) -> Mapping[str, bytes]:
        """Return the documents that change with events: without them a restart would let the same happen again."""
        if string.id not in self._restored or only_points(events):
            return {}
        documents = {state_codec.RUNNING: state_codec.encode_running(string.state.running)}
        if any(isinstance(event, DischargeEnded | Replaced) for event in events):
            documents[state_codec.LEARNED] = state_codec.encode_learned(string.state.learned)
        return documents

    def _open_failed(self, what: str, err: Exception) -> None:
        if self._open_error is None:
            LOGGER.error("The journal %s %s: %s", self.path, what, err)
        self._open_error = err if isinstance(err, JournalError) else JournalError(str(err), reason_of(err))


def only_points(events: Sequence[Event]) -> bool:
    """Return whether the events are only points of discharge curves, which come each second."""
    return all(isinstance(event, DischargePoints) for event in events)
