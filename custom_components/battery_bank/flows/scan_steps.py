"""The scan with its progress bar, in the flows of a line and of a string."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import probatio

from homeassistant.data_entry_flow import FlowContext, FlowHandler, FlowResult

from ..const import FIRST_ADDRESS, LAST_ADDRESS
from ..monitor.errors import LineDownError
from ..monitor.line.scan import Found, Verdict
from ..monitor.line.string_proposal import Proposal
from ..strings.address_text import as_text
from ..strings.own_profiles import async_load_own_profiles
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
STEP: Final = 0.02  # of the progress bar
NEWS: Final = 2.0  # s between two updates of what the scan has found so far
SCAN_PROBLEM: Final = "scan_problem"  # the selector with what a scan met, by `Verdict` …
MISSING: Final = "missing"  # … or of addresses in a proposed string
NOTHING: Final = "—"  # stands in a text for an empty list of addresses


class ScanSteps[C: FlowContext, R: FlowResult[Any, Any], H](FlowHandler[C, R, H]):
    """The scan with its progress bar, in the flows of a line and of a string."""

    _range: Mapping[str, int] = WHOLE_RANGE
    _found: list[Found]
    _scan_task: asyncio.Task[list[Found]] | None = None
    _scan_error: str | None = None
    _seen: list[Found]  # so far
    _shown: float  # of the progress bar

    async def _scan(self, progress: Callable[[float], None]) -> list[Found]:
        """Scan the chosen addresses, or raise `LineDownError`."""
        raise NotImplementedError

    async def _scan_with_own_profiles(self) -> list[Found]:
        """Scan; a user may have described the modules in a file."""
        await async_load_own_profiles(self.hass)
        return await self._scan(self._show_share)

    def _step_after_scan(self) -> str:
        raise NotImplementedError

    def _show_share(self, share: float) -> None:
        """Move the progress bar, but not for each address: each move is an event that the recorder keeps."""
        if share - self._shown >= STEP or share >= 1:
            self._shown = share
            self.async_update_progress(share)

    async def async_step_scan(self, user_input: dict[str, Any] | None = None) -> R:
        """Scan, and show the progress."""
        if self._scan_task is None:
            self._seen = []
            self._shown = 0.0
            self._scan_task = self.hass.async_create_task(self._scan_with_own_profiles(), eager_start=False)
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
        """Return which modules were found at which addresses, for the placeholders of a description.

        What there is no address for is not mentioned.
        """
        at = {verdict: as_text([one.unit_id for one in self._found if one.verdict is verdict]) for verdict in Verdict}
        problems = [
            await self._problem(verdict, at[verdict])
            for verdict in (Verdict.UNKNOWN, Verdict.UNREADABLE)
            if at[verdict]
        ]
        return {
            **self._range_text(),
            "modules": self._models(self._found),
            "problems": "".join(f"\n\n{problem}" for problem in problems),
        }

    async def _missing_text(self, proposal: Proposal | None) -> str:
        """Return which addresses of a proposed string could not be read; an empty text if all could."""
        missing = as_text(proposal.missing) if proposal else ""
        return await self._problem(MISSING, missing) if missing else ""

    async def _problem(self, kind: str, addresses: str) -> str:
        """Return what the scan met at some addresses, in the language of Home Assistant."""
        return (await Translations.load(self.hass, "selector")).option(SCAN_PROBLEM, kind, addresses=addresses)

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
