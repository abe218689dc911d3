"""The action `export`: the tables of strings and batteries as JSON or CSV, in the response or in files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
import json
from pathlib import Path
from typing import Any, Final

import probatio

from homeassistant.auth.permissions.const import POLICY_CONTROL, POLICY_READ
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
from homeassistant.util.file import WriteError, write_utf8_file

from ..actions.action_fields import choice_field, choices_field, datetime_field, text_field
from ..actions.callers import async_refuse
from ..const import DOMAIN
from ..coordinator import LineCoordinator
from ..runtime.local_time import today
from ..strings.members import Battery, String
from ..texts.reasons import async_file_error_text
from .csv_file import csv_file, csv_text
from .file_names import file_stem, taken_names
from .table_queries import tables
from .tables import Table, TableName, Tables
from .turns import document_turn, unhurried

ATTR_END: Final = "end"
ATTR_FOLDER: Final = "folder"
ATTR_FORMAT: Final = "format"
ATTR_START: Final = "start"
ATTR_WHAT: Final = "what"

LONGEST_FOLDER: Final = 1000  # characters


class Format(StrEnum):
    """The format of exported tables."""

    JSON = "json"
    CSV = "csv"


EXPORT: Final = {
    probatio.Optional(ATTR_START): datetime_field(ATTR_START),
    probatio.Optional(ATTR_END): datetime_field(ATTR_END),
    probatio.Optional(ATTR_FORMAT, default=Format.JSON): choice_field(ATTR_FORMAT, Format),
    probatio.Optional(ATTR_WHAT, default=list(TableName)): choices_field(ATTR_WHAT, TableName),
    probatio.Optional(ATTR_FOLDER): text_field(ATTR_FOLDER, LONGEST_FOLDER),
}


@dataclass(frozen=True, kw_only=True)
class _Export:
    """The tables of one device: a string or a battery."""

    coordinator: LineCoordinator
    string: String
    battery: Battery | None  # None: the device is the string
    tables: Tables

    @property
    def subject(self) -> Mapping[str, str | int | None]:
        """The names of line and string, and the number of the battery."""
        return {
            "line": self.coordinator.entry.title,
            "string": self.string.name,
            "battery": self.battery.number if self.battery else None,
        }


async def async_export(
    call: ServiceCall, subjects: Sequence[tuple[LineCoordinator, Battery | String]]
) -> ServiceResponse:
    """Return the tables of batteries and strings; with a folder, write them to files there and return the paths."""
    hass, folder = call.hass, call.data.get(ATTR_FOLDER)
    since, until = (dt_util.as_utc(at) if (at := call.data.get(key)) else None for key in (ATTR_START, ATTR_END))
    if since and until and since >= until:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="end_before_start")
    if not folder and not call.return_response:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_folder_no_response")
    await async_refuse(call, subjects, POLICY_CONTROL if folder else POLICY_READ)
    place = await async_folder(hass, folder) if folder else None
    async with document_turn(hass):
        return await _async_made(call, subjects, since, until, place)


async def _async_made(
    call: ServiceCall,
    subjects: Sequence[tuple[LineCoordinator, Battery | String]],
    since: datetime | None,
    until: datetime | None,
    place: Path | None,
) -> ServiceResponse:
    """Make the tables and return them; with a folder, write them there and return the paths."""
    hass = call.hass
    exports: list[_Export] = []
    for (coordinator, string), batteries in _by_string(subjects).items():
        only = [battery.id for battery in batteries] or None
        found = await tables(hass, coordinator, string, call.data[ATTR_WHAT], since=since, until=until, batteries=only)
        if not batteries:
            exports.append(_Export(coordinator=coordinator, string=string, battery=None, tables=found))
        for battery in batteries:
            of_one = await hass.async_add_executor_job(found.of, battery)
            exports.append(_Export(coordinator=coordinator, string=string, battery=battery, tables=of_one))

    form: Format = call.data[ATTR_FORMAT]
    response: list[Any]
    if place is None:
        response = await hass.async_add_executor_job(_in_response, exports, form)
    else:
        taken = taken_names(hass)
        stems = [
            file_stem(taken, one.string.id, one.string.name, one.battery.number if one.battery else None)
            for one in exports
        ]
        day = today(hass).isoformat()
        try:
            response = await hass.async_add_executor_job(_in_files, exports, form, place, stems, day)
        except WriteError as err:
            raise await _unwritable(hass, place, err) from err
    return {"format": form.value, "exports": response}


def _by_string(
    subjects: Sequence[tuple[LineCoordinator, Battery | String]],
) -> dict[tuple[LineCoordinator, String], list[Battery]]:
    """Return the strings, each with those of its batteries that were asked for; no battery: the string itself was."""
    found: dict[tuple[LineCoordinator, String], list[Battery]] = {}
    whole = {subject.id for _, subject in subjects if isinstance(subject, String)}
    for coordinator, subject in subjects:
        string = subject if isinstance(subject, String) else subject.string
        batteries = found.setdefault((coordinator, string), [])
        if isinstance(subject, Battery) and string.id not in whole and subject not in batteries:
            batteries.append(subject)
    return found


def as_csv(table: Table) -> str:
    """Return a table as CSV, with the units in its heading."""
    columns = [f"{column} ({unit})" if unit else column for column, unit in table.units.items()]
    return csv_text(columns, ([row[column] for column in table.units] for row in unhurried(table.rows)))


def as_json(table: Table) -> dict[str, Any]:
    """Return a table as plain data: its units by column, and its rows."""
    return {"units": {column: unit for column, unit in table.units.items() if unit}, "rows": list(table.rows)}


def _in_response(exports: Sequence[_Export], form: Format) -> list[dict[str, Any]]:
    """Return the tables themselves."""
    write = as_csv if form is Format.CSV else as_json
    return [
        {
            **export.subject,
            "tables": {name.value: write(table) for name, table in export.tables.found.items()},
            "left_out": _left_out(export),
        }
        for export in exports
    ]


def _in_files(
    exports: Sequence[_Export], form: Format, folder: Path, stems: Sequence[str], today: str
) -> list[dict[str, Any]]:
    """Write a file for each table, whole or not at all, and return the paths of the files. Raises `WriteError`."""
    response: list[dict[str, Any]] = []
    for export, stem in zip(exports, stems, strict=True):
        files: dict[str, str] = {}
        for name, table in export.tables.found.items():
            path = folder / f"{stem}_{name}_{today}.{form}"
            if form is Format.CSV:
                data = csv_file(as_csv(table))
            else:
                whole = {**export.subject, "table": name.value, **as_json(table)}
                data = json.dumps(whole, ensure_ascii=False, allow_nan=False, indent=1).encode()
            write_utf8_file(str(path), data, mode="wb")
            files[name.value] = str(path)
        response.append({**export.subject, "files": files, "left_out": _left_out(export)})
    return response


def _left_out(export: _Export) -> dict[str, str]:
    return {name.value: why.value for name, why in export.tables.left_out.items()}


async def async_folder(hass: HomeAssistant, folder: str) -> Path:
    """Return the folder, created if its parent exists, or raise `HomeAssistantError` with the reason."""
    path = Path(hass.config.path(folder))
    try:
        if not await hass.async_add_executor_job(hass.config.is_allowed_path, str(path)):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="folder_not_allowed",
                translation_placeholders={"folder": folder},
            )
        await hass.async_add_executor_job(partial(path.mkdir, exist_ok=True))
    except OSError as err:
        raise await _unwritable(hass, path, err) from err
    return path


async def _unwritable(hass: HomeAssistant, folder: Path, err: OSError | WriteError) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="folder_unwritable",
        translation_placeholders={"folder": str(folder), "reason": await async_file_error_text(hass, err)},
    )
