"""A newcomer's path: from an empty Home Assistant to a named string, in its area, on a running dashboard."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
import re

from playwright.async_api import Locator, Page, expect
import pytest

from simulator.bank import build
from simulator.house import USER, House
from simulator.screen import DESKTOP, PANEL, Screen, ask
from simulator.wire import Terminal, Wire

MOST_CLICKS = 13
BANK = {"line": {"baud": 9600}, "string": [{"name": "A", "batteries": 4, "first_address": 1, "string_module": 6}]}

expect.set_options(timeout=30_000)


@dataclass
class Mouse:
    """Counts the clicks of a person; what is typed costs none."""

    clicks: int = 0

    async def click(self, what: Locator) -> None:
        await what.click()
        self.clicks += 1


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncGenerator[Terminal]:
    terminal = Terminal(Wire(build(BANK)), tmp_path / "ttyBANK")
    terminal.plug()
    yield terminal
    await terminal.pull()


@pytest.fixture
async def empty(tmp_path: Path, port: int) -> AsyncGenerator[House]:
    """Return a Home Assistant in which nothing is set up."""
    async with House.open(tmp_path / "house", port) as house:
        yield house


async def scanned(page: Page, mouse: Mouse, terminal: Terminal) -> None:
    """Go from the first page of Home Assistant to the end of the scan."""
    await mouse.click(page.get_by_text("Settings", exact=True))
    await mouse.click(page.get_by_text("Devices & services", exact=True))
    await mouse.click(page.get_by_role("button", name="Add integration").first)
    await page.locator("dialog-add-integration input").first.fill("Battery Bank")
    await mouse.click(page.get_by_text("Battery Bank Monitor").first)
    await mouse.click(page.get_by_text("Serial port or USB adapter"))
    await mouse.click(page.locator("ha-selector-serial_port"))
    # In place of a port in the list: that of a simulated line is in none.
    await mouse.click(page.get_by_text("Enter manually"))
    await page.locator("ha-selector-serial_port").get_by_role("textbox", name="Port").fill(str(terminal.link))
    # The whole range would take two minutes. A person waits, or makes it smaller with one more click.
    await page.get_by_text("Addresses to scan").click()
    await page.locator("ha-selector-number input").last.fill("60")
    await mouse.click(page.get_by_role("button", name="Submit"))
    await expect(page.locator("step-flow-progress")).to_contain_text("Found so far: 4 × RMS-TA (1-4)")
    await expect(page.locator("step-flow-form")).to_contain_text("4 × RMS-TA (1-4), 1 × RMS-TC (6)")
    await expect(page.locator("step-flow-form")).not_to_contain_text("nreadable")  # nothing is wrong
    await mouse.click(page.get_by_role("button", name="Submit"))
    await expect(page.locator("step-flow-form")).to_contain_text("Capacity")
    await expect(page.locator("step-flow-form")).not_to_contain_text("readable answer")


async def test_from_nothing_to_a_running_dashboard_in_few_clicks(empty: House, terminal: Terminal) -> None:
    mouse = Mouse()
    async with Screen.open(empty) as screen, screen.page("/", DESKTOP, user=USER) as page:
        await scanned(page, mouse, terminal)
        await page.locator("ha-selector-text input").first.fill("Rack 1")
        await page.locator("ha-selector-number input").first.fill("100")
        await mouse.click(page.locator("ha-selector-area"))
        await mouse.click(page.get_by_text("Kitchen", exact=True))
        await mouse.click(page.get_by_role("button", name="Submit"))
        await mouse.click(page.get_by_role("link", name="Open the dashboard"))
        await expect(page.get_by_role("article", name="Rack 1")).to_contain_text("OK")
        assert page.url.endswith("/battery-bank/overview")
        assert mouse.clicks <= MOST_CLICKS
        areas = await ask(page, {"type": "config/area_registry/list"})
        devices = await ask(page, {"type": "config/device_registry/list"})
        (kitchen,) = [area["area_id"] for area in areas if area["name"] == "Kitchen"]
        assert [device["name"] for device in devices if device["area_id"] == kitchen] == ["Rack 1"]
        # Once more: the link opens the dashboard that is there, and creates no other.
        await page.goto(f"{empty.url}/battery-bank-dashboard")
        await page.wait_for_url(re.compile("/battery-bank/overview$"))
        dashboards = await ask(page, {"type": "lovelace/dashboards/list"})
        assert [one["url_path"] for one in dashboards if one["url_path"].startswith("battery")] == ["battery-bank"]


async def test_an_error_is_seen_without_scrolling(empty: House, terminal: Terminal) -> None:
    """It stands above the form, and at its field for a person who is further down."""
    async with Screen.open(empty) as screen, screen.page("/", PANEL, user=USER) as page:
        await scanned(page, Mouse(), terminal)
        await page.get_by_role("button", name="Submit").click()
        missing = page.get_by_text("Enter the capacity that is printed on the battery, in Ah.")
        await expect(missing).to_have_count(2)
        await expect(missing.first).to_be_in_viewport()
        await page.locator("ha-selector-number input").first.fill("100")
        await page.locator("ha-selector-number input").nth(1).fill("0")  # the address of the string module
        await page.get_by_role("button", name="Submit").click()
        wrong = page.get_by_text("“Address of the string module”: enter a whole number from 1 to 247.")
        await expect(wrong).to_have_count(2)
        await expect(wrong.last).to_be_in_viewport()
