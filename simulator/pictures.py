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
from .house import ROOT, USER
from .screen import DESKTOP, PANEL, PHONE, Screen, chromium

IMAGES: Final = ROOT / "docs/images"
PAPER: Final = (794, 1123)  # A4 at 96 dots per inch
DASHBOARD: Final = "/battery-bank"
SETTLED: Final = 2.5  # s until nothing moves any more
HIDDEN: Final = "localStorage.setItem('dockedSidebar', '\"always_hidden\"')"  # as on a panel on the wall


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


async def pictures(folder: Path) -> None:
    """Make all of them."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    async with shown(load("worn"), folder, port) as (house, _, _), Screen.open(house) as screen:
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


def main() -> None:
    """Start from the command line."""
    if chromium() is None:
        sys.exit("Pictures need Chromium (on Debian: apt install chromium).")
    with tempfile.TemporaryDirectory(prefix="battery-bank-pictures-", ignore_cleanup_errors=True) as folder:
        asyncio.run(pictures(Path(folder)))


if __name__ == "__main__":
    main()
