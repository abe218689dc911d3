"""Which batteries a hub has: all that it may have are read once."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

from ..errors import ModuleError, RefusedError
from ..model import BatteryReading, Measures
from .hub import Hubs
from .hub_table import Column, Place
from .link import Read
from .module import Module
from .module_profile import Profile
from .profiles import PROFILES
from .string_proposal import Proposal, likely_nominal_voltage
from .timing import Pace

LOWEST: Final = 0.3  # V; a hub has 0 where no sensor is
HIGHEST: Final = 20.0  # V


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What a hub has."""

    profile: Profile  # of its batteries
    unit_id: int
    string: int  # as its addresses name it
    voltages: dict[int, float] = field(default_factory=dict)  # V, by the number of the battery
    string_module: Place | None = None  # where it has the current of the string
    error: ModuleError | None = None  # why it has no voltages; None if it answers

    @property
    def place(self) -> tuple[int, int]:
        """The unit id and the string of its batteries."""
        return self.unit_id, self.string

    def proposal(self, first: int, last: int) -> Proposal:
        """Return the string of these batteries."""
        places = {number: Place(self.unit_id, self.string, number).address for number in range(first, last + 1)}
        measured = {number: volts for number, volts in self.voltages.items() if number in places}
        return Proposal(
            batteries=tuple(places.values()),
            missing=tuple(address for number, address in places.items() if number not in measured),
            battery_profile=self.profile,
            string_module=self.string_module.address if self.string_module else None,
            string_profile=string_profile_of(self.profile) if self.string_module else None,
            nominal_voltage=likely_nominal_voltage(measured.values()),
        )


def string_profile_of(profile: Profile) -> Profile | None:
    """Return what a hub measures of its strings, from what it measures of its batteries."""
    return PROFILES.get(f"{profile.key}_string")


def column_of(profile: Profile) -> Column:
    """Return where a hub has the voltages, or the currents."""
    column = profile.quantities["voltage" if profile.measures is Measures.BATTERY else "current"].column
    assert column is not None  # noqa: S101 - only profiles of hubs come here
    return column


async def survey(read: Read, profile: Profile, unit_id: int, string: int, pace: Pace) -> Survey:
    """Read the voltages of all batteries that a hub may have in a string, or raise `LineDownError`."""
    column = column_of(profile)
    of_batteries = string if column.strings else 0
    voltage = replace(profile, quantities={"voltage": profile.quantities["voltage"]}, validity=None)
    places = [Place(unit_id, of_batteries, number) for number in range(1, column.end + 1)]
    modules = {place: Module(place.address, voltage, pace=pace, nominal_voltage=1.0) for place in places}
    hubs = Hubs(modules.values())
    voltages: dict[int, float] = {}
    error: ModuleError | None = None
    for place in places:
        try:
            answer = await hubs.read(read, place.address, pace.first)
        except RefusedError as err:
            error = err
            continue
        except ModuleError as err:
            error = err
            break
        reading = voltage.decode(answer.words, at=0.0, nominal_voltage=None)
        if isinstance(reading, BatteryReading) and reading.voltage and LOWEST <= reading.voltage <= HIGHEST:
            voltages[place.battery] = reading.voltage
    return Survey(
        profile=profile,
        unit_id=unit_id,
        string=of_batteries,
        voltages=voltages,
        string_module=None if error and not voltages else await _string_module(read, profile, unit_id, string, pace),
        error=None if voltages else error,
    )


async def _string_module(read: Read, profile: Profile, unit_id: int, string: int, pace: Pace) -> Place | None:
    """Return where a hub has the current of a string; None if it does not measure it."""
    if (of_string := string_profile_of(profile)) is None:
        return None
    place = Place(unit_id, string if column_of(of_string).strings else 0, 0)
    module = Module(place.address, of_string, pace=pace, nominal_voltage=1.0)
    with suppress(ModuleError):
        await Hubs([module]).read(read, place.address, pace.first)
        return place
    return None
