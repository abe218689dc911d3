"""One line at work: its polling loop, and what goes on along with it."""

import asyncio
from collections.abc import Coroutine, Iterable
from datetime import datetime
from functools import partial
from typing import Any, Final

from homeassistant.components.modbus import async_get_unit
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.event import async_call_later

from .const import DOMAIN, FIRST_ADDRESS, LOGGER, SUBENTRY_STRING
from .monitor.battery import operations
from .monitor.battery.events import Alarm
from .monitor.errors import MonitorError
from .monitor.line.inspection import Inspection
from .monitor.line.link import Link
from .monitor.line.module import Contact, Module
from .monitor.line.polling import Heard, Identified, Line, LineDown, LineUp, RoundOver
from .monitor.line.resistance_tests import ResistanceTests, Result
from .monitor.model import CommandName
from .runtime.analysis import AnalysisRunner
from .runtime.event_publisher import EventPublisher
from .runtime.journal_sender import JournalSender
from .runtime.journal_writer import JournalWriter
from .runtime.local_time import clock_of
from .runtime.scheduled_tests import ScheduledTests
from .runtime.updates import Updates
from .strings.configuration import addresses_of, next_addresses, string_of
from .strings.connection import modbus_params, pace
from .strings.devices import async_identifiers, async_set_firmware
from .strings.members import Battery, String
from .texts.alarm_texts import AlarmTexts

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
        self.configured = configured(entry)
        self.clock = clock_of(hass)
        line_pace = pace(entry.data)
        self.strings = [string_of(subentry, line_pace) for subentry in entry.get_subentries_of_type(SUBENTRY_STRING)]
        self.batteries = [battery for string in self.strings for battery in string.batteries]
        self.by_address: dict[int, Battery | String] = {battery.module.unit_id: battery for battery in self.batteries}
        self.by_address |= {string.module.unit_id: string for string in self.strings if string.module}
        modules = [subject.module for subject in self.by_address.values() if subject.module]
        unit_for = partial(async_get_unit, hass, entry, modbus_params(entry.data))
        unit_for(FIRST_ADDRESS)  # reserves the line with our settings, also if it has no strings yet
        self.line = Line(Link(unit_for), modules, clock=self.clock)
        self.next_addresses = next_addresses(self.strings, self._taken())  # of one more battery, by string
        self.inspection = Inspection(self.line, line_pace, self.next_addresses.values(), clock=self.clock)
        self.tests = ResistanceTests(
            self.line, progressed=self._tests_progressed, finished=self._test_finished, clock=self.clock
        )
        self.updates = Updates()
        self.events = EventPublisher(self.updates, self.id)
        self.analysis = AnalysisRunner(self.strings, self.line, self.clock, self.events.async_publish)
        self.journal_writer = JournalWriter(hass, self.id, self.strings, self.clock, self.analysis.async_resume)
        self.journal_sender = JournalSender(hass, entry, self.journal_writer, self.clock)
        self.scheduled_tests = ScheduledTests(self.strings, self.line, self.tests, self.analysis, self.clock)
        self.alarm_texts = AlarmTexts()  # without translations until `async_open`
        self.commissioning = asyncio.Lock()  # one module at a time gets its address or speed
        self.unique_ids: set[str] = set()  # of the entities of this line
        self._tasks: list[asyncio.Task[None]] = []
        self._offline: set[int] = set()  # unit ids that the log has named as offline
        self._implausible: set[int] = set()  # unit ids that the log has named for implausible values

    async def async_open(self) -> None:
        """Load the texts and the journal."""
        self.alarm_texts = await AlarmTexts.load(self.hass)
        await self.journal_writer.async_open()

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
        """Return the modules of batteries, and of the batteries of strings, that can test the resistance.

        Raises `ServiceValidationError` if none of them can.
        """
        chosen = {
            battery.id: battery.module
            for subject in subjects
            for battery in (subject.batteries if isinstance(subject, String) else [subject])
            if battery.testable
        }
        if not chosen:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_resistance_test")
        return list(chosen.values())

    @callback
    def async_refuse_if_down(self) -> None:
        """Raise `HomeAssistantError` if the line can't be used now."""
        if self.line.down:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="line_down",
                translation_placeholders={"line": self.entry.title, "reason": self.line.down},
            )

    async def async_command(self, module: Module, name: CommandName) -> None:
        """Send a command to a module, or raise `HomeAssistantError`."""
        try:
            await self.line.command(module, name)
        except MonitorError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="command_failed",
                translation_placeholders={"module": self._named(module), "error": str(err)},
            ) from err

    @callback
    def async_start(self, *others: Coroutine[Any, Any, None]) -> None:
        """Begin to poll, and all that goes along with it, until the entry is unloaded."""
        works = (
            self._poll(),
            self.tests.run(),
            self.inspection.run(),
            self.analysis.run(self.updates),
            self.events.run(self.journal_writer),
            self.journal_writer.run(),
            self.journal_sender.run(),
            self.scheduled_tests.run(),
            *others,
        )
        for work in works:
            task = self.entry.async_create_background_task(self.hass, work, f"{DOMAIN} {self.entry.title}")
            task.add_done_callback(self._ended)
            self._tasks.append(task)
        # Home Assistant does not unload entries when it stops.
        self.entry.async_on_unload(
            self.hass.bus.async_listen_once(EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_final_write)
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

    async def _async_final_write(self, _: Event) -> None:
        await self._async_close_journal()

    async def _async_close_journal(self) -> None:
        """Publish and keep all that has happened, and close the journal."""
        await self.journal_writer.async_release()  # events that wait for the end of a backup must not be lost
        await self.events.async_drain(self.journal_writer)
        await self.journal_writer.async_close()

    async def _poll(self) -> None:
        async for event in self.line.poll():
            match event:
                case Identified(module):
                    async_set_firmware(self.hass, self.id, self.by_address[module.unit_id].id, module.firmware)
                case Heard(module):
                    self._answered(module)
                case RoundOver():
                    self._round_over()
                case LineDown(reason):
                    LOGGER.warning("The line %s can't be used: %s", self.entry.title, reason)
                    self._update_all()
                case LineUp():
                    LOGGER.info("The line %s works again", self.entry.title)
                    self.updates.async_notify(self.id)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Start over if a task failed by a mistake of ours: a monitor must not stop without a word."""
        if task.cancelled() or task.exception() is None:
            return
        LOGGER.error("The line %s stopped and starts over", self.entry.title, exc_info=task.exception())
        self.line.close()
        self._update_all()
        self.entry.async_on_unload(async_call_later(self.hass, RESTART_AFTER, self._start_over))

    @callback
    def _start_over(self, _: datetime) -> None:
        self.hass.config_entries.async_schedule_reload(self.entry.entry_id)

    def _answered(self, module: Module) -> None:
        """Take over what became of a request to a module: an answer, or none."""
        self._log_changes(module)
        subject = self.by_address[module.unit_id]
        if isinstance(subject, String):
            self.analysis.async_step(subject)
        self.updates.async_notify(subject.id)

    def _log_changes(self, module: Module) -> None:
        """Log once that a module went offline or sends implausible values, and once that this is over."""
        if module.contact is Contact.LOST and module.unit_id not in self._offline:
            self._offline.add(module.unit_id)
            LOGGER.warning("%s is offline: %s", self._named(module), module.problem)
        elif module.contact is Contact.ANSWERING and module.unit_id in self._offline:
            self._offline.remove(module.unit_id)
            LOGGER.info("%s is online again", self._named(module))
        faults = module.reading.faults if module.reading else {}
        if faults and module.unit_id not in self._implausible:
            self._implausible.add(module.unit_id)
            LOGGER.warning("%s sends implausible values: %s", self._named(module), module.problem)
        elif module.reading and not faults and module.unit_id in self._implausible:
            self._implausible.remove(module.unit_id)
            LOGGER.info("%s sends plausible values again", self._named(module))

    def _round_over(self) -> None:
        for string in self.strings:
            string.summarise()
            self.analysis.async_step(string)
        self.updates.async_notify(*(string.id for string in self.strings), self.id)

    def _test_finished(self, module: Module, result: Result) -> None:
        battery = self.by_address[module.unit_id]
        if result.resistance is None:
            LOGGER.warning("The resistance test of %s failed", self._named(module))
        elif isinstance(battery, Battery):
            self.analysis.async_apply(battery.string, operations.tested, battery.id, result.resistance)

    def _tests_progressed(self) -> None:
        for string in self.strings:
            string.tests = self.tests.progress.of({battery.module.unit_id for battery in string.batteries})
        self.updates.async_notify(*(string.id for string in self.strings))

    def _named(self, module: Module) -> str:
        match self.by_address[module.unit_id]:
            case Battery(number=number, string=string):
                return f"Battery {number} of {string.name} (address {module.unit_id})"
            case String(name=name):
                return f"The string module of {name} (address {module.unit_id})"

    def _taken(self) -> set[int]:
        """Return the addresses that strings have, also those of other entries that share the line."""
        endpoint = modbus_params(self.entry.data).endpoint
        entries = self.hass.config_entries.async_entries(DOMAIN)
        return {
            address
            for entry in entries
            if modbus_params(entry.data).endpoint == endpoint
            for subentry in entry.get_subentries_of_type(SUBENTRY_STRING)
            for address in addresses_of(subentry.data)
        }

    def _update_all(self) -> None:
        for string in self.strings:
            string.summarise()
        self.updates.async_notify_all()


def configured(entry: ConfigEntry) -> tuple[object, ...]:
    """Return what a line can't take over while it runs. Compared: a change of anything else needs no reload."""
    return entry.title, entry.data, dict(entry.subentries)


@callback
def async_loaded_lines(hass: HomeAssistant) -> list[LineCoordinator]:
    """Return the lines that are set up."""
    entries: list[BatteryBankConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    return [entry.runtime_data for entry in entries]


@callback
def async_find_string(hass: HomeAssistant, string_id: str) -> tuple[LineCoordinator, String] | None:
    """Return a string by its id, with its line; None if there is none, or its line is not set up."""
    found = ((line, string) for line in async_loaded_lines(hass) for string in line.strings if string.id == string_id)
    return next(found, None)


@callback
def async_find_device(hass: HomeAssistant, device_id: str) -> tuple[LineCoordinator, Subject] | None:
    """Return the line, string or battery of a device, with its line.

    None if the device is not of this integration, or its line is not set up.
    """
    entry, identifiers = async_identifiers(hass, device_id)
    if entry is None or entry.state is not ConfigEntryState.LOADED:
        return None
    line: LineCoordinator = entry.runtime_data
    subjects: list[Subject] = [line, *(subject for string in line.strings for subject in string.subjects)]
    return next(((line, subject) for subject in subjects if subject.id in identifiers), None)
