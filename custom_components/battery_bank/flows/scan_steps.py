"""The scan with its progress bar, in the flows of a line and of a string."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import probatio

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult

from ..const import FIRST_ADDRESS, LAST_ADDRESS
from ..monitor.errors import LineDownError
from ..monitor.line.scan import Found, Verdict
from ..strings.address_text import as_text
from ..texts.reasons import async_reason_text
from ..texts.translations import Translations
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
NEWS: Final = 2.0  # s between two updates of what the scan has found so far
PROBLEM: Final = "scan_problem"  # the selector whose options say what is wrong with some addresses
NOTHING: Final = "—"  # stands in a text for an empty list of addresses


async def async_missing_text(hass: HomeAssistant, missing: Sequence[int]) -> str:
    """Return a paragraph about the addresses of a string that did not answer; nothing if all did."""
    if not missing:
        return ""
    translations = await Translations.load(hass, "selector")
    return translations.option(PROBLEM, "missing", addresses=as_text(missing))


class ScanSteps[C: FlowContext, R: FlowResult[Any, Any], H](FlowHandler[C, R, H]):
    """The scan with its progress bar, in the flows of a line and of a string."""

    _range: Mapping[str, int] = WHOLE_RANGE
    _found: list[Found]
    _scan_task: asyncio.Task[list[Found]] | None = None
    _scan_error: str | None = None
    _seen: list[Found]  # so far

    async def _scan(self, progress: Callable[[float], None]) -> list[Found]:
        """Scan the chosen addresses, or raise `LineDownError`."""
        raise NotImplementedError

    def _step_after_scan(self) -> str:
        raise NotImplementedError

    async def async_step_scan(self, user_input: dict[str, Any] | None = None) -> R:
        """Scan, and show the progress."""
        if self._scan_task is None:
            self._seen = []
            self._scan_task = self.hass.async_create_task(self._scan(self.async_update_progress), eager_start=False)
        if not self._scan_task.done():
            known = [one for one in self._seen if one.profile]
            return self.async_show_progress(
                step_id="scan",
                progress_action="scan_found" if known else "scan",
                progress_task=self.hass.async_create_task(self._wait(self._scan_task), eager_start=False),
                description_placeholders=self._range_text() | ({"found": self._models(known)} if known else {}),
            )
        task, self._scan_task = self._scan_task, None
        self._found, self._scan_error = [], None
        try:
            self._found = task.result()
        except LineDownError as err:
            self._scan_error = await async_reason_text(self.hass, err)
        return self.async_show_progress_done(next_step_id=self._step_after_scan())

    async def _wait(self, scan_task: asyncio.Task[list[Found]]) -> None:
        """Wait for the end of the scan or until the next update. If the flow ends, so does the scan."""
        try:
            await asyncio.wait([scan_task], timeout=NEWS)
        except asyncio.CancelledError:
            scan_task.cancel()
            raise

    def _choose_range(self, answers: Mapping[str, int], section: str = "") -> None:
        """Choose the addresses to scan, or raise `FieldError`; `section` is the section of the form that has them."""
        if answers[CONF_FIRST] > answers[CONF_LAST]:
            raise FieldError(CONF_LAST, "bad_range", section=section)
        self._range = answers

    def _range_text(self) -> dict[str, str]:
        return {"first": str(self._range[CONF_FIRST]), "last": str(self._range[CONF_LAST])}

    async def _found_text(self) -> dict[str, str]:
        """Return which modules were found at which addresses, and what is wrong, for the placeholders of a text."""
        translations, problems = await Translations.load(self.hass, "selector"), list[str]()
        for verdict, problem in {Verdict.UNKNOWN: "unknown", Verdict.UNREADABLE: "unreadable"}.items():
            if addresses := as_text([one.unit_id for one in self._found if one.verdict is verdict]):
                problems.append(f"- {translations.option(PROBLEM, problem, addresses=addresses)}")
        return {**self._range_text(), "modules": self._models(self._found), "problems": "\n".join(problems)}

    @staticmethod
    def _models(found: Sequence[Found]) -> str:
        """Return which modules were found, by model."""
        by_model: dict[str, list[int]] = {}
        for one in found:
            if one.profile:
                by_model.setdefault(one.profile.model, []).append(one.unit_id)
        return ", ".join(f"{len(ids)} × {model} ({as_text(ids)})" for model, ids in by_model.items()) or NOTHING

    def _addresses(self) -> range:
        return range(self._range[CONF_FIRST], self._range[CONF_LAST] + 1)
