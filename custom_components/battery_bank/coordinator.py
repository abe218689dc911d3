"""The polling loop of one line, and who must hear of what it finds."""

import asyncio
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from homeassistant.components.modbus import async_get_unit
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.event import async_call_later

from .connection import modbus_params, pace
from .const import (
    CONF_BATTERIES,
    CONF_BATTERY_MODULE,
    CONF_INVERT_CURRENT,
    CONF_NOMINAL_VOLTAGE,
    CONF_STRING_MODULE,
    CONF_STRING_MODULE_ADDRESS,
    DOMAIN,
    FIRST_ADDRESS,
    LOGGER,
    SUBENTRY_STRING,
)
from .monitor.battery.string import StringSummary, summarise
from .monitor.errors import MonitorError
from .monitor.line.line import Heard, Identified, Line, LineDown, LineUp, RoundOver
from .monitor.line.link import Link
from .monitor.line.module import Contact, Module
from .monitor.line.profiles import PROFILES
from .monitor.line.resistance import Progress, ResistanceTests
from .monitor.line.timing import Pace
from .monitor.model import BatteryReading, CommandName, StringReading

RESTART_AFTER: Final = 30.0  # s; a mistake that repeats must not fill the log
STOPPING: Final = 2.0  # s for the last request to end; opening a port may take longer, and is cut then

type BatteryBankConfigEntry = ConfigEntry[LineCoordinator]


@dataclass(eq=False, kw_only=True, slots=True)
class Battery:
    """One battery of a string, and the module on it."""

    id: str  # outlives its number and its address
    number: int  # in the string, from 1
    string: String
    module: Module

    @property
    def reading(self) -> BatteryReading | None:
        """What its module says; None while that can't be shown as current."""
        reading = self.module.reading
        return reading if isinstance(reading, BatteryReading) else None


@dataclass(eq=False, kw_only=True, slots=True)
class String:
    """Batteries in series, and the module on the string if it has one."""

    id: str  # that of its subentry
    name: str
    config: Mapping[str, Any]
    module: Module | None = None
    batteries: list[Battery] = field(default_factory=list)
    summary: StringSummary = field(default_factory=StringSummary)
    tests: Progress = field(default_factory=Progress)  # of the resistance tests of its batteries

    @property
    def subjects(self) -> list[Battery | String]:
        """The string, and its batteries."""
        return [self, *self.batteries]

    @property
    def testable(self) -> bool:
        """Whether its modules measure resistance."""
        return any(CommandName.START_RESISTANCE_TEST in battery.module.profile.commands for battery in self.batteries)

    @property
    def under_test(self) -> int | None:
        """The number of the battery whose resistance is being tested."""
        running = self.tests.running
        return next((battery.number for battery in self.batteries if battery.module.unit_id == running), None)

    @property
    def reading(self) -> StringReading | None:
        """What its module says; None while that can't be shown as current."""
        reading = self.module.reading if self.module else None
        return reading if isinstance(reading, StringReading) else None

    def summarise(self) -> None:
        """Put together what the batteries said last."""
        readings = {battery.number: battery.reading for battery in self.batteries}
        quantities = self.batteries[0].module.profile.quantities
        self.summary = summarise(
            readings,
            self.summary,
            voltage_noise=quantities["voltage"].step(self.config[CONF_NOMINAL_VOLTAGE]),
            temperature_noise=quantities["temperature"].noise,
        )


class LineCoordinator:
    """Owns the loop of one line, and wakes those entities whose battery, string or line has news."""

    def __init__(self, hass: HomeAssistant, entry: BatteryBankConfigEntry) -> None:
        """Take hold of the line's modules; raise `HomeAssistantError` if others use it with other settings."""
        self.hass = hass
        self.entry = entry
        self.id = entry.entry_id
        self.strings = [
            _string(subentry, pace(entry.data)) for subentry in entry.get_subentries_of_type(SUBENTRY_STRING)
        ]
        self.batteries = [battery for string in self.strings for battery in string.batteries]
        self._subjects: dict[int, Battery | String] = {battery.module.unit_id: battery for battery in self.batteries}
        self._subjects |= {string.module.unit_id: string for string in self.strings if string.module}
        modules = [subject.module for subject in self._subjects.values() if subject.module]
        unit_for = partial(async_get_unit, hass, entry, modbus_params(entry.data))
        unit_for(FIRST_ADDRESS)  # holds the line with our settings, also where no string is on it yet
        self.line = Line(Link(unit_for), modules)
        self.tests = ResistanceTests(self.line, tell=self._tests_moved)
        self.unique_ids: set[str] = set()  # of all entities that there are now
        self._tasks: list[asyncio.Task[None]] = []
        self._lost: set[int] = set()  # unit ids that are known not to answer
        self._implausible: set[int] = set()  # unit ids whose values are known not to be
        self._listeners: defaultdict[Hashable, list[CALLBACK_TYPE]] = defaultdict(list)

    @callback
    def async_listen(self, subject: Hashable, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call the listener when there is news of a battery, a string, or the line (the coordinator itself)."""
        listeners = self._listeners[subject]
        listeners.append(listener)
        return partial(listeners.remove, listener)

    @callback
    def async_testable(self, subjects: Iterable[Battery | String]) -> list[Module]:
        """Return those modules on batteries, or on batteries of strings, that can test the resistance now.

        Raises `HomeAssistantError` if none of them measures resistance, or the line is down.
        """
        chosen = {
            battery.id: battery.module
            for subject in subjects
            for battery in (subject.batteries if isinstance(subject, String) else [subject])
            if CommandName.START_RESISTANCE_TEST in battery.module.profile.commands
        }
        if not chosen:
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_resistance_test")
        if self.line.down:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="line_down",
                translation_placeholders={"line": self.entry.title, "reason": self.line.down},
            )
        return list(chosen.values())

    async def async_command(self, module: Module, name: CommandName) -> None:
        """Put a command on the wire, or raise `HomeAssistantError`."""
        try:
            await self.line.command(module, name)
        except MonitorError as err:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="command_failed",
                translation_placeholders={"module": self._named(module), "error": str(err)},
            ) from err

    @callback
    def async_start(self) -> None:
        """Begin to poll, until the entry is unloaded."""
        for work in (self._poll(), self.tests.run()):
            task = self.entry.async_create_background_task(self.hass, work, f"{DOMAIN} {self.entry.title}")
            task.add_done_callback(self._ended)
            self._tasks.append(task)

    async def async_stop(self) -> None:
        """End the loop after the request it is at, so that nobody else finds half a question on the line."""
        polling, testing = self._tasks
        if self.tests.progress.waiting:
            LOGGER.warning("The resistance tests that wait on %s are given up: the line is stopped", self.entry.title)
        self.line.close()
        testing.cancel()
        await asyncio.wait([polling], timeout=STOPPING)

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
        self._wake(self._subjects[module.unit_id])

    def _round_over(self) -> None:
        for string in self.strings:
            string.summarise()
            self._wake(string)
        self._wake(self)

    def _identified(self, module: Module) -> None:
        devices = dr.async_get(self.hass)
        subject = self._subjects[module.unit_id]
        if device := devices.async_get_device_by_identifier((DOMAIN, subject.id), self.entry.entry_id):
            devices.async_update_device(device.id, sw_version=f"{module.firmware:04X}")

    def _tests_moved(self, failed: Module | None) -> None:
        if failed:
            LOGGER.warning("The resistance test of %s failed", self._named(failed))
        for string in self.strings:
            string.tests = self.tests.progress.of({battery.module.unit_id for battery in string.batteries})
            self._wake(string)

    def _named(self, module: Module) -> str:
        match self._subjects[module.unit_id]:
            case Battery(number=number, string=string):
                return f"Battery {number} of {string.name} (address {module.unit_id})"
            case String(name=name):
                return f"The string module of {name} (address {module.unit_id})"

    def _wake(self, subject: Hashable) -> None:
        for listener in self._listeners.get(subject, ()):
            listener()

    def _wake_all(self) -> None:
        for string in self.strings:
            string.summarise()
        for subject in list(self._listeners):
            self._wake(subject)


def _string(subentry: ConfigSubentry, line_pace: Pace) -> String:
    data = subentry.data
    string = String(id=subentry.subentry_id, name=subentry.title, config=data)
    module = partial(Module, pace=line_pace, nominal_voltage=data[CONF_NOMINAL_VOLTAGE])
    profile = PROFILES[data[CONF_BATTERY_MODULE]]
    for number, battery in enumerate(data[CONF_BATTERIES], 1):
        string.batteries.append(
            Battery(id=battery["id"], number=number, string=string, module=module(battery["address"], profile))
        )
    if (address := data[CONF_STRING_MODULE_ADDRESS]) is not None:
        string.module = module(address, PROFILES[data[CONF_STRING_MODULE]], invert_current=data[CONF_INVERT_CURRENT])
    return string
