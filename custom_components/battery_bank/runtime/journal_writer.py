"""The journal of one line: opened, written, saved, and kept through a full disk, a damaged file and a backup."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from math import inf
from pathlib import Path
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.storage import STORAGE_DIR

from ..const import DOMAIN, LOGGER
from ..monitor.battery import state_codec
from ..monitor.battery.counters import Counters
from ..monitor.battery.events import Event
from ..monitor.battery.limits import DAY, HOUR
from ..monitor.battery.running_state import Running, continued, count_of
from ..monitor.clock import Clock
from ..monitor.errors import JournalError, Reason
from ..monitor.journal import Journal
from ..monitor.journal.files import reason_of
from ..strings.members import String
from .counters_copy import CountersCopy
from .known_records import changed_documents, known_documents, known_events, only_points
from .restore import Restored, restore
from .unwritten import Unwritten, UnwrittenStore

CHECK: Final = 2.0  # s between two looks at what is due
SAVE: Final = 60.0  # s; counters that grow fast are saved sooner, see `Counters.outgrown`
LOOK: Final = 20.0  # s between two looks whether the file is in its place
RETRY: Final = 180.0  # s between two attempts to open or read a journal that can't be used
MOST_WAITING: Final = 1000  # batches of curve points that wait for a disk that is full or gone
WRITE_TIMEOUT: Final = 1.0  # s that a write may take before the events are published without it
CLOSING: Final = 3.0  # s for the last write, and for closing the file; what is not written by then is kept elsewhere
LONGEST_HOLD: Final = 1800.0  # s for which a backup may keep the file closed
NONE: Final = "-"  # in a repair: no file
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
        # What else happened to the file, until a person has confirmed it: the repair issue, and its detail.
        self.notices: dict[str, str] = {}
        self.unreadable: Mapping[str, int] = {}  # how many records can't be read, by table
        self.path = journal_path(hass, entry_id)
        self._hass = hass
        self._entry_id = entry_id
        self._strings = strings
        self._clock = clock
        self._resume = resume
        self._copy = CountersCopy(hass, entry_id)
        self._expected: bool | None = None  # whether there was a journal before; None until that is known
        self._saved = {string.id: Counters() for string in strings}  # the counters that were saved last
        self._waiting: deque[tuple[String, Sequence[Event]]] = deque()  # not written yet
        self._restored: set[str] = set()  # strings whose saved state was read, and may be overwritten
        self._task: asyncio.Task[dict[str, Running]] | None = None
        self._held_at: float | None = None  # since when the file is closed for a backup, by the elapsed time
        self._unwritten = UnwrittenStore(hass, entry_id)
        self._writing = asyncio.Lock()
        self._opening = asyncio.Lock()
        self._write_error: JournalError | None = None
        self._open_error: JournalError | None = None
        self._place_error: JournalError | None = None  # why a file that is not in its place can't be written anew

    @property
    def problem(self) -> JournalError | None:
        """Why events are not kept now; None while they are."""
        return self._open_error or self._write_error or self._place_error

    def keeps(self, string: String) -> bool:
        """Return whether the saved state of a string is known, so that its present one may be saved."""
        return string.id in self._restored

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
            if self._expected is None:
                await self._copy.async_load()
                entities = er.async_entries_for_config_entry(er.async_get(self._hass), self._entry_id)
                self._expected = bool(entities) or any(self._copy.loaded(one.id).at for one in self._strings)
            if self.journal is None and self._held_at is None:
                try:
                    self.journal = await self._open_file()
                except (JournalError, OSError) as err:
                    self._open_failed("can't be opened", err)
                    self._continue_counting()
                    return
                await self._write_waiting()
            for string in self._strings:
                if string.id not in self._restored and self.journal:
                    await self._restore(self.journal, string)
            self._continue_counting()
        if self._open_error and len(self._restored) == len(self._strings):
            self._open_error = None
            LOGGER.info("The journal %s can be used again", self.path)

    async def _open_file(self) -> Journal:
        """Open the file, with what it could not take before the last stop, or raise `JournalError` or `OSError`."""
        await self._hass.async_add_executor_job(partial(self.path.parent.mkdir, parents=True, exist_ok=True))
        journal = await Journal.open(self.path, clock=self._clock.now, expected=bool(self._expected))
        self._expected = True
        if aside := journal.set_aside:
            self.set_aside = aside
            LOGGER.error("The journal %s was damaged and renamed to %s; a new journal was created", self.path, aside)
        if journal.begun:
            self.notices["journal_missing"] = ""
            LOGGER.error("The journal %s was missing; a new journal was created", self.path)
        try:
            if journal.begun or journal.set_aside:
                for string in self._strings:  # what a journal that was lost while the line runs has left in memory
                    if string.id in self._restored:
                        await journal.write(string.id, known_events(string), known_documents(string))
            await self._unwritten.async_write_to(journal)
            await self._count_unreadable(journal)
        except BaseException:
            await journal.close()
            raise
        return journal

    async def _look_after(self, journal: Journal) -> None:
        """Look whether the file is in its place. If it is not, write it anew from the open file, or begin another."""
        try:
            reason = await journal.look()
        except JournalError:
            return  # the next write says why
        if reason is None:
            self._place_error = None
            return
        if self._place_error is None:
            LOGGER.error("The journal %s was moved away, replaced or damaged in use: %s", self.path, reason)
        async with self._writing, self._opening:
            if journal is not self.journal:  # it was closed meanwhile
                return
            try:
                if reason is not Reason.DAMAGED:
                    aside = await journal.write_anew(self._clock.now)
                    self.notices["journal_rewritten"] = str(aside or NONE)
                    self._place_error = None
                    LOGGER.warning("The journal %s was written anew from the open file", self.path)
                    return
                self.set_aside = await journal.abandon(self._clock.now)
            except JournalError as err:
                self._place_error = err if err.reason else JournalError(str(err), reason)
                if journal.is_open:  # it is tried again
                    return
            self.journal, self._place_error = None, None
            await journal.close()
        await self.async_open()
        self.notices.pop("journal_missing", None)  # `set_aside` says it

    async def _count_unreadable(self, journal: Journal) -> None:
        """Count the records that can't be read, and log a new number once."""
        before, self.unreadable = self.unreadable, await journal.unreadable()
        if self.unreadable and self.unreadable != before:
            numbers = ", ".join(f"{table}: {number}" for table, number in self.unreadable.items())
            LOGGER.error("Some records in the journal %s can't be read and are left out: %s", self.path, numbers)

    @callback
    def async_add(self, string: String, events: Sequence[Event]) -> None:
        """Add events to those that wait to be written."""
        # A curve may have holes while the disk is full; nothing else may be left out.
        if len(self._waiting) < MOST_WAITING or not only_points(events):
            self._waiting.append((string, events))

    async def async_write(self) -> None:
        """Write the events, or wait no longer than `WRITE_TIMEOUT` for it: a slow disk must not hold up an alarm."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write_waiting())
        await asyncio.wait([self._task], timeout=WRITE_TIMEOUT)

    async def async_save(self) -> None:
        """Write the events that wait, save the running states and the copy of the counters, then show the counters."""
        await self._save_copy(await self._write_waiting(save=True))

    async def _save_copy(self, saved: Mapping[str, Running]) -> None:
        """Save the copy of the counters, and show those of the running states that were saved."""
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
            journal, self.journal, self._held_at = self.journal, None, self._clock.monotonic()
            if journal:
                await journal.close()

    async def async_release(self) -> None:
        """Open the journal again after `async_hold`."""
        if self._held_at is None:
            return
        self._held_at = None
        await self.async_open()

    async def async_close(self) -> None:
        """Write what waits, save, and close the file. It stays closed, so a second call does nothing.

        A disk that takes nothing holds up the stop of the line for some seconds only. What it did not take is kept for
        the next start.
        """
        saved: Mapping[str, Running] = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                await self.async_release()  # what waits during a backup must not be lost
                saved = await self._write_waiting(save=True)
        await self._save_copy(saved)
        journal, self.journal = self.journal, None
        unsaved = [one for one in self._strings if one.id in self._restored and one.id not in saved]
        if self._waiting or (journal and unsaved):
            await self._keep_unwritten(unsaved)
        if journal:
            await asyncio.wait([asyncio.create_task(journal.close())], timeout=CLOSING)

    async def _keep_unwritten(self, unsaved: Sequence[String]) -> None:
        """Keep the events that wait and the states of strings that were not saved."""
        unwritten: defaultdict[str, Unwritten] = defaultdict(Unwritten)
        for string, events in self._waiting:
            unwritten[string.id].events += events
        for string in unsaved:
            unwritten[string.id].documents = known_documents(string)
        self._waiting.clear()
        await self._unwritten.async_keep(unwritten)

    async def run(self) -> None:
        """Save, retry and purge when it is time, until cancelled."""
        retried_at = counted_at = looked_at = self._clock.monotonic()
        saved_at = purged_at = -inf
        while True:
            await asyncio.sleep(CHECK)
            now = self._clock.monotonic()
            if self._held_at is not None and now - self._held_at >= LONGEST_HOLD:
                LOGGER.warning("The backup does not end, so the journal %s is used again", self.path)
                await self.async_release()
            if now - looked_at >= LOOK and self.journal:
                looked_at = now
                await self._look_after(self.journal)
            if self._open_error and now - retried_at >= RETRY and self._held_at is None:
                retried_at = now
                await self.async_open()
            if now - saved_at >= SAVE or self._outgrown():
                saved_at = now
                await self.async_save()
            if now - counted_at >= HOUR and self.journal:
                counted_at = now
                with suppress(JournalError):
                    await self._count_unreadable(self.journal)
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
            if string.id not in self._restored and string.state.running.at is None:
                running = continued(string.state.running, replace(self._copy.loaded(string.id), counters=Counters()))
                string.state = replace(string.state, running=running, waits=True)

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
                    string, events = self._waiting[0]
                    documents = changed_documents(string, events) if string.id in self._restored else {}
                    await journal.write(string.id, events, documents)
                    self._waiting.popleft()
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

    def _open_failed(self, what: str, err: Exception) -> None:
        if self._open_error is None:
            LOGGER.error("The journal %s %s: %s", self.path, what, err)
        self._open_error = err if isinstance(err, JournalError) else JournalError(str(err), reason_of(err))
