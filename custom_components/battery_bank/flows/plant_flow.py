"""The options of a line: what the plant's systems may read. They are the same for all lines of the installation."""

from ipaddress import ip_address
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.const import CONF_ADDRESS, CONF_PORT
from homeassistant.helpers.selector import BooleanSelector
from homeassistant.loader import async_get_integration

from ..const import DOMAIN
from ..plant_systems.modbus_server import parse_clients
from ..plant_systems.publication import DATA_PUBLICATION, ModbusServerSettings
from ..plant_systems.register_map import PLACES
from ..strings.banks import string_names
from .fields import FieldError, NumberField, TextField, async_errors, read_form

CONF_CLIENTS: Final = "clients"
CONF_ENABLED: Final = "enabled"
LONGEST_LIST: Final = 1000  # characters
LONGEST_ADDRESS: Final = 45  # characters, of an IPv6 address
NOTHING: Final = "-"
PAGE: Final = "blob/HEAD/docs/plant.md"  # the page with the register table, in the repository
SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_ENABLED): BooleanSelector(),
        probatio.Required(CONF_ADDRESS): TextField(LONGEST_ADDRESS),
        probatio.Required(CONF_PORT): NumberField(1, 65535, whole=True),
        probatio.Optional(CONF_CLIENTS): TextField(LONGEST_LIST),
    }
)


class PlantOptionsFlow(OptionsFlow):
    """Switch the Modbus server on or off, and say who may read from it."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the settings of the Modbus server."""
        publication = self.hass.data[DATA_PUBLICATION]
        errors, placeholders = dict[str, str](), dict[str, str]()
        if user_input is not None:
            try:
                await publication.async_apply(_settings(user_input))
            except FieldError as err:
                errors, placeholders = await async_errors(self.hass, err, "options.step.init")
            except OSError as err:
                errors, placeholders = {"base": "cannot_listen"}, {"reason": err.strerror or str(err)}
            else:
                return self.async_create_entry(data=dict(self.config_entry.options))  # which has none of these settings
        integration = await async_get_integration(self.hass, DOMAIN)
        shown = user_input or _shown(publication.stored.modbus_server)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(SCHEMA, shown),
            errors=errors,
            description_placeholders={
                "places": self._places(),
                "page": f"{integration.documentation}/{PAGE}",
                **placeholders,
            },
        )

    def _places(self) -> str:
        """Return the strings of the table, each with its unit and its place there."""
        names = string_names(self.hass)
        places = sorted(self.hass.data[DATA_PUBLICATION].stored.places.items(), key=lambda one: one[1])
        rows = [f"{(at - 1) // PLACES + 1}/{(at - 1) % PLACES + 1}: {names[one]}" for one, at in places if one in names]
        return ", ".join(rows) or NOTHING


def _settings(answers: dict[str, Any]) -> ModbusServerSettings:
    """Return the answers as settings, or raise `FieldError`."""
    listed = answers.get(CONF_CLIENTS) or ""
    read = read_form(SCHEMA, {key: value for key, value in answers.items() if key != CONF_CLIENTS or listed})
    try:
        address = str(ip_address(read[CONF_ADDRESS]))
    except ValueError:
        raise FieldError(CONF_ADDRESS, "bad_address") from None
    try:
        clients = parse_clients(read.get(CONF_CLIENTS, ""))
    except ValueError:
        raise FieldError(CONF_CLIENTS, "bad_clients") from None
    if read[CONF_ENABLED] and not clients:
        raise FieldError(CONF_CLIENTS, "bad_clients")
    return ModbusServerSettings(enabled=read[CONF_ENABLED], address=address, port=read[CONF_PORT], clients=clients)


def _shown(settings: ModbusServerSettings) -> dict[str, Any]:
    return {
        CONF_ENABLED: settings.enabled,
        CONF_ADDRESS: settings.address,
        CONF_PORT: settings.port,
        CONF_CLIENTS: ", ".join(settings.clients),
    }
