"""What a person asks of a report: its period, its language, its paper and its customer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self
from urllib.parse import urlencode

import probatio

from homeassistant.core import HomeAssistant

from ..actions.action_fields import choice_field, text_field, whole_field

ATTR_CUSTOMER: Final = "customer"
ATTR_DAYS: Final = "days"
ATTR_LANGUAGE: Final = "language"
ATTR_PAPER: Final = "paper"

DAYS: Final = 365
LONGEST: Final = 3660  # days
LONGEST_TAG: Final = 35  # characters of a language tag (RFC 5646)
LONGEST_NAME: Final = 100  # characters of the name of a customer


class Paper(StrEnum):
    """A size of paper, as CSS names it."""

    A4 = "a4"
    LETTER = "letter"


# Where the usual paper is Letter, as the Unicode CLDR has it (`measurementData`, `paperSize`).
LETTER_IN: Final = frozenset(
    {"BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"},
)

READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    ATTR_DAYS: whole_field(ATTR_DAYS, 1, LONGEST),
    ATTR_LANGUAGE: text_field(ATTR_LANGUAGE, LONGEST_TAG),
    ATTR_PAPER: choice_field(ATTR_PAPER, Paper),
    ATTR_CUSTOMER: text_field(ATTR_CUSTOMER, LONGEST_NAME),
}
FIELDS: Final[dict[Any, Any]] = {probatio.Optional(key): read for key, read in READ.items()}  # of the action


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportOptions:
    """What a person asks of a report."""

    days: float = DAYS
    language: str | None = None  # a BCP 47 tag; None for that of Home Assistant
    paper: Paper | None = None  # None for that of the country of Home Assistant
    customer: str = ""

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Take the options from the data of an action, or from the query of an address, and leave out others.

        Raises `ServiceValidationError`.
        """
        given: dict[str, Any] = {key: read(data[key]) for key, read in READ.items() if key in data}
        return cls(**given)

    def query(self) -> str:
        """Return the options as the query of an address."""
        options = {
            ATTR_DAYS: self.days,
            ATTR_LANGUAGE: self.language,
            ATTR_PAPER: self.paper,
            ATTR_CUSTOMER: self.customer,
        }
        return urlencode({name: value for name, value in options.items() if value})

    def paper_in(self, hass: HomeAssistant) -> Paper:
        """Return the chosen paper, or the usual one in the country of this Home Assistant."""
        return self.paper or (Paper.LETTER if hass.config.country in LETTER_IN else Paper.A4)
