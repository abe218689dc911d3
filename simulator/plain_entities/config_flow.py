"""The flow, which asks nothing."""

from typing import Any, override

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult

from .sensor import DOMAIN


class PlainConfigFlow(ConfigFlow, domain=DOMAIN):
    """Creates an entry at once."""

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        return self.async_create_entry(title=f"Plain {len(self._async_current_entries()) + 1}", data={})
