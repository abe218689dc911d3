"""The form of the other sensors of a string's room: entities of other integrations, all optional."""

from collections.abc import Mapping
from typing import Any, Final, override

import probatio

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import EntitySelector, EntitySelectorConfig

from ..strings.room_sensors import FIELDS, domains_of, misfit
from .fields import LONGEST_PATH, CheckedField, FieldError, TextField, read_form


class EntityField(CheckedField, EntitySelector):
    """An entity of another integration."""

    def __init__(self, domains: list[str]) -> None:
        super().__init__(EntitySelectorConfig(domain=domains))

    @override
    def read(self, name: str, value: Any) -> str:
        text: str = TextField(LONGEST_PATH).read(name, value)
        return text


ROOM_SCHEMA: Final = probatio.Schema({probatio.Optional(field): EntityField(domains_of(field)) for field in FIELDS})


@callback
def chosen_sensors(hass: HomeAssistant, answers: Mapping[str, Any]) -> dict[str, str]:
    """Return the chosen entities by field, or raise the `FieldError` of the first one that can't measure it."""
    chosen = read_form(ROOM_SCHEMA, answers)
    for field, entity_id in chosen.items():
        if (reason := misfit(hass, field, entity_id)) is not None:
            raise FieldError(field, reason)
    return chosen
