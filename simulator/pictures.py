"""The pictures of the documents: `scripts/pictures` photographs the demo in a browser."""

import asyncio
from collections.abc import AsyncGenerator
import contextlib
from pathlib import Path
import socket
import sys
import tempfile
from typing import Final

from playwright.async_api import Page

from .bank import load
from .demo import shown
from .house import ROOT, USER, House
from .recording import NAME, bank_of_the_recording, record
from .screen import DESKTOP, PANEL, PHONE, Screen, chromium
from .wire import Terminal, Wire

IMAGES: Final = ROOT / "docs/images"
PAPER: Final = (794, 1123)  # A4 at 96 dots per inch
DASHBOARD: Final = "/battery-bank"
SETTLED: Final = 2.5  # s until nothing moves any more
HIDDEN: Final = "localStorage.setItem('dockedSidebar', '\"always_hidden\"')"  # as on a panel on the wall
DIALOG: Final = (620, 620)
FORM: Final = (580, 920)


def free_port() -> int:
    """Return a port on which nothing listens."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def picture(
    screen: Screen, name: str, size: tuple[int, int], tab: str = "Overview", *, dark: bool = False
) -> AsyncGenerator[Page]:
    """Open a page of the dashboard; what it shows at the end becomes a picture."""
    async with screen.page(DASHBOARD, size, user=USER, dark=dark) as page:
        await page.evaluate(HIDDEN)
        await page.reload()
        await page.get_by_role("tab", name=tab).click()
        await asyncio.sleep(SETTLED)
        yield page
        await asyncio.sleep(SETTLED)
        await page.screenshot(path=IMAGES / f"{name}.png")
        print(f"docs/images/{name}.png", flush=True)


async def dialog_of_the_scan(folder: Path) -> None:
    """Photograph what the set-up of a line says after the scan."""
    terminal = Terminal(Wire(load("worn")), folder / "ttyBANK")
    terminal.plug()
    try:
        async with (
            House.open(folder / "house", free_port()) as house,
            Screen.open(house) as screen,
            screen.page("/config/integrations/dashboard?brand=battery_bank", DIALOG, user=USER) as page,
        ):
            await page.goto(f"{house.url}/config/integrations/dashboard/add?domain=battery_bank")
            await page.get_by_role("button", name="OK").click()
            await page.get_by_text("Serial port or USB adapter").click()
            await page.locator("ha-selector-serial_port").click()
            await page.get_by_text("Enter manually").click()
            await page.locator("ha-selector-serial_port").get_by_role("textbox", name="Port").fill(str(terminal.link))
            await page.get_by_text("Addresses to scan").click()
            await page.locator("ha-selector-number input").last.fill("45")
            await page.get_by_role("button", name="Submit").click()
            await page.get_by_text("Modules found").wait_for(timeout=120_000)
            await asyncio.sleep(SETTLED)
            await page.screenshot(path=IMAGES / "flow.png")
            print("docs/images/flow.png", flush=True)
    finally:
        await terminal.pull()


async def recording(folder: Path) -> None:
    """Record a discharge."""
    bank = bank_of_the_recording()
    async with shown(bank, folder, free_port()) as (house, _, _), Screen.open(house) as screen:
        await record(screen, bank, IMAGES / NAME, DASHBOARD, user=USER, script=HIDDEN)


async def pictures(folder: Path) -> None:
    """Photograph the dashboard."""
    async with shown(load("worn"), folder, free_port()) as (house, entry, _), Screen.open(house) as screen:
        async with picture(screen, "panel", PANEL, dark=True):
            pass
        async with picture(screen, "wall", DESKTOP, "String 1") as page:
            await page.get_by_role("button", name="Against baseline").click()
        async with picture(screen, "phone", PHONE, "String 1") as page:
            await page.get_by_role("grid").first.get_by_role("gridcell").nth(6).click()
        async with picture(screen, "discharge", DESKTOP, "Discharges") as page:
            await page.get_by_role("slider").evaluate(
                "slider => { slider.value = slider.max * 0.9; slider.dispatchEvent(new Event('input')); }"
            )
            await page.get_by_label("Compare").select_option(index=1)
        async with screen.page(DASHBOARD, PAPER, user=USER) as page:
            await page.get_by_role("tab", name="Maintenance").click()
            async with page.context.expect_page() as opened:
                await page.get_by_role("button", name="Report").first.click()
            report = await opened.value
            await report.get_by_role("heading").first.wait_for()
            await report.screenshot(path=IMAGES / "report.png")
            print("docs/images/report.png", flush=True)
        address = f"/config/integrations/integration/battery_bank#config_entry={entry['entry_id']}"
        async with screen.page(address, FORM, user=USER) as page:
            await page.get_by_role("button", name="Change string").first.click()
            await page.get_by_text("Alarm limits").click()
            await page.get_by_text("All voltages are those of one cell").wait_for()
            await asyncio.sleep(SETTLED)
            await page.screenshot(path=IMAGES / "limits.png")
            print("docs/images/limits.png", flush=True)


PARTS: Final = {"flow": dialog_of_the_scan, "pictures": pictures, "recording": recording}


def main() -> None:
    """Start from the command line, with the parts that are to be made, or without for all."""
    if chromium() is None:
        sys.exit("Pictures need Chromium (on Debian: apt install chromium).")
    for part in sys.argv[1:] or PARTS:
        with tempfile.TemporaryDirectory(prefix="battery-bank-pictures-", ignore_cleanup_errors=True) as folder:
            asyncio.run(PARTS[part](Path(folder)))


if __name__ == "__main__":
    main()
