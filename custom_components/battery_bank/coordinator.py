"""The polling loop of one line, and who must hear of what it finds."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine, Hashable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, Final

from homeassistant.components.modbus import async_get_unit
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.event import async_call_later

from .const import DOMAIN, FIRST_ADDRESS, LOGGER, SUBENTRY_STRING
from .flows.string_form import addresses_of
from .monitor.battery.events import Alarm
from .monitor.errors import MonitorError
from .monitor.line.inspection import Inspection
from .monitor.line.link import Link
from .monitor.line.module import Contact, Module
from .monitor.line.polling import Heard, Identified, Line, LineDown, LineUp, RoundOver
from .monitor.line.resistance_tests import Outcome, ResistanceTests
from .monitor.model import CommandName
from .runtime.keeper import Keeper
from .strings.connection import modbus_params, pace
from .strings.members import Battery, String, behind, string_of
from .texts.alarm_texts import Words
from .texts.reasons import reason_text

RESTART_AFTER: Final = 30.0  # s; a mistake that repeats must not fill the log
STOPPING: Final = 2.0  # s for the last request to end; opening a port may take longer, and is cut then

type BatteryBankConfigEntry = ConfigEntry[LineCoordinator]


class LineCoordinator:
    """Owns the loop of one line, and wakes those entities whose battery, string or line has news."""

    def __init__(self, hass: HomeAssistant, entry: BatteryBankConfigEntry) -> None:
        """Take hold of the line's modules; raise `HomeAssistantError` if others use it with other settings."""
        self.hass = hass
        self.entry = entry
        self.id = entry.entry_id
        self.strings = [
            string_of(subentry, pace(entry.data)) for subentry in entry.get_subentries_of_type(SUBENTRY_STRING)
        ]
        self.batteries = [battery for string in self.strings for battery in string.batteries]
        self.by_address: dict[int, Battery | String] = {battery.module.unit_id: battery for battery in self.batteries}
        self.by_address |= {string.module.unit_id: string for string in self.strings if string.module}
        modules = [subject.module for subject in self.by_address.values() if subject.module]
        unit_for = partial(async_get_unit, hass, entry, modbus_params(entry.data))
        unit_for(FIRST_ADDRESS)  # holds the line with our settings, also where no string is on it yet
        self.line = Line(Link(unit_for), modules)
        self.tests = ResistanceTests(self.line, tell=self._tests_moved)
        self.beyond = behind(self.strings, self._taken())  # where further batteries would answer, by string
        self.inspection = Inspection(self.line, pace(entry.data), self.beyond.values())
        self.keeper = Keeper(hass, entry.entry_id, self.strings, self.line, self.tests, self._wake, self)
        self.words = Words(texts={})  # until loaded
        self.commissioning = asyncio.Lock()  # of modules, one at a time
        self.unique_ids: set[str] = set()  # of all entities that there are now
        self._tasks: list[asyncio.Task[None]] = []
        self._lost: set[int] = set()  # unit ids that are known not to answer
        self._implausible: set[int] = set()  # unit ids whose values are known not to be
        self._listeners: defaultdict[Hashable, list[CALLBACK_TYPE]] = defaultdict(list)

    async def async_open(self) -> None:
        """Make ready what takes time: the journal, and the words."""
        self.words = await Words.load(self.hass)
        await self.keeper.async_open()

    @property
    def alarms(self) -> list[Alarm]:
        """The alarms of all strings now, but no drills."""
        return [alarm for string in self.strings for alarm in string.alarms]

    @property
    def raised(self) -> list[Alarm]:
        """The alarms of all strings now, drills included."""
        return [alarm for string in self.strings for alarm in string.raised]

    @callback
    def async_listen(self, subject: Hashable, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call the listener when there is news of a battery, a string, or the line (the coordinator itself)."""
        listeners = self._listeners[subject]
        listeners.append(listener)
        return partial(listeners.remove, listener)

    @callback
    def async_testable(self, subjects: Iterable[Battery | String]) -> list[Module]:
        """Return those modules on batteries, or on batteries of strings, that can test the resistance.

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
        """Raise `HomeAssistantError` if nothing can be asked of the line now."""
        if self.line.down:
            reason = reason_text(self.words.texts, self.line.down_reason, self.line.down)
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="line_down",
                translation_placeholders={"line": self.entry.title, "reason": reason},
            )

    async def async_command(self, module: Module, name: CommandName) -> None:
        """Put a command on the wire, or raise `HomeAssistantError`."""
        try:
            await self.line.command(module, name)
        except MonitorError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="command_failed",
                translation_placeholders={
                    "module": self._named(module),
                    "error": reason_text(self.words.texts, err.reason, str(err)),
                },
            ) from err

    @callback
    def async_start(self, *others: Coroutine[Any, Any, None]) -> None:
        """Begin to poll, and whatever goes along with it, until the entry is unloaded."""
        works = (self._poll(), self.tests.run(), self.keeper.run(), self.keeper.tick(), self.inspection.run(), *others)
        for work in works:
            task = self.entry.async_create_background_task(self.hass, work, f"{DOMAIN} {self.entry.title}")
            task.add_done_callback(self._ended)
            self._tasks.append(task)
        # Entries are not unloaded when Home Assistant stops.
        self.entry.async_on_unload(
            self.hass.bus.async_listen_once(EVENT_HOMEASSISTANT_FINAL_WRITE, self._async_stopping)
        )

    async def async_stop(self) -> None:
        """End the loop after the request it is at, so that nobody else finds half a question on the line."""
        polling, *others = self._tasks
        if self.tests.progress.waiting:
            LOGGER.warning("The resistance tests that wait on %s are given up: the line is stopped", self.entry.title)
        self.keeper.async_halt()
        self.line.close()
        for task in others:
            task.cancel()
        await asyncio.wait([polling], timeout=STOPPING)
        await self.keeper.async_close()

    async def _async_stopping(self, _: Event) -> None:
        await self.keeper.async_close()

    async def _poll(self) -> None:
        async for event in self.line.poll():
            match event:
                case Identified(module):
                    self._identified(module)
                case Heard(module):
                    self._heard(module)
                case RoundOver():
                    self._round_over()
                case LineDown(reason):
                    LOGGER.warning("The line %s can't be used: %s", self.entry.title, reason)
                    self._wake_all()
                case LineUp():
                    LOGGER.info("The line %s works again", self.entry.title)
                    self._wake(self)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Start over if the loop died of a mistake of ours: a monitor must not stop in silence."""
        if task.cancelled() or task.exception() is None:
            return
        LOGGER.error("The line %s stopped and starts over", self.entry.title, exc_info=task.exception())
        self.line.close()
        self._wake_all()
        self.entry.async_on_unload(async_call_later(self.hass, RESTART_AFTER, self._start_over))

    @callback
    def _start_over(self, _: datetime) -> None:
        self.hass.config_entries.async_schedule_reload(self.entry.entry_id)

    def _heard(self, module: Module) -> None:
        if module.contact is Contact.LOST and module.unit_id not in self._lost:
            self._lost.add(module.unit_id)
            LOGGER.warning("%s does not answer: %s", self._named(module), module.problem)
        elif module.contact is Contact.ANSWERING and module.unit_id in self._lost:
            self._lost.remove(module.unit_id)
            LOGGER.info("%s answers again", self._named(module))
        faults = module.reading.faults if module.reading else {}
        if faults and module.unit_id not in self._implausible:
            self._implausible.add(module.unit_id)
            LOGGER.warning("%s says what cannot be: %s", self._named(module), module.problem)
        elif module.reading and not faults and module.unit_id in self._implausible:
            self._implausible.remove(module.unit_id)
            LOGGER.info("%s says what can be again", self._named(module))
        subject = self.by_address[module.unit_id]
        if isinstance(subject, Battery):
            self.keeper.async_heard(subject)
        else:
            self.keeper.async_step(subject)
        self._wake(subject)

    def _round_over(self) -> None:
        for string in self.strings:
            string.summarise()
            self.keeper.async_step(string)
            self._wake(string)
        self._wake(self)

    def _identified(self, module: Module) -> None:
        devices = dr.async_get(self.hass)
        subject = self.by_address[module.unit_id]
        if device := devices.async_get_device_by_identifier((DOMAIN, subject.id), self.entry.entry_id):
            devices.async_update_device(device.id, sw_version=f"{module.firmware:04X}")

    def _tests_moved(self, failed: Module | None) -> None:
        if failed:
            LOGGER.warning("The resistance test of %s failed", self._named(failed))
        for string in self.strings:
            before = string.tests.running
            string.tests = self.tests.progress.of({battery.module.unit_id for battery in string.batteries})
            for battery in string.batteries:
                ended = before == battery.module.unit_id != string.tests.running
                if ended and string.tests.finished.get(battery.module.unit_id) is Outcome.DONE:
                    self.keeper.async_tested(battery)
            self._wake(string)

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

    def _wake(self, subject: Hashable) -> None:
        for listener in self._listeners.get(subject, ()):
            listener()

    def _wake_all(self) -> None:
        for string in self.strings:
            string.summarise()
        for subject in list(self._listeners):
            self._wake(subject)
