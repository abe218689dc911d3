"""The options of a line: what plant systems may read. They are the same for all lines of the installation."""

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address, ip_address
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.const import CONF_ADDRESS, CONF_PORT
from homeassistant.helpers.selector import BooleanSelector
from homeassistant.loader import async_get_integration

from ..const import DOMAIN
from ..plant_systems.plant_settings import (
    SHORTEST_KEY,
    ModbusServerSettings,
    SnmpAgentSettings,
    parse_clients,
    parse_trap_receivers,
)
from ..plant_systems.publication import DATA_PUBLICATION, PackageMissingError
from ..plant_systems.register_map import PLACES
from ..strings.banks import bank_ids, string_names
from .fields import FieldError, NumberField, TextField, async_errors, read_form
from .sending_steps import SendingSteps

CONF_AUTH_KEY: Final = "auth_key"
CONF_CLIENTS: Final = "clients"
CONF_COMMUNITY: Final = "community"
CONF_ENABLED: Final = "enabled"
CONF_PRIVACY_KEY: Final = "privacy_key"
CONF_TRAPS: Final = "traps"
CONF_USER: Final = "user"
LONGEST_LIST: Final = 1000  # characters
LONGEST_ADDRESS: Final = 45  # characters, of an IPv6 address
LONGEST_USER: Final = 32  # characters, of SNMPv3 (RFC 3414)
NOTHING: Final = "-"
PAGE: Final = "blob/HEAD/docs/plant.md"  # the page with the register table, in the repository

MODBUS_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_ENABLED): BooleanSelector(),
        probatio.Required(CONF_ADDRESS): TextField(LONGEST_ADDRESS),
        probatio.Required(CONF_PORT): NumberField(1, 65535, whole=True),
        probatio.Optional(CONF_CLIENTS): TextField(LONGEST_LIST),
    }
)
SNMP_SCHEMA: Final = MODBUS_SCHEMA.extend(
    {
        probatio.Optional(CONF_COMMUNITY): TextField(LONGEST_USER),
        probatio.Optional(CONF_USER): TextField(LONGEST_USER),
        probatio.Optional(CONF_AUTH_KEY): TextField(LONGEST_LIST, secret=True),
        probatio.Optional(CONF_PRIVACY_KEY): TextField(LONGEST_LIST, secret=True),
        probatio.Optional(CONF_TRAPS): TextField(LONGEST_LIST),
    }
)


class PlantOptionsFlow(SendingSteps):
    """Switch the servers for plant systems on or off, and say who may read from them."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask what to change."""
        return self.async_show_menu(step_id="init", menu_options=["modbus_server", "snmp_agent", "send_journal"])

    async def async_step_modbus_server(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the settings of the Modbus server."""
        settings = self.hass.data[DATA_PUBLICATION].modbus.settings
        return await self._ask("modbus_server", MODBUS_SCHEMA, settings, user_input)

    async def async_step_snmp_agent(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the settings of the SNMP agent."""
        settings = self.hass.data[DATA_PUBLICATION].snmp.settings
        return await self._ask("snmp_agent", SNMP_SCHEMA, settings, user_input)

    async def _ask(
        self,
        step_id: str,
        schema: probatio.Schema,
        before: ModbusServerSettings | SnmpAgentSettings,
        user_input: dict[str, Any] | None,
    ) -> ConfigFlowResult:
        """Run by what was typed in, or show the form with the error."""
        publication = self.hass.data[DATA_PUBLICATION]
        errors, placeholders = dict[str, str](), dict[str, str]()
        if user_input is not None:
            try:
                await publication.async_apply(_settings(schema, user_input, before))
            except FieldError as err:
                errors, placeholders = await async_errors(self.hass, err, f"options.step.{step_id}")
            except PackageMissingError as err:
                errors, placeholders = {"base": "cannot_install"}, {"reason": str(err)}
            except PermissionError:
                errors = {"base": "port_not_permitted", CONF_PORT: "port_not_permitted"}
            except OSError as err:
                errors, placeholders = {"base": "cannot_listen"}, {"reason": err.strerror or str(err)}
            else:
                return self.async_create_entry(data=dict(self.config_entry.options))  # none of them is in there
        integration = await async_get_integration(self.hass, DOMAIN)
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, user_input or _shown(before)),
            errors=errors,
            description_placeholders={
                "places": _shown_places(string_names(self.hass), publication.places),
                "banks": _shown_places(bank_ids(self.hass), publication.bank_places),
                "engine_id": publication.engine_id.hex(),
                "page": f"{integration.documentation}/{PAGE}",
                **placeholders,
            },
        )


def _shown_places(names: Mapping[str, str], places: Mapping[str, int]) -> str:
    """Return the strings or banks of the table, each with its unit and its place there."""
    taken = sorted(places.items(), key=lambda one: one[1])
    rows = [f"{(at - 1) // PLACES + 1}/{(at - 1) % PLACES + 1}: {names[one]}" for one, at in taken if one in names]
    return ", ".join(rows) or NOTHING


def _settings[S: ModbusServerSettings | SnmpAgentSettings](
    schema: probatio.Schema, answers: Mapping[str, Any], before: S
) -> S:
    """Return the answers as settings, or raise `FieldError`. A key that is left empty stays as it was before."""
    read = read_form(schema, {key: value for key, value in answers.items() if value not in ("", None)})
    if CONF_ADDRESS not in read:
        raise FieldError(CONF_ADDRESS, "bad_address")
    try:
        address = ip_address(read[CONF_ADDRESS])
    except ValueError:
        raise FieldError(CONF_ADDRESS, "bad_address") from None
    try:
        clients = parse_clients(read.get(CONF_CLIENTS, ""))
    except ValueError:
        raise FieldError(CONF_CLIENTS, "bad_clients") from None
    if read[CONF_ENABLED] and not clients:
        raise FieldError(CONF_CLIENTS, "bad_clients")
    settings = replace(before, enabled=read[CONF_ENABLED], address=str(address), port=read[CONF_PORT], clients=clients)
    if isinstance(settings, SnmpAgentSettings):
        if not isinstance(address, IPv4Address):
            raise FieldError(CONF_ADDRESS, "bad_address")
        return _with_readers(settings, read)
    return settings


def _with_readers[S: SnmpAgentSettings](settings: S, read: Mapping[str, Any]) -> S:
    """Return the settings of the SNMP agent with its readers and the receivers of its traps."""
    try:
        traps = parse_trap_receivers(read.get(CONF_TRAPS, ""))
    except ValueError:
        raise FieldError(CONF_TRAPS, "bad_traps") from None
    user = read.get(CONF_USER, "")
    auth_key = read.get(CONF_AUTH_KEY, settings.auth_key) if user else ""
    privacy_key = read.get(CONF_PRIVACY_KEY, settings.privacy_key) if user else ""
    if read[CONF_ENABLED] and not user and CONF_COMMUNITY not in read:
        raise FieldError(CONF_COMMUNITY, "no_reader")
    for field, key in ((CONF_AUTH_KEY, auth_key), (CONF_PRIVACY_KEY, privacy_key)):
        if user and len(key) < SHORTEST_KEY:
            raise FieldError(field, "short_key", low=SHORTEST_KEY)
    community = read.get(CONF_COMMUNITY, "")
    return replace(settings, community=community, user=user, auth_key=auth_key, privacy_key=privacy_key, traps=traps)


def _shown(settings: ModbusServerSettings | SnmpAgentSettings) -> dict[str, Any]:
    """Return what the form shows; it does not show keys."""
    shown: dict[str, Any] = {
        CONF_ENABLED: settings.enabled,
        CONF_ADDRESS: settings.address,
        CONF_PORT: settings.port,
        CONF_CLIENTS: ", ".join(settings.clients),
    }
    if isinstance(settings, SnmpAgentSettings):
        shown |= {
            CONF_COMMUNITY: settings.community,
            CONF_USER: settings.user,
            CONF_TRAPS: ", ".join(settings.traps),
        }
    return shown
