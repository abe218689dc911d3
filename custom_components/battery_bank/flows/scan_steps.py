"""The scan with its progress bar, in the flows of a line and of a string."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final

import probatio

from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult

from ..const import FIRST_ADDRESS, LAST_ADDRESS
from ..monitor.errors import LineDownError
from ..monitor.line.scan import Found, Verdict
from ..strings.address_text import as_text
from ..texts.reasons import async_reason_text
from .fields import FieldError, NumberField

CONF_FIRST: Final = "first_address"
CONF_LAST: Final = "last_address"
WHOLE_RANGE: Final = {CONF_FIRST: FIRST_ADDRESS, CONF_LAST: LAST_ADDRESS}
RANGE_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(field, default=default): NumberField(FIRST_ADDRESS, LAST_ADDRESS, whole=True)
        for field, default in WHOLE_RANGE.items()
    }
)
NOTHING: Final = "—"  # stands in a text for an empty list of addresses


class ScanSteps[C: FlowContext, R: FlowResult[Any, Any], H](FlowHandler[C, R, H]):
    """The scan with its progress bar, in the flows of a line and of a string."""

    _range: Mapping[str, int] = WHOLE_RANGE
    _found: list[Found]
    _scan_task: asyncio.Task[list[Found]] | None = None
    _scan_error: str | None = None

    async def _scan(self, progress: Callable[[float], None]) -> list[Found]:
        """Scan the chosen addresses, or raise `LineDownError`."""
        raise NotImplementedError

    def _step_after_scan(self) -> str:
        raise NotImplementedError

    async def async_step_scan(self, user_input: dict[str, Any] | None = None) -> R:
        """Scan, and show the progress."""
        if self._scan_task is None:
            self._scan_task = self.hass.async_create_task(self._scan(self.async_update_progress), eager_start=False)
        if not self._scan_task.done():
            return self.async_show_progress(
                step_id="scan",
                progress_action="scan",
                progress_task=self._scan_task,
                description_placeholders=self._range_text(),
            )
        task, self._scan_task = self._scan_task, None
        self._found, self._scan_error = [], None
        try:
            self._found = task.result()
        except LineDownError as err:
            self._scan_error = await async_reason_text(self.hass, err)
        return self.async_show_progress_done(next_step_id=self._step_after_scan())

    def _choose_range(self, answers: Mapping[str, int], section: str = "") -> None:
        """Choose the addresses to scan, or raise `FieldError`; `section` is the section of the form that has them."""
        if answers[CONF_FIRST] > answers[CONF_LAST]:
            raise FieldError(CONF_LAST, "bad_range", section=section)
        self._range = answers

    def _range_text(self) -> dict[str, str]:
        return {"first": str(self._range[CONF_FIRST]), "last": str(self._range[CONF_LAST])}

    def _found_text(self) -> dict[str, str]:
        """Return which modules were found at which addresses, for the placeholders of a description."""
        by_model: dict[str, list[int]] = {}
        for one in self._found:
            if one.profile:
                by_model.setdefault(one.profile.model, []).append(one.unit_id)
        at = {verdict: as_text([one.unit_id for one in self._found if one.verdict is verdict]) for verdict in Verdict}
        return {
            **self._range_text(),
            "modules": ", ".join(f"{len(ids)} × {model} ({as_text(ids)})" for model, ids in by_model.items())
            or NOTHING,
            "unknown": at[Verdict.UNKNOWN] or NOTHING,
            "unreadable": at[Verdict.UNREADABLE] or NOTHING,
        }

    def _addresses(self) -> range:
        return range(self._range[CONF_FIRST], self._range[CONF_LAST] + 1)
