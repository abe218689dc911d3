"""A step in the options of a line: whether its journal is sent to a receiver elsewhere, and the name of its site."""

import re
from typing import Any, Final

import probatio

from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.helpers.selector import BooleanSelector, TextSelector

from ..const import CONF_SEND_JOURNAL, CONF_SITE
from ..runtime.journal_sender import async_site_of

# Fit for topics of MQTT and for subjects of NATS.
SITE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
SENDING_SCHEMA: Final = probatio.Schema(
    {probatio.Required(CONF_SEND_JOURNAL): BooleanSelector(), probatio.Required(CONF_SITE): TextSelector()}
)


class SendingSteps(OptionsFlow):
    """The step that asks whether the journal of a line is sent."""

    async def async_step_send_journal(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask, and check the answers."""
        errors: dict[str, str] = {}
        if user_input is not None:
            user_input[CONF_SITE] = user_input[CONF_SITE].strip().lower()
            if not SITE.fullmatch(user_input[CONF_SITE]):
                errors[CONF_SITE] = "bad_site"
            elif user_input[CONF_SEND_JOURNAL] and not self.hass.config_entries.async_has_entries(mqtt.DOMAIN):
                errors[CONF_SEND_JOURNAL] = "mqtt_not_set_up"
            else:
                return self.async_create_entry(data=dict(self.config_entry.options) | user_input)
        options = self.config_entry.options
        shown = user_input or {
            CONF_SEND_JOURNAL: options.get(CONF_SEND_JOURNAL, False),
            CONF_SITE: async_site_of(self.hass, self.config_entry),
        }
        return self.async_show_form(
            step_id="send_journal",
            data_schema=self.add_suggested_values_to_schema(SENDING_SCHEMA, shown),
            errors=errors,
        )
