"""The coordinator of one line: its polling loop, and the analysis, journal, tests and updates beside it."""

import asyncio
from collections.abc import Coroutine, Iterable
from datetime import datetime
from functools import partial
from itertools import count
from typing import Any, Final

from homeassistant.components.modbus import async_get_unit
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.event import async_call_later

from .const import DOMAIN, FIRST_ADDRESS, LOGGER, SUBENTRY_BANK, SUBENTRY_STRING
from .monitor.battery import operations
from .monitor.battery.events import Alarm
from .monitor.errors import MonitorError
from .monitor.line.hub import HubLink
from .monitor.line.inspection import Inspection
from .monitor.line.line_events import FirmwareRead, LineDown, LineSilent, LineUp, ModulePolled, RoundEnded
from .monitor.line.module import Contact, Module
from .monitor.line.polling import Line
from .monitor.line.resistance_tests import Outcome, ResistanceTests, Result
from .monitor.model import CommandName
from .runtime.analysis import AnalysisRunner
from .runtime.commanded_tests import DATA_TURNS
from .runtime.event_publisher import EventPublisher
from .runtime.hub_tests import new_result
from .runtime.journal_sender import JournalSender
from .runtime.journal_writer import JournalWriter
from .runtime.local_time import clock_of
from .runtime.removed_lines import async_take_over
from .runtime.scheduled_tests import ScheduledTests
from .runtime.updates import Updates
from .strings.banks import Bank, bank_of
from .strings.configuration import next_addresses, string_of, taken_addresses
from .strings.connection import modbus_params, pace, places
from .strings.devices import async_identifiers, async_set_firmware
from .strings.members import Battery, String, fitted
from .texts.alarm_texts import AlarmTexts
from .texts.reasons import reason_text

RESTART_AFTER: Final = 30.0  # s; a mistake that repeats must not fill the log
STOPPING: Final = 2.0  # s for the last request to end; opening a port may take longer, and is cut then

type BatteryBankConfigEntry = ConfigEntry[LineCoordinator]
type Subject = LineCoordinator | String | Battery


class LineCoordinator:
    """Polls one line, and hands what its modules say to the analysis and to the entities."""

    def __init__(self, hass: HomeAssistant, entry: BatteryBankConfigEntry) -> None:
        """Prepare the line; raise `HomeAssistantError` if another integration uses it with other settings."""
        self.hass = hass
        self.entry = entry
        self.id = entry.entry_id
        self.clock = clock_of(hass)
        line_pace = pace(entry.data)
        self.strings = [string_of(subentry, line_pace) for subentry in entry.get_subentries_of_type(SUBENTRY_STRING)]
        self.banks = [bank_of(hass, one, self._find_string) for one in entry.get_subentries_of_type(SUBENTRY_BANK)]
        self.batteries = [battery for string in self.strings for battery in string.batteries]
        self.by_address: dict[int, Battery | String] = {battery.module.unit_id: battery for battery in self.batteries}
        self.by_address |= {string.module.unit_id: string for string in self.strings if string.module}
        modules = [subject.module for subject in self.by_address.values() if subject.module]
        unit_for = partial(async_get_unit, hass, entry, modbus_params(entry.data))
        unit_for(FIRST_ADDRESS)  # reserves the line with our settings, also if it has no strings yet
        self.line = Line(HubLink(unit_for, modules), modules, clock=self.clock)
        self.next_addresses = next_addresses(
            self.strings, taken_addresses(hass, entry.data)
        )  # of one more battery, by string
        self.inspection = Inspection(self.line, line_pace, self.next_addresses.values(), clock=self.clock)
        self.tests = ResistanceTests(
            self.line,
            progressed=self._tests_progressed,
            finished=self._test_finished,
            clock=self.clock,
            turns=hass.data[DATA_TURNS],
            places=partial(hass.async_add_executor_job, places, entry.data),
        )
        self.updates = Updates()
        self.events = EventPublisher(self.updates, self.id)
        self.analysis = AnalysisRunner(
            self.strings, self.line, self.clock, self.updates, self.events.async_publish, self._share
        )
        self.journal_writer = JournalWriter(hass, self.id, self.strings, self.clock, self.analysis.async_resume)
        self.journal_sender = JournalSender(hass, entry, self.journal_writer, self.clock)
        self.scheduled_tests = ScheduledTests(self.strings, self.line, self.tests, self.analysis, self.clock)
        self.alarm_texts = AlarmTexts()  # without translations until `async_open`
        self.commissioning = asyncio.Lock()  # one module at a time gets its address or speed
        self.yaml_hubs: list[str] = []  # the names of hubs of `modbus` in YAML that use the same port or gateway
        self.unique_ids: set[str] = set()  # of the entities of this line
        self.removals = count(1)  # of entities
        self._tasks: list[asyncio.Task[None]] = []
        self._offline: set[int] = set()  # unit ids that the log has named as offline
        self._silent = False  # whether no module answered when the log was written last
        self._implausible: set[int] = set()  # unit ids that the log has named for implausible values

    async def async_open(self) -> None:
        """Load the texts and the journal."""
        self.alarm_texts = await AlarmTexts.load(self.hass)
        taken_over = await async_take_over(self.hass, self.entry)
        await self.journal_writer.async_open()
        if not taken_over:
            self.journal_writer.notices["journal_missing"] = ""

    @property
    def alarms(self) -> list[Alarm]:
        """The alarms of all strings now, without test alarms."""
        return [alarm for string in self.strings for alarm in string.alarms]

    @property
    def raised(self) -> list[Alarm]:
        """The alarms of all strings now, with test alarms."""
        return [alarm for string in self.strings for alarm in string.raised]

    @callback
    def async_testable(self, subjects: Iterable[Battery | String]) -> list[Module]:
        """Return the modules of batteries and strings that can test the resistance.

        Raises `ServiceValidationError` if none of them can.
        """
        chosen = {module.unit_id: module for subject in subjects for module in subject.test_modules}
        if not chosen:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_resistance_test")
        return list(chosen.values())

    @callback
    def async_refuse_if_down(self) -> None:
        """Raise `HomeAssistantError` if the line can't be used now."""
        if self.line.down:
            reason = reason_text(self.alarm_texts.translations, self.line.down_reason, self.line.down)
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="line_down",
                translation_placeholders={"line": self.entry.title, "reason": reason},
            )

    async def async_command(self, module: Module, name: CommandName) -> None:
        """Send a command to a module, or raise `HomeAssistantError`."""
        try:
            await self.line.command(module, name)
        except MonitorError as err:
            error = reason_text(self.alarm_texts.translations, err.reason, str(err))
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="command_failed",
                translation_placeholders={"module": self._named(module), "error": error},
            ) from err

    @callback
    def async_start(self, *others: Coroutine[Any, Any, None]) -> None:
        """Begin to poll, and all that goes along with it, until the entry is unloaded."""
        works = (
            self._poll(),
            self.tests.run(),
            self.inspection.run(),
            self.analysis.run(),
            self.events.run(self.journal_writer),
            self.journal_writer.run(),
            self.scheduled_tests.run(),
            *others,
        )
        for work in works:
            task = self.entry.async_create_background_task(self.hass, work, f"{DOMAIN} {self.entry.title}")
            task.add_done_callback(self._ended)
            self._tasks.append(task)
        # Home Assistant does not unload entries when it stops. A pending reload may still unload the line after that
        # event, and the listener of `async_listen_once` can't be removed any more then.
        self.entry.async_on_unload(
            self.hass.bus.async_listen(EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_close_journal)
        )

    async def async_stop(self) -> None:
        """End the loop after the request that is under way, so that the line is free for its next user."""
        polling, *others = self._tasks
        if self.tests.progress.waiting:
            LOGGER.warning("The line %s stops: the resistance tests that wait are cancelled", self.entry.title)
        self.analysis.async_stop()
        self.line.close()
        for task in others:
            task.cancel()
        await asyncio.wait([polling], timeout=STOPPING)
        await self._async_close_journal()

    async def _async_close_journal(self, _: Event | None = None) -> None:
        """Publish and keep all that has happened, and close the journal."""
        await self.events.async_drain(self.journal_writer)
        await self.journal_writer.async_close()

    async def _poll(self) -> None:
        async for event in self.line.poll():
            match event:
                case FirmwareRead(module):
                    async_set_firmware(self.hass, self.id, self.by_address[module.unit_id].id, module.firmware)
                case ModulePolled(module):
                    self._answered(module)
                case RoundEnded():
                    await self._round_over()
                case LineDown(reason):
                    LOGGER.warning("The line %s can't be used: %s", self.entry.title, reason)
                    await self._update_all()
                case LineSilent():
                    await self._line_silent()
                case LineUp():
                    LOGGER.info("The line %s works again", self.entry.title)
                    self.updates.async_notify(self.id)

    async def _line_silent(self) -> None:
        """Log one line for the whole line, and none for each of its modules."""
        LOGGER.warning("No module on the line %s answers any more", self.entry.title)
        self._offline |= {unit_id for unit_id, one in self.line.modules.items() if one.contact is Contact.OFFLINE}
        self._silent = True
        await self._update_all()
        for string in self.strings:
            self.analysis.async_step(string)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Log an unexpected error of a task, and start the line again later: the monitor must not stop unnoticed."""
        if task.cancelled() or task.exception() is None:
            return
        LOGGER.error(
            "The line %s is started again after an unexpected error", self.entry.title, exc_info=task.exception()
        )
        self.line.close()
        self.entry.async_create_background_task(self.hass, self._update_all(), f"{DOMAIN} {self.entry.title}")
        self.entry.async_on_unload(async_call_later(self.hass, RESTART_AFTER, self._start_over))

    @callback
    def _start_over(self, _: datetime) -> None:
        self.hass.config_entries.async_schedule_reload(self.entry.entry_id)

    def _answered(self, module: Module) -> None:
        """Take over what became of a request to a module: an answer, or none."""
        self._log_changes(module)
        subject = self.by_address[module.unit_id]
        if isinstance(subject, Battery) and (result := new_result(subject, self.clock.now())) is not None:
            self.analysis.async_apply(subject.string, operations.tested, subject.id, result)
        if isinstance(subject, String):
            self.analysis.async_step(subject)
            self.updates.async_notify(*(bank.id for bank in self.banks))
        self.updates.async_notify_polled(subject.id)

    def _log_changes(self, module: Module) -> None:
        """Log once that a module went offline or sends implausible values, and once that this is over."""
        if module.contact is Contact.OFFLINE and module.unit_id not in self._offline:
            self._offline.add(module.unit_id)
            LOGGER.warning("%s is offline: %s", self._named(module), module.problem)
        elif module.contact is Contact.ONLINE and module.unit_id in self._offline:
            self._offline.remove(module.unit_id)
            if self._silent:
                self._silent = False
                LOGGER.info("Modules on the line %s answer again", self.entry.title)
            LOGGER.info("%s is online again", self._named(module))
        faults = module.reading.faults if module.reading else {}
        if faults and module.unit_id not in self._implausible:
            self._implausible.add(module.unit_id)
            LOGGER.warning("%s sends implausible values: %s", self._named(module), module.problem)
        elif module.reading and not faults and module.unit_id in self._implausible:
            self._implausible.remove(module.unit_id)
            LOGGER.info("%s sends plausible values again", self._named(module))

    async def _round_over(self) -> None:
        for string in self.strings:
            string.summarise()
            self.analysis.async_step(string)
            self.updates.async_notify(string.id)
            await asyncio.sleep(0)
        self.updates.async_notify(*(one.id for one in self.banks), self.id)

    def _find_string(self, string_id: str) -> String | None:
        """Return a string of this line or of another one; None if its line is not set up."""
        found = async_find_string(self.hass, string_id)
        return next((string for string in self.strings if string.id == string_id), found[1] if found else None)

    def _share(self, string: String) -> float | None:
        """Return the ratio by which the share of a string in its bank is judged; 1 if it is in no bank."""
        banks = {bank.id: bank for line in (*async_loaded_lines(self.hass), self) for bank in line.banks}
        mine = next((bank for bank in banks.values() if string.id in bank.string_ids), None)
        return mine.state.ratios.get(string.id) if mine and len(mine.string_ids) > 1 else 1.0

    def _test_finished(self, module: Module, result: Result) -> None:
        subject = self.by_address[module.unit_id]
        if result.outcome is Outcome.FAILED:
            LOGGER.warning("The resistance test of %s failed", self._named(module))
        elif isinstance(subject, String):  # the results are the values that the hub has from now on
            subject.hub_tested_at = self.clock.now()
        elif isinstance(subject, Battery) and result.resistance is not None:
            self.analysis.async_apply(subject.string, operations.tested, subject.id, result.resistance)

    def _tests_progressed(self) -> None:
        for string in self.strings:
            string.tests = self.tests.progress.of({module.unit_id for _, module in fitted(string)})
        self.updates.async_notify(*(string.id for string in self.strings))

    def _named(self, module: Module) -> str:
        match self.by_address[module.unit_id]:
            case Battery(number=number, string=string):
                return f"Battery {number} of {string.name} (address {module.unit_id})"
            case String(name=name):
                return f"The string module of {name} (address {module.unit_id})"

    async def _update_all(self) -> None:
        """Update all entities, the line and its strings first."""
        for string in self.strings:
            string.summarise()
        subjects: list[Subject | Bank] = [self, *self.strings, *self.batteries, *self.banks]
        for subject in subjects:
            self.updates.async_notify(subject.id)
            await asyncio.sleep(0)  # thousands of states in one go would keep all else waiting


@callback
def async_loaded_lines(hass: HomeAssistant) -> list[LineCoordinator]:
    """Return the lines that are set up."""
    return [entry.runtime_data for entry in hass.config_entries.async_loaded_entries(DOMAIN)]


@callback
def async_find_string(hass: HomeAssistant, string_id: str) -> tuple[LineCoordinator, String] | None:
    """Return a string by its id, with its line; None if there is none, or its line is not set up."""
    found = ((line, string) for line in async_loaded_lines(hass) for string in line.strings if string.id == string_id)
    return next(found, None)


@callback
def async_find_device(
    hass: HomeAssistant, device_id: str, *, begun: bool = False
) -> tuple[LineCoordinator, Subject] | None:
    """Return the line, string or battery of a device, with its line.

    None if the device is not of this integration, or its line is not set up. `begun`: a line whose entities are being
    added counts as set up, because its alarms are known already.
    """
    entry, identifiers = async_identifiers(hass, device_id)
    states = (ConfigEntryState.LOADED, *((ConfigEntryState.SETUP_IN_PROGRESS,) if begun else ()))
    if entry is None or entry.state not in states or not hasattr(entry, "runtime_data"):
        return None
    line: LineCoordinator = entry.runtime_data
    subjects: list[Subject] = [line, *(subject for string in line.strings for subject in string.subjects)]
    return next(((line, subject) for subject in subjects if subject.id in identifiers), None)
