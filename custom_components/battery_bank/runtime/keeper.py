"""The watch over the strings of a line: samples go in; what happens is kept in the journal, and then told."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from math import inf
from pathlib import Path
import time
from typing import Final

from homeassistant.core import CALLBACK_TYPE, Context, HomeAssistant, callback
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, LOGGER
from ..monitor.battery import operations, schedule, state_codec, watch
from ..monitor.battery.events import DischargeEnded, DischargePoints, Event, Replaced
from ..monitor.battery.limits import DAY
from ..monitor.battery.settings import Settings
from ..monitor.battery.watch import StringState
from ..monitor.errors import JournalError, Reason
from ..monitor.journal.files import reason_of
from ..monitor.journal.store import Journal
from ..monitor.line.module import Contact
from ..monitor.line.polling import Line
from ..monitor.line.resistance_tests import ResistanceTests
from ..strings.members import Battery, String
from .restore import recall

SHORTEST: Final = 0.5  # s between two steps of a string; its current comes each second
LONGEST: Final = 5.0  # s; what nobody hears of must be stepped too, or silence would never be an alarm
SAVE: Final = 60.0  # s; a crash loses no more than this of what is counted
MOST_UNKEPT: Final = 1000  # batches of curve points that wait for a disk that is full or gone
TOLD_WITHIN: Final = 1.0  # s that a write may take until what happened is told all the same
KEEP_CURVES: Final = 3 * 365 * DAY  # of discharges; their figures are kept for ever
MEND: Final = 180.0  # s between two attempts to open or read a journal that can't be used

type Listener = Callable[[Event], None]
type Deed[*Ts] = Callable[[Settings, StringState, *Ts, float], tuple[StringState, list[Event]]]


def journal_path(hass: HomeAssistant, entry_id: str) -> Path:
    """Return where the journal of a line is."""
    return Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}.{entry_id}.db"))


async def async_user_name(hass: HomeAssistant, context: Context | None) -> str | None:
    """Return the name of who does something; None where an automation does it."""
    user = await hass.auth.async_get_user(context.user_id) if context and context.user_id else None
    return user.name if user else None


class Keeper:
    """Watches the strings of one line."""

    now = staticmethod(time.time)  # s since 1970, UTC

    def __init__(
        self,
        hass: HomeAssistant,
        entry_id: str,
        strings: Sequence[String],
        line: Line,
        tests: ResistanceTests,
        wake: Callable[[Hashable], None],
        bank: Hashable,
    ) -> None:
        """Watch the strings; `wake` whoever shows one, a battery, or all of the `bank`, when there is news of it."""
        self._bank = bank
        self.hass = hass
        self.strings = strings
        self.journal: Journal | None = None  # None while it can't be used
        self.set_aside: Path | None = None  # where a damaged file went, until somebody has seen that
        self._entry_id = entry_id
        self._line = line
        self._tests = tests
        self._wake = wake
        self._happened: asyncio.Queue[tuple[String, Sequence[Event]]] = asyncio.Queue()
        self._listeners: defaultdict[str, list[Listener]] = defaultdict(list)
        self._finished: set[str] = set()  # batteries whose test is over, and whose value is still to come
        self._unkept: deque[tuple[String, Sequence[Event]]] = deque()
        self._loaded: set[str] = set()  # strings whose saved state was read, and may be written over
        self._writer: asyncio.Task[None] | None = None
        self._let_go = False  # whether the journal is closed only for a while
        self._writing = asyncio.Lock()
        self._opening = asyncio.Lock()
        self._halted = False
        self._failing: str | None = None  # why the journal's last write failed
        self._unusable: str | None = None  # why the journal can't be opened or read
        self.problem_reason: Reason | None = None  # the same as `problem`, for texts
        self._saved_at = 0.0
        self._mended_at = 0.0
        self._purged_at = -inf

    @property
    def path(self) -> Path:
        """Where the journal is."""
        return journal_path(self.hass, self._entry_id)

    @property
    def problem(self) -> str | None:
        """Why what happens is not kept; None while it is."""
        return self._unusable or self._failing

    async def async_open(self) -> None:
        """Open the journal and go on from where it ends. A journal that can't be opened must not stop the monitor."""
        async with self._opening:
            if self.journal is None and not self._let_go:
                try:
                    await self.hass.async_add_executor_job(partial(self.path.parent.mkdir, parents=True, exist_ok=True))
                    self.journal = await Journal.open(self.path)
                except (JournalError, OSError) as err:
                    self._complain("can't be used", err)
                    return
                if aside := self.journal.set_aside:
                    self.set_aside = aside
                    LOGGER.error("The journal %s was damaged, and begun anew; it is now %s", self.path, aside)
                await self._write()
            for string in self.strings:
                if string.id not in self._loaded and self.journal:
                    await self._load(self.journal, string)
        if self._unusable and len(self._loaded) == len(self.strings):
            self._unusable = None
            LOGGER.info("The journal %s can be used again", self.path)

    async def _load(self, journal: Journal, string: String) -> None:
        try:
            recalled = await recall(journal, string, self.now())
        except JournalError as err:
            self._complain(f"can't be read for {string.name}", err)
            return
        self._loaded.add(string.id)
        string.state, events = recalled.go_on(string, self.now())
        self._happen(string, events)

    @callback
    def async_listen(self, string: String, listener: Listener) -> CALLBACK_TYPE:
        """Tell the listener of all that happens to a string, once the journal has it."""
        listeners = self._listeners[string.id]
        listeners.append(listener)
        return partial(listeners.remove, listener)

    @callback
    def async_step(self, string: String, *, at_least: float = SHORTEST) -> bool:
        """Take what the modules of a string say now, if `at_least` so many s have passed since the last time."""
        now = self.now()
        last = string.state.running.at
        if self._halted or (last is not None and 0 <= now - last < at_least):
            return False
        string.state, events = watch.step(
            string.settings, string.state, string.sample(now, line_down=self._line.down is not None)
        )
        self._happen(string, events)
        return True

    @callback
    def async_heard(self, battery: Battery) -> None:
        """Take the value of a resistance test once the module has it."""
        if battery.id not in self._finished or battery.reading is None:
            return
        self._finished.discard(battery.id)
        if (value := battery.reading.resistance) is not None:
            self.async_do(battery.string, operations.tested, battery.id, value)

    @callback
    def async_tested(self, battery: Battery) -> None:
        """Note that the module of a battery has finished a test: what it says next is the result."""
        self._finished.add(battery.id)

    @callback
    def async_do[*Ts](self, string: String, deed: Deed[*Ts], *args: *Ts) -> None:
        """Do to a string what somebody asks for: a function of `deeds`, and what it takes between state and time."""
        string.state, events = deed(string.settings, string.state, *args, self.now())
        self._happen(string, events)

    async def run(self) -> None:
        """Keep and tell what happens, until cancelled."""
        while True:
            await self._keep(*await self._happened.get())

    async def tick(self) -> None:
        """Do what nobody's answer sets off: silence, scheduled tests, saving; until cancelled."""
        self._saved_at = self._mended_at = time.monotonic()
        while True:
            await asyncio.sleep(LONGEST)
            for string in self.strings:
                if self.async_step(string, at_least=LONGEST):
                    self._wake(string)
            self._test()
            now = time.monotonic()
            if self._unusable and now - self._mended_at >= MEND and not self._let_go:
                self._mended_at = now
                await self.async_open()
            if now - self._saved_at >= SAVE:
                self._saved_at = now
                await self.async_save()
            if now - self._purged_at >= DAY and self.journal:
                self._purged_at = now
                with suppress(JournalError):
                    await self.journal.purge_curves(self.now() - KEEP_CURVES)

    async def async_save(self) -> None:
        """Save what must go on after a restart."""
        await self._write()
        journal = self.journal
        for string in self.strings:
            if journal and string.id in self._loaded:
                with suppress(JournalError):  # the line above has said so
                    await journal.save(string.id, state_codec.RUNNING, state_codec.encode_running(string.state.running))

    async def async_let_go(self) -> None:
        """Save, and let go of the journal: its file is copied. What happens meanwhile waits."""
        await self.async_save()
        async with self._opening:
            journal, self.journal, self._let_go = self.journal, None, True
            if journal:
                await journal.close()

    async def async_take_up(self) -> None:
        """Go on with the journal after `async_let_go`."""
        if not self._let_go:
            return
        self._let_go = False
        await self.async_open()

    @callback
    def async_halt(self) -> None:
        """Take nothing more: what a line says that is being closed is not what the string does."""
        self._halted = True

    async def async_close(self) -> None:
        """Keep what has happened, save, and let go of the journal."""
        await self.async_take_up()  # a backup must not cost what happened during it
        while not self._happened.empty():
            await self._keep(*self._happened.get_nowait())
        await self.async_save()
        if self.journal:
            await self.journal.close()

    def _happen(self, string: String, events: Sequence[Event]) -> None:
        if not events:
            return
        self._happened.put_nowait((string, events))
        if not _only_points(events):
            for subject in (*string.subjects, self._bank):
                self._wake(subject)

    async def _keep(self, string: String, events: Sequence[Event]) -> None:
        """Write what happened, and tell it; a disk that is slow must not keep an alarm from being told."""
        if len(self._unkept) < MOST_UNKEPT or not _only_points(events):  # a curve may have holes, the rest may not
            self._unkept.append((string, events))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        try:
            await asyncio.wait([self._writer], timeout=TOLD_WITHIN)
        finally:  # also where the line is stopped meanwhile: they are off the queue already
            for event in events:
                for listener in list(self._listeners[string.id]):
                    listener(event)

    async def _write(self) -> None:
        """Write what is not in the journal yet. What fails is logged once, and tried again with the next."""
        try:
            async with self._writing:
                while self._unkept and (journal := self.journal):
                    string, events = self._unkept.popleft()
                    try:
                        await self._write_one(journal, string, events)
                    except BaseException:
                        self._unkept.appendleft((string, events))
                        raise
        except JournalError as err:
            if self._failing is None:
                LOGGER.error("The journal can't be written: %s", err)
            self._failing, self.problem_reason = str(err), err.reason
            return
        if self._failing and self.journal:
            self._failing = None
            LOGGER.info("The journal can be written again")

    async def _write_one(self, journal: Journal, string: String, events: Sequence[Event]) -> None:
        await journal.write(string.id, events)
        if string.id not in self._loaded:
            return
        if any(isinstance(event, DischargeEnded | Replaced) for event in events):
            await journal.save(string.id, state_codec.LEARNED, state_codec.encode_learned(string.state.learned))
        if not _only_points(events):  # or a crash would have it happen again
            await journal.save(string.id, state_codec.RUNNING, state_codec.encode_running(string.state.running))

    def _test(self) -> None:
        """Ask for the scheduled test that waits longest, if nothing is in the way."""
        if self._line.down or self._tests.progress.active:
            return
        now = datetime.fromtimestamp(self.now(), dt_util.get_default_time_zone())
        for string in self.strings:
            if string.schedule is None:
                continue
            waiting = schedule.due(string.schedule, string.last_tests, string.state.running.asked, now)
            by_id = {battery.id: battery for battery in string.batteries}
            ready = [one for one in waiting if by_id[one].module.contact is Contact.ANSWERING]
            if ready and operations.obstacle(string.state, now.timestamp()) is None:
                string.state = operations.asked(string.state, ready[:1], now.timestamp())
                self._tests.request([by_id[ready[0]].module])
                return

    def _complain(self, what: str, err: Exception) -> None:
        if self._unusable is None:
            LOGGER.error("The journal %s %s: %s", self.path, what, err)
        self._unusable = str(err)
        self.problem_reason = err.reason if isinstance(err, JournalError) else reason_of(err)


def _only_points(events: Sequence[Event]) -> bool:
    """Whether nothing has happened but that curves have grown, which they do every second."""
    return all(isinstance(event, DischargePoints) for event in events)
