"""The files of the cards: they are served, pages load them, and a change of them changes their path."""

from collections.abc import Callable
import gzip
from http import HTTPStatus
import json
from pathlib import Path
import re
from typing import Any

from conftest import until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.dashboard import card_files
from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL, DATA_PANELS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator.bank import Bank
from simulator.wire import Terminal

ROOT = Path(__file__).parent.parent
ONBOARDED = {"version": 4, "data": {"done": ["user", "core_config", "integration", "analytics"]}}
FILES = {"battery-bank.js": 'import("./cards.js");', "cards.js": "export {};", "dashboard-panel.js": ""}


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of made-up files, because the real ones need Node.js to be built."""
    folder = tmp_path / "built"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
        (folder / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    monkeypatch.setattr(card_files, "FOLDER", folder)
    return folder


@pytest.fixture
async def page(hass: HomeAssistant, hass_storage: dict[str, Any]) -> None:
    """Set the front end up, past its first questions."""
    hass_storage["onboarding"] = ONBOARDED
    assert await async_setup_component(hass, "frontend", {})


async def start(hass: HomeAssistant, line_entry: Callable[..., MockConfigEntry]) -> None:
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)


def issue(hass: HomeAssistant) -> ir.IssueEntry | None:
    return ir.async_get(hass).async_get_issue(DOMAIN, "cards_missing")


async def test_a_page_loads_the_loader_and_finds_the_other_files_beside_it(
    hass: HomeAssistant,
    built: Path,
    page: None,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    hass_client_no_auth: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
) -> None:
    plug(bank)
    await start(hass, line_entry)
    (url,) = hass.data[DATA_EXTRA_MODULE_URL].urls
    client = await hass_client_no_auth()
    assert f'import("{url}")' in await (await client.get("/")).text()
    folder, _, name = url.rpartition("/")
    assert name == "battery-bank.js"
    for name, text in FILES.items():
        answer = await client.get(f"{folder}/{name}", headers={"Accept-Encoding": "gzip"})
        assert answer.status == HTTPStatus.OK, name
        assert answer.content_type == "text/javascript"
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "max-age" in answer.headers["Cache-Control"]
        assert await answer.text() == text
    socket = await hass_ws_client(hass)
    await socket.send_json({"id": 1, "type": f"{DOMAIN}/subscribe"})
    await socket.receive_json()
    assert folder == f"/{DOMAIN}/{(await socket.receive_json())['event']['version']}"
    assert issue(hass) is None
    panel = hass.data[DATA_PANELS]["battery-bank-dashboard"]  # at the end of the set-up, and behind notifications
    assert panel.config is not None
    assert panel.config["_panel_custom"]["module_url"] == f"{folder}/dashboard-panel.js"
    assert (panel.require_admin, panel.show_in_sidebar) == (False, False)
    await socket.send_json({"id": 2, "type": f"{DOMAIN}/texts", "language": "de", "of": "picker"})
    assert (await socket.receive_json())["result"]["texts"]["alarms"] == "Batterieanlage: Alarme"


async def test_without_the_files_of_the_cards_the_bank_is_monitored_and_a_repair_says_what_to_do(
    hass: HomeAssistant,
    built: Path,
    page: None,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
) -> None:
    (built / "battery-bank.js").unlink()
    plug(bank)
    await start(hass, line_entry)
    assert not hass.data[DATA_EXTRA_MODULE_URL].urls
    found = issue(hass)
    assert found is not None
    assert found.severity is ir.IssueSeverity.WARNING
    assert not found.is_fixable
    assert not found.is_persistent  # a restart ends it and checks again
    assert found.translation_placeholders == {
        "releases": "https://github.com/battery-bank-monitor/battery-bank-monitor/releases",
        "file": json.loads((ROOT / "hacs.json").read_text())["filename"],
    }


async def test_without_a_front_end_the_bank_is_monitored_all_the_same(
    hass: HomeAssistant,
    built: Path,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
) -> None:
    (built / "battery-bank.js").unlink()
    plug(bank)
    await start(hass, line_entry)
    assert DATA_EXTRA_MODULE_URL not in hass.data
    assert issue(hass) is None


def test_files_that_changed_have_another_path(built: Path) -> None:
    before = card_files._digest()
    (built / "THIRD-PARTY-LICENSES.txt").write_text("no page loads it")
    assert card_files._digest() == before
    with (built / "cards.js").open("a") as cards:
        cards.write("\n")
    assert card_files._digest() != before


def test_the_cards_have_words_for_all_they_say_and_no_more() -> None:
    """No text is unused; `tsc` checks that each used text exists."""
    translations = json.loads((ROOT / f"custom_components/{DOMAIN}/translations/en.json").read_text())
    words = translations["selector"]["display"]["options"]
    source = "".join(path.read_text() for path in (ROOT / "frontend/src").rglob("*.ts"))
    made = re.findall(r"\bsay\(`([a-z_]+_)\$\{", source)  # such as limit_warning
    unused = [key for key in words if f'"{key}"' not in source and not any(key.startswith(one) for one in made)]
    assert not unused
