"""The files of the cards: served, loaded by pages, and named anew when they change."""

from collections.abc import Callable
from http import HTTPStatus
import json
from pathlib import Path
import re
import shutil
from typing import Any

from conftest import until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.dashboard import card_files
from homeassistant.components.frontend import DATA_EXTRA_MODULE_URL
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.bank import Bank
from simulator.wire import Terminal

ONBOARDED = {"version": 4, "data": {"done": ["user", "core_config", "integration", "analytics"]}}


async def start(hass: HomeAssistant, line_entry: Callable[..., MockConfigEntry]) -> None:
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)


async def test_a_page_loads_all_files_of_the_cards(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    hass_client_no_auth: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    hass_storage: dict[str, Any],
) -> None:
    hass_storage["onboarding"] = ONBOARDED
    plug(bank)
    assert await async_setup_component(hass, "frontend", {})
    await start(hass, line_entry)
    (url,) = hass.data[DATA_EXTRA_MODULE_URL].urls
    client = await hass_client_no_auth()
    assert f'import("{url}")' in await (await client.get("/")).text()
    folder, _, name = url.rpartition("/")
    waiting, loaded = [name], dict[str, str]()
    while waiting:
        name = waiting.pop()
        answer = await client.get(f"{folder}/{name}")
        assert answer.status == HTTPStatus.OK, name
        assert answer.content_type == "text/javascript"
        assert "max-age" in answer.headers["Cache-Control"]
        loaded[name] = await answer.text()
        waiting += [one for one in re.findall(r'from "\./([^"]+)"', loaded[name]) if one not in (*loaded, *waiting)]
    assert set(loaded) == {path.name for path in card_files.FOLDER.glob("*.js")}
    page = await hass_ws_client(hass)
    await page.send_json({"id": 1, "type": f"{DOMAIN}/subscribe"})
    await page.receive_json()
    assert folder == f"/{DOMAIN}/{(await page.receive_json())['event']['version']}"


async def test_without_a_front_end_the_bank_is_watched_all_the_same(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
) -> None:
    plug(bank)
    await start(hass, line_entry)
    assert DATA_EXTRA_MODULE_URL not in hass.data


def test_files_that_changed_have_another_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "frontend"
    shutil.copytree(card_files.FOLDER, copy)
    monkeypatch.setattr(card_files, "FOLDER", copy)
    before = card_files._digest()
    (copy / "notes.md").write_text("no page loads it")
    assert card_files._digest() == before
    with (copy / card_files.ENTRY).open("a") as entry:
        entry.write("\n")
    assert card_files._digest() != before


def test_the_cards_have_words_for_all_they_say_and_no_more() -> None:
    translations = json.loads((card_files.FOLDER.parent.parent / "translations" / "en.json").read_text())
    words = translations["selector"]["display"]["options"]
    source = "".join(path.read_text() for path in card_files.FOLDER.glob("*.js"))
    said = set(re.findall(r'\b(?:say|or)\(\s*"([a-z_]+)"', source))
    assert said <= words.keys()
    made = re.findall(r"\bsay\(`([a-z_]+_)\$\{", source)  # such as limit_warning
    unused = [key for key in words if f'"{key}"' not in source and not any(key.startswith(one) for one in made)]
    assert not unused
