"""What pages load of the cards, and what a release holds."""

import asyncio
from pathlib import Path
import re
import subprocess
from urllib.parse import urlsplit
import zipfile

from playwright.async_api import Page, Route, expect

from simulator.screen import Open

ROOT = Path(__file__).parent.parent.parent
DASHBOARD = "/battery-bank"
OURS = "/battery_bank/"  # the path of our files
LOADER = 3_000  # bytes, at most
ALL = 90_000

SIZES = """() => Object.fromEntries(performance.getEntriesByType("resource")
  .filter(({ name }) => name.includes("/battery_bank/0") || name.includes("/battery_bank/1"))
  .map(({ name, encodedBodySize }) => [name.split("/").pop(), encodedBodySize]))"""


async def loaded(page: Page) -> dict[str, int]:
    """Return the files of the cards that a page has loaded, and their bytes as they were sent."""
    sizes: dict[str, int] = await page.evaluate(SIZES)
    return sizes


async def test_a_page_without_cards_loads_a_few_kilobytes(open_page: Open) -> None:
    async with open_page("/profile/general") as page:
        await page.get_by_text("Demo").first.wait_for()
        await page.wait_for_function("customElements.get('battery-bank-wall') !== undefined")
        sizes = await loaded(page)
        assert set(sizes) == {"battery-bank.js"}
        assert 0 < sizes["battery-bank.js"] <= LOADER


async def test_a_page_with_cards_loads_no_more_than_it_may(open_page: Open) -> None:
    async with open_page() as page:
        await expect(page.get_by_role("article", name="String 1")).to_be_visible()
        sizes = await loaded(page)
        assert set(sizes) == {"battery-bank.js", "cards.js"}
        assert 0 < sum(sizes.values()) <= ALL


async def test_cards_that_are_there_before_home_assistant_are_not_lost(open_page: Open) -> None:
    """It replaces the registry of elements while it starts."""
    async with open_page() as page:
        late = asyncio.Event()

        async def hold(route: Route) -> None:
            await late.wait()
            await route.continue_()

        await page.route("**/frontend_latest/app.*.js", hold)
        await page.goto(urlsplit(page.url)._replace(path=DASHBOARD).geturl(), wait_until="commit")
        await page.wait_for_function(
            "performance.getEntriesByType('resource').some(({ name }) => name.includes('" + OURS + "'))"
        )
        await asyncio.sleep(1)  # s, in which the loader would have registered them
        late.set()
        await expect(page.get_by_role("article", name="String 1")).to_be_visible()


async def test_after_an_update_an_open_page_says_that_it_is_old(harness: Open) -> None:
    """It asks for files that are no longer served."""
    async with harness("card=wall", without="cards.js") as page:
        await expect(page.get_by_text("A new version is installed. Reload this page.")).to_be_visible()


async def test_the_card_editor_has_a_form(open_page: Open) -> None:
    async with open_page() as page:
        await expect(page.get_by_role("article", name="String 1")).to_be_visible()
        form = await page.evaluate(
            """async () => {
              const { schema, computeLabel } = await customElements.get("battery-bank-wall").getConfigForm();
              const strings = schema[0].selector.select.options.map(({ label }) => label);
              return [schema.map(computeLabel), strings];
            }"""
        )
        labels = ["String", "Colour by", "Title", "Batteries shown", "Columns", "Decimals", "As in the rack"]
        assert form == [[*labels, "When a battery is tapped", "Hide the legend"], ["String 1", "String 2"]]


async def test_the_options_of_a_card_are_followed(open_page: Open) -> None:
    async with open_page() as page:
        await expect(page.get_by_role("article", name="String 1")).to_be_visible()
        await page.evaluate(
            """() => {
              const card = document.createElement("battery-bank-wall");
              card.id = "mine";
              card.setConfig({ type: "custom:battery-bank-wall", string: "String 1", title: "Upper tier",
                batteries: "1-4, 7", columns: 3, decimals: 1, hide_legend: true, tap_action: { action: "none" } });
              card.hass = document.querySelector("home-assistant").hass;
              document.body.replaceChildren(card);
            }"""
        )
        card = page.locator("#mine")
        await expect(card.get_by_role("heading", name="Upper tier")).to_be_visible()
        cells = card.get_by_role("gridcell")
        await expect(cells).to_have_count(5)
        await expect(cells.nth(4)).to_have_accessible_name(re.compile("^Battery 7: "))
        await expect(cells.nth(0)).to_contain_text(re.compile(r"1[34]\.\d$"))
        boxes = [box for cell in await cells.all() if (box := await cell.bounding_box())]
        assert len({box["x"] for box in boxes}) == 3
        await expect(card.get_by_text("Module offline")).to_have_count(0)  # of the legend
        await cells.nth(4).click()
        await expect(card.get_by_role("dialog")).to_have_count(0)


async def test_the_card_picker_proposes_cards_for_an_entity(open_page: Open) -> None:
    async with open_page() as page:
        await expect(page.get_by_role("article", name="String 1")).to_be_visible()
        proposed = """entity => {
          const { hass } = document.querySelector("home-assistant");
          const ours = window.customCards.filter(({ type }) => type.startsWith("battery-bank"));
          return ours.flatMap((card) => card.getEntitySuggestion(hass, entity)?.config ?? []);
        }"""
        of_string = await page.evaluate(proposed, "sensor.string_1_voltage")
        assert [one["type"].removeprefix("custom:battery-bank-") for one in of_string] == ["wall", "summary", "trend"]
        of_battery = await page.evaluate(proposed, "sensor.string_1_battery_7_voltage")
        assert [one["type"].removeprefix("custom:battery-bank-") for one in of_battery] == ["wall", "profile"]
        assert len({one["string"] for one in [*of_string, *of_battery]}) == 1
        assert await page.evaluate(proposed, "zone.home") == []


def test_the_package_of_a_release_holds_the_cards_and_their_licences() -> None:
    subprocess.run([ROOT / "scripts/package"], check=True)  # noqa: S603 - our own
    with zipfile.ZipFile(ROOT / "battery_bank.zip") as package:
        names = set(package.namelist())
        licences = package.read("dashboard/built/THIRD-PARTY-LICENSES.txt").decode()
    files = subprocess.run(
        ["git", "ls-files", "custom_components/battery_bank"],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    inside = {name.removeprefix("custom_components/battery_bank/") for name in files}
    assert inside <= names
    assert {"LICENSE", "manifest.json", "dashboard/built/battery-bank.js", "dashboard/built/cards.js"} <= names
    assert not [name for name in names if name.endswith((".pyc", ".map"))]
    for name in ("lit ", "lit-html ", "@lit/reactive-element ", "uplot "):
        assert name in licences
    assert licences.count("Permission is hereby granted") >= 1  # MIT
    assert licences.count("Redistribution and use in source and binary forms") >= 1  # BSD
