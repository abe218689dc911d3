"""Banks: the strings in parallel on one bus bar, as a person has chosen them."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback

from ..const import CONF_COUNTED, CONF_STRINGS, DOMAIN, SUBENTRY_BANK, SUBENTRY_STRING
from ..monitor.battery.bank import BankState, Member, Remaining, bank
from ..monitor.battery.counters import Counters
from ..monitor.battery.events import Alarm
from ..monitor.battery.prediction import Prediction
from .members import String

TOTALS = ("charged_energy", "drawn_energy")  # counters that a bank adds up

type Find = Callable[[str], String | None]


@dataclass(eq=False, kw_only=True, slots=True)
class Bank:
    """Strings in parallel on one bus bar. They may be strings of several lines."""

    id: str  # of its subentry
    name: str
    string_ids: tuple[str, ...]  # of the strings that are still configured
    find: Find  # a string by its id; None while its line is not set up
    counted: Mapping[str, float] = field(default_factory=dict)  # what the totals had before these strings

    @property
    def present(self) -> list[String]:
        """Those of its strings that are set up."""
        return [string for string_id in self.string_ids if (string := self.find(string_id))]

    @property
    def strings(self) -> list[String] | None:
        """Its strings; None while one of them is not set up."""
        return found if len(found := self.present) == len(self.string_ids) else None

    @property
    def monitored(self) -> bool:
        """Whether all its strings are monitored."""
        strings = self.strings or []
        return bool(strings) and all(string.monitored for string in strings)

    @property
    def raised(self) -> list[Alarm]:
        """The alarms of its strings that are set up, with test alarms."""
        return [alarm for string in self.present for alarm in string.raised]

    @property
    def state(self) -> BankState:
        """Its totals and shares now."""
        strings = self.strings
        return bank({string.id: _member(string) for string in strings}) if strings else BankState()

    def total(self, name: str) -> float | None:
        """Return a counter of all its strings, as they were saved; None until all are loaded."""
        strings = self.strings
        values = [getattr(one.saved_counters, name) for one in strings or () if one.saved_counters]
        if not strings or len(values) < len(strings):
            return None
        return float(max(0.0, sum(values) + self.counted.get(name, 0.0)))


def bank_of(hass: HomeAssistant, subentry: ConfigSubentry, find: Find) -> Bank:
    """Build a bank from its subentry. A string that was deleted is left out."""
    configured = set(string_names(hass))
    return Bank(
        id=subentry.subentry_id,
        name=subentry.title,
        string_ids=tuple(one for one in subentry.data[CONF_STRINGS] if one in configured),
        find=find,
        counted=subentry.data.get(CONF_COUNTED, {}),
    )


@callback
def string_names(hass: HomeAssistant) -> dict[str, str]:
    """Return the names of all strings by their ids; a name that several lines have comes after that of its line."""
    strings = [
        (entry, subentry)
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.get_subentries_of_type(SUBENTRY_STRING)
    ]
    alike = Counter(title for _, title in {(entry.entry_id, subentry.title) for entry, subentry in strings})
    return {
        subentry.subentry_id: f"{entry.title}: {subentry.title}" if alike[subentry.title] > 1 else subentry.title
        for entry, subentry in strings
    }


@callback
def bank_ids(hass: HomeAssistant) -> dict[str, str]:
    """Return the names of all banks by their ids."""
    entries = hass.config_entries.async_entries(DOMAIN)
    return {one.subentry_id: one.title for entry in entries for one in entry.get_subentries_of_type(SUBENTRY_BANK)}


def counted_before(strings: list[String], total: Callable[[str], float | None]) -> dict[str, Any]:
    """Return what the totals of a bank have to add to the counters of its strings, to go on from `total`."""
    counters = [string.saved_counters or Counters() for string in strings]
    return {name: (total(name) or 0.0) - sum(getattr(one, name) for one in counters) for name in TOTALS}


def _member(string: String) -> Member:
    reading, running = string.reading, string.state.running
    state = running.condition.condition
    return Member(
        capacity=string.state.learned.capacity or string.settings.capacity,
        current=reading.current if reading else None,
        voltage=string.summary.voltage,
        operating_state=state,
        # A string that is offline keeps its last state of charge, which is not current.
        state_of_charge=running.state_of_charge if state is not None else None,
        remaining=_remaining(string.state.prediction),
    )


def _remaining(shown: Prediction) -> Remaining | None:
    if shown.remaining is None:
        return None
    return Remaining(
        seconds=shown.remaining, low=shown.remaining_low, high=shown.remaining_high, estimated=shown.estimated
    )
