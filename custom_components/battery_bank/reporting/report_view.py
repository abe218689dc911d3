"""The report over HTTP, for browsers, and by the action `report`, for automations."""

from datetime import timedelta
from functools import partial
from typing import Any, Final

from aiohttp import web
import probatio

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.components.http import KEY_HASS_USER, HomeAssistantView
from homeassistant.components.http.auth import async_sign_path
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.http import KEY_HASS
from homeassistant.util.file import WriteError, write_utf8_file
from homeassistant.util.json import JsonValueType

from ..actions.action_fields import text_field
from ..actions.callers import async_refuse, async_user_name
from ..const import DOMAIN
from ..coordinator import LineCoordinator, async_find_device, async_find_string, async_loaded_lines
from ..monitor.errors import JournalError
from ..strings.members import String
from ..strings.permissions import async_may_read
from ..texts.reasons import async_file_error_text, async_reason_text
from ..texts.translations import Translations
from .battery_values import battery_values
from .csv_file import csv_file
from .export import ATTR_FOLDER, LONGEST_FOLDER, async_folder
from .file_names import file_stem, taken_names
from .report import async_report
from .report_options import FIELDS as OPTIONS, ReportOptions
from .turns import document_turn

VALID_FOR: Final = timedelta(hours=24)  # of a signed path: a notification of the evening may be read the next morning
PATH: Final = f"/api/{DOMAIN}/report"
FIELDS: Final[dict[probatio.Marker, Any]] = {
    probatio.Required(ATTR_DEVICE_ID): cv.string,
    **OPTIONS,
    probatio.Optional(ATTR_FOLDER): text_field(ATTR_FOLDER, LONGEST_FOLDER),
}


class ReportView(HomeAssistantView):
    """The report of a line or string as a page, and the values of its batteries as CSV."""

    url = f"{PATH}/{{subject}}"
    name = f"api:{DOMAIN}:report"

    async def get(self, request: web.Request, subject: str) -> web.Response:
        """Return `subject`.html or `subject`.csv by the id of a line or string, with `ReportOptions` as the query."""
        hass = request.app[KEY_HASS]
        name, _, kind = subject.rpartition(".")
        found = _found(hass, name)
        try:
            options = ReportOptions.of(request.query)
        except ServiceValidationError as err:
            translations = await Translations.load(hass, "exceptions")
            message = f"exceptions.{err.translation_key}.message"
            return web.Response(status=400, text=translations.text(message, **(err.translation_placeholders or {})))
        if found is None or kind not in ("html", "csv"):
            return web.Response(status=404)
        coordinator, strings = found
        user = request[KEY_HASS_USER]
        if not all(async_may_read(hass, user, coordinator.id, string) for string in strings):
            raise Unauthorized
        if kind == "csv":
            headers = {"Content-Disposition": f'attachment; filename="{_stem(hass, coordinator, strings)}.csv"'}
            content = csv_file(battery_values(strings))
            return web.Response(body=content, content_type="text/csv", charset="utf-8", headers=headers)
        try:
            async with document_turn(hass):
                if request.transport is None:  # the page was closed while it waited
                    return web.Response(status=503)
                made_by = None if user.system_generated else user.name  # that of the link of an automation
                content = await async_report(hass, coordinator, strings, options, made_by)
        except JournalError as err:
            translations = await Translations.load(hass, "exceptions")
            reason = await async_reason_text(hass, err)
            return web.Response(status=503, text=translations.text("exceptions.report_failed.message", error=reason))
        return web.Response(body=content, content_type="text/html", charset="utf-8")


async def async_make_report(call: ServiceCall) -> ServiceResponse:
    """Return a signed path to the report of a line or string; with a folder, write the report to a file there too."""
    hass, device_id = call.hass, call.data[ATTR_DEVICE_ID]
    coordinator, subject = async_find_device(hass, device_id) or (None, None)
    if coordinator is None or not isinstance(subject, String | LineCoordinator):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_string_or_line")
    strings = [subject] if isinstance(subject, String) else coordinator.strings
    options, folder = ReportOptions.of(call.data), call.data.get(ATTR_FOLDER)
    await async_refuse(call, [(coordinator, string) for string in strings], POLICY_CONTROL if folder else POLICY_READ)
    path = f"{PATH}/{subject.id}.html?{options.query()}"
    response: dict[str, JsonValueType] = {"path": async_sign_path(hass, path, VALID_FOR)}
    if folder is not None:
        place = await async_folder(hass, folder)
        file = place / f"{_stem(hass, coordinator, strings)}.html"
        try:
            async with document_turn(hass):
                made_by = await async_user_name(hass, call.context)
                content = await async_report(hass, coordinator, strings, options, made_by)
            await hass.async_add_executor_job(partial(write_utf8_file, str(file), content, mode="wb"))
        except JournalError as err:
            raise _failed(await async_reason_text(hass, err)) from err
        except WriteError as err:
            raise _failed(await async_file_error_text(hass, err)) from err
        response["file"] = str(file)
    return response


def _found(hass: HomeAssistant, subject_id: str) -> tuple[LineCoordinator, list[String]] | None:
    """Return a line and the strings of the report by the id of the line, or of one string."""
    if found := async_find_string(hass, subject_id):
        coordinator, string = found
        return coordinator, [string]
    return next(((line, line.strings) for line in async_loaded_lines(hass) if line.id == subject_id), None)


def _failed(reason: str) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key="report_failed", translation_placeholders={"error": reason}
    )


@callback
def _stem(hass: HomeAssistant, coordinator: LineCoordinator, strings: list[String]) -> str:
    """Return the name of a file, without its ending; that of a line with one string is the name of the string."""
    subject = (strings[0].id, strings[0].name) if len(strings) == 1 else (coordinator.id, coordinator.entry.title)
    return file_stem(taken_names(hass), *subject)
