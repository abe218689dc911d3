"""A server for plant systems at work: started by its settings, tried again, and reported if it can't be started."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, Protocol

from homeassistant.core import CALLBACK_TYPE, HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later

from ..const import DOMAIN, LOGGER
from ..repair_checks.issues import async_report
from .plant_settings import ModbusServerSettings, SnmpAgentSettings

AGAIN: Final = 30.0  # s until a server that could not be started is started again


class Server(Protocol):
    """What runs."""

    async def stop(self) -> None:
        """Stop it."""


class ServerRunner[S: ModbusServerSettings | SnmpAgentSettings, R: Server]:
    """One server, or none while it is off or can't be started."""

    def __init__(
        self, hass: HomeAssistant, name: str, issue: str, settings: S, start: Callable[[S], Awaitable[R]]
    ) -> None:
        """Prepare it; `start` raises `OSError` if the server can't be started, `issue` is the repair that says so."""
        self.settings = settings
        self.server: R | None = None
        self.problem: str | None = None  # why it can't be started
        self._hass = hass
        self._name = name
        self._issue = issue
        self._start = start
        self._cancel_retry: CALLBACK_TYPE | None = None

    async def async_apply(self, settings: S) -> None:
        """Run by new settings from now on; raise `OSError` and go on by the old ones if that can't be."""
        before = self.settings
        await self.async_stop()
        try:
            if settings.enabled:
                await self._async_start(settings)
        except OSError:
            self.settings = before
            await self.async_try()
            raise
        self.settings = settings
        ir.async_delete_issue(self._hass, DOMAIN, self._issue)

    async def async_try(self, _: datetime | None = None) -> None:
        """Start it if it is on. If that fails, report it once, and try again later."""
        self._cancel_retry = None
        if not self.settings.enabled:
            return
        try:
            await self._async_start(self.settings)
        except OSError as err:
            if self.problem is None:
                LOGGER.warning("The %s can't be started: %s", self._name, err)
            self.problem = str(err)
            texts = {"address": self.settings.address, "port": str(self.settings.port), "reason": self.problem}
            async_report(self._hass, self._issue, texts)
            self._cancel_retry = async_call_later(self._hass, AGAIN, self.async_try)
        else:
            ir.async_delete_issue(self._hass, DOMAIN, self._issue)

    async def async_stop(self) -> None:
        """Stop it, and try no more."""
        if self._cancel_retry:
            self._cancel_retry()
            self._cancel_retry = None
        server, self.server, self.problem = self.server, None, None
        if server:
            await server.stop()

    async def _async_start(self, settings: S) -> None:
        self.server = await self._start(settings)
        self.problem = None
        LOGGER.info("The %s listens on port %s", self._name, settings.port)
