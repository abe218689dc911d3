"""A bank at one moment, as the registers show it: its totals, and its strings with their places and shares."""

from collections.abc import Mapping
from dataclasses import dataclass

from homeassistant.core import HomeAssistant, callback

from ..coordinator import async_loaded_lines
from ..figures.bank_figures import uneven
from ..strings.banks import Bank, bank_ids
from .register_codes import LEVEL_CODES, STATE_CODES, StringQuality
from .string_places import async_placed, worst_level


@dataclass(frozen=True, kw_only=True, slots=True)
class BankView:
    """A bank now. Its values are unknown while its line is not running."""

    bank: Bank | None  # None while the line is not running
    places: tuple[int | None, ...] = ()  # of its strings, in the order of the bank
    levels: frozenset[int | None] = frozenset()  # codes of the alarm levels of its strings
    alarms: int | None = None

    @property
    def strings(self) -> int | None:
        """The number of its strings."""
        return None if self.bank is None else len(self.bank.string_ids)

    @property
    def quality(self) -> StringQuality:
        """What its totals are worth: they need the current of each of its strings."""
        strings = self.bank.strings if self.bank else None
        if strings is None:
            return StringQuality.NOT_SET_UP
        known = sum(bool(one.reading and one.reading.current is not None) for one in strings)
        if not known:
            return StringQuality.NOT_READ
        return StringQuality.CURRENT if known == len(strings) else StringQuality.PARTLY

    @property
    def level(self) -> int | None:
        """The code of the worst alarm level of its strings."""
        return LEVEL_CODES["not_monitored"] if self.bank is None else worst_level(self.levels)

    @property
    def uneven(self) -> bool | None:
        """Whether the share of one of its strings is an alarm or warning; None while it is not known."""
        strings = self.bank.strings if self.bank else None
        return None if strings is None else any(map(uneven, strings))

    @property
    def operating_state(self) -> int | None:
        """The code of its operating state; None while it is not known."""
        state = self.bank.state.operating_state if self.bank else None
        return None if state is None else STATE_CODES[state]

    @property
    def remaining(self) -> float | None:
        """The remaining time of its discharge in s."""
        remaining = self.bank.state.remaining if self.bank else None
        return remaining.seconds if remaining else None

    def total(self, name: str) -> float | None:
        """Return a counter of all its strings."""
        return self.bank.total(name) if self.bank else None

    def place(self, number: int) -> int | None:
        """Return the place of a string of the bank, the first one is 0; None without one."""
        return self.places[number] if number < len(self.places) else None

    def share(self, number: int) -> float | None:
        """Return the share of a string of the bank in its current, 1 is all of it; None while that is not known."""
        if self.bank is None or number >= len(self.bank.string_ids):
            return None
        return self.bank.state.shares.get(self.bank.string_ids[number])


@callback
def async_bank_view(hass: HomeAssistant, bank_id: str | None, places: Mapping[str, int], now: float) -> BankView | None:
    """Return a bank by its id, its strings with these places; None if there is no such bank."""
    if bank_id is None or bank_id not in bank_ids(hass):
        return None
    bank = next((one for line in async_loaded_lines(hass) for one in line.banks if one.id == bank_id), None)
    if bank is None:
        return BankView(bank=None)
    placed = [async_placed(hass, string_id, now) for string_id in bank.string_ids]
    return BankView(
        bank=bank,
        places=tuple(places.get(string_id) for string_id in bank.string_ids),
        levels=frozenset(one.level for one in placed),
        alarms=sum(one.alarms or 0 for one in placed),
    )
