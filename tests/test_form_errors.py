"""Every value that a form refuses: the error names the field and what is allowed, in the language of Home Assistant."""

from collections.abc import Callable
import json
from math import inf, nan
from pathlib import Path
from typing import Any

from conftest import refused_at, string_data
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from test_config_flow import ANSWERS, RANGE, Flow, suggestions
from test_string_flow import StringFlow

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.strings.address_text import parse_addresses
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from simulator.bank import Bank
from simulator.wire import Terminal

type Step = dict[str, Any]

SERIAL = {"device": "/dev/ttyUSB0", "baudrate": "9600", "parity": "none", "only_hub": False, "scan": RANGE}
GATEWAY = {"host": "gateway.lan", "port": 502, "connection": "modbus_tcp", "only_hub": False, "scan": RANGE}
MAINTENANCE = {"test_days": 30, "test_begins": "01:00:00", "test_ends": "05:00:00"}
NOT_NUMBERS: tuple[Any, ...] = (nan, inf, -inf, 10**400, True, "7", None, [])
NOT_TEXTS = ("", "  ", "a\x00b", "a\nb", "\x1b[31m", "\ud800", "a\u2028b", 5, None)


async def text(hass: HomeAssistant, step: Step, flow: str = "config") -> tuple[str, str]:
    """Return at which field the browser shows the error of a form, and the text that it shows there and at the top."""
    assert step["type"] == FlowResultType.FORM
    errors = dict(step["errors"])
    at_the_top = errors.pop("base", "cannot_open")  # is of the first field
    ((where, key),) = errors.items()
    assert at_the_top == key  # where it can be seen without scrolling
    texts = await async_get_translations(hass, hass.config.language, flow.partition(".")[0], [DOMAIN])
    return where, texts[f"component.{DOMAIN}.{flow}.error.{key}"].format(**step["description_placeholders"])


@pytest.fixture(params=["en", "de"])
def language(hass: HomeAssistant, request: pytest.FixtureRequest) -> str:
    """Set the language of Home Assistant."""
    hass.config.language = request.param
    return str(request.param)


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line with one string."""
    plug(bank)
    entry = line_entry(string_data())
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


@pytest.mark.parametrize(
    ("menu", "answers", "where", "texts"),
    [
        (
            "serial",
            {**SERIAL, "device": "/dev/tty\x00"},
            "device",
            {
                "en": "“Port”: enter 1 to 255 characters, without line breaks or other control characters.",
                "de": "„Anschluss“: Gib 1 bis 255 Zeichen ein, ohne Zeilenumbrüche oder andere Steuerzeichen.",
            },
        ),
        (
            "serial",
            {**SERIAL, "scan": {"first_address": 1, "last_address": 300}},
            "scan",
            {
                "en": "“Last address”: enter a whole number from 1 to 247.",
                "de": "„Letzte Adresse“: Gib eine ganze Zahl von 1 bis 247 ein.",
            },
        ),
        (
            "serial",
            {**SERIAL, "scan": {"first_address": 9, "last_address": 8}},
            "scan",
            {
                "en": "The first address must not be higher than the last address.",
                "de": "Die erste Adresse darf nicht höher sein als die letzte Adresse.",
            },
        ),
        (
            "gateway",
            {**GATEWAY, "host": "a" * 254},
            "host",
            {
                "en": "“Host”: enter 1 to 253 characters, without line breaks or other control characters.",
                "de": "„Host“: Gib 1 bis 253 Zeichen ein, ohne Zeilenumbrüche oder andere Steuerzeichen.",
            },
        ),
        (
            "gateway",
            {**GATEWAY, "port": 65536},
            "port",
            {
                "en": "“Port”: enter a whole number from 1 to 65535.",
                "de": "„Port“: Gib eine ganze Zahl von 1 bis 65535 ein.",
            },
        ),
        (
            "gateway",
            {**GATEWAY, "port": 502.5},
            "port",
            {
                "en": "“Port”: enter a whole number from 1 to 65535.",
                "de": "„Port“: Gib eine ganze Zahl von 1 bis 65535 ein.",
            },
        ),
    ],
)
async def test_the_form_of_a_line(
    hass: HomeAssistant, language: str, menu: str, answers: Step, where: str, texts: dict[str, str]
) -> None:
    flow = Flow(hass)
    await flow.begin(menu)
    refused: Any = await flow.answer(**answers)
    assert refused["step_id"] == menu
    assert await text(hass, refused) == (where, texts[language])
    assert suggestions(refused) == answers  # nothing has to be typed twice
    section = refused["data_schema"].schema["scan"]
    assert section.options == {"collapsed": where != "scan"}  # the field with the error can be seen


async def test_a_port_that_is_not_there(hass: HomeAssistant, language: str, port: Path) -> None:
    flow = Flow(hass)
    await flow.begin("serial")
    refused: Any = await flow.serial(port)
    where, told = await text(hass, refused)
    assert where == "device"
    assert told.startswith(
        {
            "en": "The line could not be opened: the port does not exist. Check",
            "de": "Die Leitung konnte nicht geöffnet werden: der Anschluss ist nicht vorhanden. Prüfe",
        }[language]
    )


@pytest.mark.parametrize("port", NOT_NUMBERS, ids=lambda value: repr(value)[:8])
async def test_what_is_not_a_number_is_refused_as_one_out_of_range(hass: HomeAssistant, port: object) -> None:
    flow = Flow(hass)
    await flow.begin("gateway")
    refused = await flow.answer(**GATEWAY | {"port": port})
    assert refused["errors"] == refused_at("port", "whole_number_out_of_range")


@pytest.mark.parametrize("host", NOT_TEXTS, ids=repr)
async def test_what_is_not_a_line_of_text_is_refused(hass: HomeAssistant, host: object) -> None:
    flow = Flow(hass)
    await flow.begin("gateway")
    refused = await flow.answer(**GATEWAY | {"host": host})
    assert refused["errors"] == refused_at("host", "bad_text")


STRING_CASES: list[tuple[Step, dict[str, str]]] = [
    (
        {"name": "R" * 101},
        {
            "en": "“Name”: enter 1 to 100 characters, without line breaks or other control characters.",
            "de": "„Name“: Gib 1 bis 100 Zeichen ein, ohne Zeilenumbrüche oder andere Steuerzeichen.",
        },
    ),
    (
        {"name": "Rack\x07"},
        {
            "en": "“Name”: enter 1 to 100 characters, without line breaks or other control characters.",
            "de": "„Name“: Gib 1 bis 100 Zeichen ein, ohne Zeilenumbrüche oder andere Steuerzeichen.",
        },
    ),
    (
        {"addresses": "1-4, 248"},
        {
            "en": "“Addresses of the batteries”: enter addresses from 1 to 247 as ranges and single numbers, such as "
            "1-20, 22.",
            "de": "„Adressen der Batterien“: Gib Adressen von 1 bis 247 als Bereiche und einzelne Zahlen ein, zum "
            "Beispiel 1-20, 22.",
        },
    ),
    (
        {"string_module_address": 0},
        {
            "en": "“Address of the string module”: enter a whole number from 1 to 247.",
            "de": "„Adresse des Strangmoduls“: Gib eine ganze Zahl von 1 bis 247 ein.",
        },
    ),
    (
        {"capacity": 0.5},
        {
            "en": "“Capacity”: enter a number from 1 to 10000\u00a0Ah.",
            "de": "„Kapazität“: Gib eine Zahl von 1 bis 10000\u00a0Ah ein.",
        },
    ),
    *(
        (
            {"installed": day},
            {
                "en": "“Installed on”: enter a date from 1970-01-01 to today.",
                "de": "„Installiert am“: Gib ein Datum vom 01.01.1970 bis heute ein.",
            },
        )
        for day in ("0001-01-01", "1969-12-31", "2999-01-01", "2024-02-30", "yesterday", 5)
    ),
]


@pytest.mark.parametrize(("changes", "texts"), STRING_CASES, ids=lambda value: str(value)[:40])
async def test_the_form_of_a_string(
    hass: HomeAssistant, entry: MockConfigEntry, language: str, changes: Step, texts: dict[str, str]
) -> None:
    flow = StringFlow(hass, entry)
    await flow.change("A")
    answers = ANSWERS | changes
    refused: Any = await flow.answer(**answers)
    assert await text(hass, refused, "config_subentries.string") == (next(iter(changes)), texts[language])
    assert suggestions(refused) == answers
    (string,) = entry.subentries.values()
    assert string.title == "A"


async def test_the_number_of_strings_and_the_string_of_a_new_line(
    hass: HomeAssistant, language: str, port: Path, plug: Callable[[Bank], Terminal], bank: Bank
) -> None:
    plug(bank)
    flow = Flow(hass)
    await flow.begin("serial")
    step = await flow.serial(port)
    assert step["step_id"] == "found", (step["errors"], step["description_placeholders"])
    too_many: Any = await flow.answer(strings=248)
    assert await text(hass, too_many) == (
        "strings",
        {
            "en": "“Number of strings”: enter a whole number from 1 to 247.",
            "de": "„Anzahl der Stränge“: Gib eine ganze Zahl von 1 bis 247 ein.",
        }[language],
    )
    named: Any = await flow.answer(strings=1)
    assert suggestions(named)["name"] == {"en": "String 1", "de": "Strang 1"}[language]
    changes, texts = STRING_CASES[4]
    refused: Any = await flow.answer(**ANSWERS | changes)
    assert await text(hass, refused) == ("capacity", texts[language])
    assert (await flow.answer(**ANSWERS))["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("section", "field", "value", "texts"),
    [
        (
            "voltages",
            "float_voltage",
            300.0,
            {
                "en": "“Float voltage”: enter a number from 0.5 to 3\u00a0V.",
                "de": "„Erhaltungsladespannung“: Gib eine Zahl von 0,5 bis 3\u00a0V ein.",
            },
        ),
        (
            "temperatures",
            "temperature_high_warning",
            nan,
            {
                "en": "“Battery temperature high: warning”: enter a number from 0 to 80\u00a0°C.",
                "de": "„Batterietemperatur hoch: Warnung“: Gib eine Zahl von 0 bis 80\u00a0°C ein.",
            },
        ),
        (
            "temperatures",
            "temperature_high_warning",
            60,
            {
                "en": "“Battery temperature high: alarm” must be higher than the warning limit, 60\u00a0°C.",
                "de": "„Batterietemperatur hoch: Alarm“ muss höher sein als der Grenzwert der Warnung, 60\u00a0°C.",
            },
        ),
        (
            "temperatures",
            "ambient_low_warning",
            -5,
            {
                "en": "“Room too cold: alarm” must be lower than the warning limit, -5\u00a0°C.",
                "de": "„Raum zu kalt: Alarm“ muss niedriger sein als der Grenzwert der Warnung, -5\u00a0°C.",
            },
        ),
    ],
    ids=["out of range", "no number", "above", "below"],
)
async def test_the_form_of_the_limits(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    language: str,
    section: str,
    field: str,
    value: float,
    texts: dict[str, str],
) -> None:
    flow = StringFlow(hass, entry)
    answers = suggestions(await flow.change("A", "limits"))  # type: ignore[arg-type]
    answers[section][field] = value
    refused: Any = await flow.answer(**answers)
    assert await text(hass, refused, "config_subentries.string") == (section, texts[language])
    assert repr(suggestions(refused)[section][field]) == repr(value)
    assert refused["data_schema"].schema[section].options == {"collapsed": False}


@pytest.mark.parametrize(
    ("changes", "texts"),
    [
        (
            {"test_days": 366},
            {
                "en": "“Days between two resistance tests of a battery”: enter a whole number from 0 to 365.",
                "de": "„Tage zwischen zwei Widerstandsmessungen einer Batterie“: Gib eine ganze Zahl von 0 bis 365 "
                "ein.",
            },
        ),
        (
            {"test_begins": "24:00"},
            {
                "en": "“Tests begin at”: enter a time of day from 00:00 to 23:59.",
                "de": "„Beginn der Messungen“: Gib eine Uhrzeit von 00:00 bis 23:59 ein.",
            },
        ),
        (
            {"test_ends": 5},
            {
                "en": "“Tests end at”: enter a time of day from 00:00 to 23:59.",
                "de": "„Ende der Messungen“: Gib eine Uhrzeit von 00:00 bis 23:59 ein.",
            },
        ),
        (
            {"capacity_test_months": 0},
            {
                "en": "“Months between two capacity tests”: enter a whole number from 1 to 120.",
                "de": "„Monate zwischen zwei Kapazitätstests“: Gib eine ganze Zahl von 1 bis 120 ein.",
            },
        ),
        (
            {"design_life": 41},
            {
                "en": "“Design life in years”: enter a number from 1 to 40.",
                "de": "„Gebrauchsdauer in Jahren“: Gib eine Zahl von 1 bis 40 ein.",
            },
        ),
        (
            {"ventilation": 0},
            {
                "en": "“Ventilation of the room”: enter a number from 0.1 to 100000\u00a0m³/h.",
                "de": "„Lüftung des Raums“: Gib eine Zahl von 0,1 bis 100000\u00a0m³/h ein.",
            },
        ),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_the_form_of_the_maintenance_settings(
    hass: HomeAssistant, entry: MockConfigEntry, language: str, changes: Step, texts: dict[str, str]
) -> None:
    flow = StringFlow(hass, entry)
    await flow.change("A", "maintenance")
    answers = MAINTENANCE | changes
    refused: Any = await flow.answer(**answers)
    assert await text(hass, refused, "config_subentries.string") == (next(iter(changes)), texts[language])
    assert suggestions(refused) == answers
    assert (await flow.answer(**MAINTENANCE))["type"] is FlowResultType.ABORT
    await hass.async_block_till_done()


@pytest.mark.parametrize(
    ("changes", "texts"),
    [
        (
            {"name": "\n"},
            {
                "en": "“Name”: enter 1 to 100 characters, without line breaks or other control characters.",
                "de": "„Name“: Gib 1 bis 100 Zeichen ein, ohne Zeilenumbrüche oder andere Steuerzeichen.",
            },
        ),
        (
            {"string_module_address": 250},
            {
                "en": "“Address of the string module”: enter a whole number from 1 to 247.",
                "de": "„Adresse des Strangmoduls“: Gib eine ganze Zahl von 1 bis 247 ein.",
            },
        ),
    ],
    ids=["name", "address"],
)
async def test_the_form_of_a_move_to_a_new_string(
    hass: HomeAssistant, entry: MockConfigEntry, language: str, changes: Step, texts: dict[str, str]
) -> None:
    flow = StringFlow(hass, entry)
    await flow.change("A", "move")
    await flow.answer(batteries=["A4"], to="new_string")
    refused: Any = await flow.answer(**{"name": "B"} | changes)
    assert await text(hass, refused, "config_subentries.string") == (next(iter(changes)), texts[language])


async def test_the_range_of_a_new_string(hass: HomeAssistant, entry: MockConfigEntry, language: str) -> None:
    flow = StringFlow(hass, entry)
    await flow.add()
    refused: Any = await flow.answer(first_address=0, last_address=20)
    assert await text(hass, refused, "config_subentries.string") == (
        "first_address",
        {
            "en": "“First address”: enter a whole number from 1 to 247.",
            "de": "„Erste Adresse“: Gib eine ganze Zahl von 1 bis 247 ein.",
        }[language],
    )
    assert suggestions(refused) == {"first_address": 0, "last_address": 20}


async def test_without_the_browser(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator, language: str
) -> None:
    """Whoever posts to the interface of the flows gets the same form with the same errors."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_client()

    async def post(path: str, body: Step | str) -> Step:
        data = body if isinstance(body, str) else json.dumps(body)
        answer = await client.post(
            f"/api/config/config_entries/{path}", data=data, headers={"Content-Type": "application/json"}
        )
        assert answer.status == 200, await answer.text()
        step: Step = await answer.json()
        return step

    flow = (await post("flow", {"handler": DOMAIN}))["flow_id"]
    await post(f"flow/{flow}", {"next_step_id": "gateway"})
    refused = await post(f"flow/{flow}", GATEWAY | {"port": 70000})
    assert await text(hass, refused) == (
        "port",
        {
            "en": "“Port”: enter a whole number from 1 to 65535.",
            "de": "„Port“: Gib eine ganze Zahl von 1 bis 65535 ein.",
        }[language],
    )
    (port,) = [field for field in refused["data_schema"] if field["name"] == "port"]
    assert port["description"] == {"suggested_value": 70000}
    assert port["selector"]["number"].items() >= {"min": 1.0, "max": 65535.0, "mode": "box"}.items()

    (string,) = entry.subentries
    context = {"handler": [entry.entry_id, "string"], "subentry_id": string, "show_advanced_options": False}
    flow = (await post("subentries/flow", context))["flow_id"]
    form = await post(f"subentries/flow/{flow}", {"next_step_id": "limits"})
    answers = {
        section["name"]: {field["name"]: field["description"]["suggested_value"] for field in section["schema"]}
        for section in form["data_schema"]
    }
    answers["charge"]["undercharge_alarm"] = -1
    refused = await post(f"subentries/flow/{flow}", answers)
    assert await text(hass, refused, "config_subentries.string") == (
        "charge",
        {
            "en": "“Undercharged for: alarm”: enter a number from 1 to 2000\u00a0h.",
            "de": "„Unzureichend geladen: Alarm nach“: Gib eine Zahl von 1 bis 2000\u00a0h ein.",
        }[language],
    )


@pytest.mark.parametrize(
    ("typed", "addresses"),
    [
        ("1-4", [1, 2, 3, 4]),
        ("1\u20134", [1, 2, 3, 4]),  # en dash
        ("1\u20144", [1, 2, 3, 4]),  # em dash
        ("1 \u2212 4", [1, 2, 3, 4]),  # minus sign
        ("1\uff0d4", [1, 2, 3, 4]),  # full-width hyphen
        ("\uff11-\uff14", [1, 2, 3, 4]),  # full-width digits
        ("1~4", [1, 2, 3, 4]),
        ("1\uff5e4", [1, 2, 3, 4]),  # full-width tilde
        ("1至4", [1, 2, 3, 4]),
        ("1 to 4", [1, 2, 3, 4]),
        ("1 bis 4", [1, 2, 3, 4]),
        ("1 à 4", [1, 2, 3, 4]),
        ("1-2\uff0c4", [1, 2, 4]),  # full-width comma
        ("1、2、3", [1, 2, 3]),
        ("1\uff1b3", [1, 3]),  # full-width semicolon
        ("1,2,3,", [1, 2, 3]),
        (" 1 , 3 ", [1, 3]),
        ("1 2 3", [1, 2, 3]),
        ("1 - 2 4", [1, 2, 4]),
        ("\u30001\u30003\u3000", [1, 3]),  # ideographic spaces
        ("4-1", [4, 3, 2, 1]),
        ("247", [247]),
    ],
)
def test_addresses_are_understood_as_typed(typed: str, addresses: list[int]) -> None:
    assert parse_addresses(typed) == addresses


@pytest.mark.parametrize("typed", ["", ",", "1,,3", "-4", "1-", "1-2-3", "1.5", "1e2", "0", "248", "9" * 5000, "one"])
async def test_other_addresses_are_refused(hass: HomeAssistant, entry: MockConfigEntry, typed: str) -> None:
    flow = StringFlow(hass, entry)
    await flow.change("A")
    refused = await flow.answer(**ANSWERS | {"addresses": typed})
    assert refused["errors"] == refused_at("addresses", "bad_addresses")


@pytest.mark.parametrize(
    ("device", "reason"),
    [
        ("ttyUSB0", "the port does not exist"),
        ("/dev", "this is not a serial port"),
        ("/dev/null", "this is not a serial port"),
        ("/dev/null/0", "the port does not exist"),
        ("x" * 255, "the port does not exist"),
        ("socket://", "the name of the port or gateway is not valid"),
        ("socket://gateway.lan", "the name of the port or gateway is not valid"),
        ("socket://[::1:502", "the name of the port or gateway is not valid"),
        ("socket://127.0.0.1:99999", "the name of the port or gateway is not valid"),
        ("http://gateway.lan", "could not open serial port http://gateway.lan"),
    ],
)
async def test_a_name_that_no_port_can_have(hass: HomeAssistant, device: str, reason: str) -> None:
    flow = Flow(hass)
    await flow.begin("serial")
    refused = await flow.answer(**SERIAL | {"device": device})
    assert refused["errors"] == {"device": "cannot_open"}
    assert refused["description_placeholders"] == {"reason": reason}


@pytest.mark.parametrize("host", ["[::1", "a/b", "http://gateway.lan", "a b?", "user@host:99"])
async def test_a_name_that_no_gateway_can_have(hass: HomeAssistant, socket_enabled: None, host: str) -> None:
    flow = Flow(hass)
    await flow.begin("gateway")
    refused = await flow.answer(**GATEWAY | {"host": host, "connection": "rtu_over_tcp"})
    assert refused["errors"] == {"host": "cannot_open"}
    assert refused["description_placeholders"] == {"reason": "the name of the port or gateway is not valid"}
