"""The members of a line: strings, their batteries, and the modules on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ..const import CONF_NOMINAL_VOLTAGE
from ..monitor.battery import due_capacity_test
from ..monitor.battery.counters import Counters
from ..monitor.battery.due_tests import Schedule
from ..monitor.battery.events import Alarm
from ..monitor.battery.room import Room
from ..monitor.battery.sample import Sample
from ..monitor.battery.settings import Settings
from ..monitor.battery.string_summary import StringSummary, summarise
from ..monitor.battery.watch import StringState
from ..monitor.line.module import Contact, Module
from ..monitor.line.module_profile import Quantity
from ..monitor.line.resistance_tests import Progress
from ..monitor.model import BatteryReading, CommandName, StringReading

MILLIOHMS: Final = 1000.0  # in 1 Ω
USUAL_DECIMALS: Final = 3  # of the tests of modules that were there before


@dataclass(eq=False, kw_only=True, slots=True)
class Battery:
    """One battery of a string, and the module on it."""

    id: str  # stays when its number or its address changes
    number: int  # in the string, from 1
    string: String
    module: Module

    @property
    def reading(self) -> BatteryReading | None:
        """The current reading of its module; None while there is none."""
        reading = self.module.reading
        return reading if isinstance(reading, BatteryReading) else None

    @property
    def monitored(self) -> bool:
        """Whether its voltage is current or implausible. A hub that answers may have no value of a battery."""
        reading = self.reading
        return reading is not None and (reading.voltage is not None or bool(reading.faults))

    @property
    def voltage_step(self) -> float:
        """The least change of its voltage that is written at once, in V."""
        quantity: Quantity = self.module.profile.quantities["voltage"]
        return quantity.step(self.string.settings.nominal_voltage)

    @property
    def measures_resistance(self) -> bool:
        """Whether its module measures resistance, by a test that is commanded or by itself."""
        return "resistance" in self.module.profile.quantities

    @property
    def testable(self) -> bool:
        """Whether its module tests the resistance when that is commanded."""
        return CommandName.START_RESISTANCE_TEST in self.module.profile.commands

    @property
    def test_modules(self) -> list[Module]:
        """Its module, if that tests the resistance when that is commanded."""
        return [self.module] if self.testable else []


@dataclass(eq=False, kw_only=True, slots=True)
class String:
    """Batteries in series, and the module on the string if it has one."""

    id: str  # of its subentry
    name: str
    config: Mapping[str, Any]
    settings: Settings
    schedule: Schedule | None  # of its resistance tests; None without scheduled tests
    module: Module | None = None
    batteries: list[Battery] = field(default_factory=list)
    summary: StringSummary = field(default_factory=StringSummary)
    room: Room = field(default_factory=Room)  # what other sensors of its room measure now
    tests: Progress = field(default_factory=Progress)  # of the resistance tests of its batteries
    state: StringState = field(default_factory=StringState)
    # The counters as they were saved last: what is shown of them can't be lost in a crash. None until they are loaded.
    saved_counters: Counters | None = None
    hub_tested_at: float | None = None  # when the last test that its hub was commanded ended, in s since 1970, UTC

    @property
    def subjects(self) -> list[Battery | String]:
        """The string, and its batteries."""
        return [self, *self.batteries]

    @property
    def measures_resistance(self) -> bool:
        """Whether its modules measure resistance, by tests that are commanded or by themselves."""
        return any(battery.measures_resistance for battery in self.batteries)

    @property
    def testable(self) -> bool:
        """Whether its modules test the resistance when that is commanded."""
        return any(battery.testable for battery in self.batteries)

    @property
    def tested_by_hub(self) -> bool:
        """Whether its hub tests the resistances of all of its batteries when that is commanded."""
        return self.module is not None and CommandName.START_RESISTANCE_TEST in self.module.profile.commands

    @property
    def test_modules(self) -> list[Module]:
        """The modules that test its batteries when that is commanded: its own, or those of the batteries."""
        if self.module and self.tested_by_hub:
            return [self.module]
        return [battery.module for battery in self.batteries if battery.testable]

    @property
    def milliohm_decimals(self) -> int:
        """How many decimals of a resistance in mΩ its modules resolve. The number of every text, table and sensor."""
        quantity: Quantity | None = self.batteries[0].module.profile.quantities.get("resistance")
        return quantity.decimals(MILLIOHMS) if quantity else USUAL_DECIMALS

    def milliohms(self, ohms: float) -> float:
        """Return a resistance in mΩ with as many decimals as its modules resolve; `ohms` in Ω."""
        return round(ohms * MILLIOHMS, self.milliohm_decimals)

    @property
    def under_test(self) -> int | None:
        """The number of the battery whose resistance is being tested."""
        running = self.tests.running
        return next((battery.number for battery in self.batteries if battery.module.unit_id == running), None)

    @property
    def reading(self) -> StringReading | None:
        """The current reading of its module; None while there is none."""
        reading = self.module.reading if self.module else None
        return reading if isinstance(reading, StringReading) else None

    @property
    def ambient(self) -> float | None:
        """The room temperature in °C: by the sensor that was chosen for it, else by the string module."""
        if self.room.has_temperature:
            return self.room.temperature
        reading = self.reading
        return reading.ambient_temperature if reading else None

    @property
    def last_tests(self) -> dict[str, float | None]:
        """When each battery was tested last, by its id, if its module measures resistance; None if never."""
        tests = {battery.id: self.state.resistances.get(battery.id) for battery in self.batteries if battery.testable}
        return {battery: one.tests[-1].at if one and one.tests else None for battery, one in tests.items()}

    @property
    def next_capacity_test(self) -> float | None:
        """When its next capacity test is due, in s since 1970, UTC; None without an interval."""
        running = self.state.running
        return due_capacity_test.next_test(self.settings, running.capacity_tests, running.blocked_tests.since)

    @property
    def monitored(self) -> bool:
        """Whether the voltage of most of its batteries is known."""
        return self.state.monitored is True

    @property
    def alarms(self) -> list[Alarm]:
        """Its alarms now, with those of its batteries, without test alarms."""
        return [alarm for alarm in self.raised if not alarm.drill]

    @property
    def raised(self) -> list[Alarm]:
        """Its alarms now, with those of its batteries and with test alarms."""
        return [watched.alarm for watched in self.state.running.watch.values() if watched.alarm]

    def number(self, battery: str | None) -> int | None:
        """Return the number of a battery by its id; None if it is not in the string."""
        return next((one.number for one in self.batteries if one.id == battery), None)

    def sample(self, now: float, *, line_down: bool, due: Sequence[str] | None, share: float | None) -> Sample:
        """Return the current readings of its modules as a sample; `now` in s since 1970, UTC, `share` of its bank.

        `due` are the batteries (ids) that its schedule would test now, None outside of the window of the day.
        """
        readings = {battery.id: reading for battery in self.batteries if (reading := battery.reading)}
        own, running = self.reading, self.tests.running
        offline = frozenset(one.id for one in self.batteries if one.module.contact is Contact.OFFLINE)
        return Sample(
            at=now,
            voltages={one: value for one, reading in readings.items() if (value := reading.voltage) is not None},
            temperatures={
                one: value for one, reading in readings.items() if (value := reading.temperature) is not None
            },
            current=own.current if own else None,
            current_at=own.at if own else None,
            ambient=self.ambient,
            room=self.room,
            under_test=frozenset(one.id for one in self.batteries if one.module.unit_id == running),
            offline=offline,
            implausible=frozenset(one for one, reading in readings.items() if reading.faults),
            no_voltage=frozenset(one for one, reading in readings.items() if "voltage" in reading.faults),
            read_at={one: reading.at for one, reading in readings.items()},
            string_offline=self.module is not None and self.module.contact is Contact.OFFLINE,
            string_implausible=bool(own and own.faults),
            line_down=line_down,
            tests_follow=self.tests.active or not offline.issuperset(due or ()),
            test_window=due is not None,
            share=share,
        )

    def summarise(self) -> None:
        """Sum up the current readings of the batteries."""
        readings = {battery.number: battery.reading for battery in self.batteries}
        quantities = self.batteries[0].module.profile.quantities
        self.summary = summarise(
            readings,
            self.summary,
            voltage_noise=quantities["voltage"].step(self.config[CONF_NOMINAL_VOLTAGE]),
            temperature_noise=quantities["temperature"].noise if "temperature" in quantities else 0.0,
        )


def fitted(string: String) -> list[tuple[Battery | String, Module]]:
    """Return the batteries of a string and, last, the string itself if it has a module, each with its module."""
    subjects: list[Battery | String] = [*string.batteries, string]
    return [(subject, subject.module) for subject in subjects if subject.module]
