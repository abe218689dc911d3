"""A person's browser: Debian's Chromium, logged in to a house. Other browsers have other words for their switches."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
import shutil
from typing import Any, Final, Self

from playwright.async_api import Browser, Page, StorageState, async_playwright

from .house import House

PANEL: Final = (1024, 600)
PHONE: Final = (390, 844)
DESKTOP: Final = (1440, 900)

type Open = Callable[..., AbstractAsyncContextManager[Page]]  # opens a page by its path

# As root in a container there is no sandbox, and nothing here is to look for a network.
SWITCHES: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def chromium() -> str | None:
    """Return where the browser is, or None if this machine has none."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


@asynccontextmanager
async def browser() -> AsyncGenerator[Browser]:
    """Start the browser; close it at the end."""
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium(), args=list(SWITCHES))
        try:
            yield running
        finally:
            await running.close()


@dataclass
class Screen:
    """A browser in which people are logged in to a house, each once."""

    chromium: Browser
    house: House
    _known: dict[str, StorageState] = field(default_factory=dict)

    @classmethod
    @asynccontextmanager
    async def open(cls, house: House) -> AsyncGenerator[Self]:
        """Start the browser; close it at the end."""
        async with browser() as running:
            yield cls(running, house)

    @asynccontextmanager
    async def page(
        self, path: str = "/", size: tuple[int, int] = DESKTOP, *, user: str, dark: bool = False, scale: float = 1
    ) -> AsyncGenerator[Page]:
        """Open a page of the house as a user, whose password is the name."""
        context = await self.chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            device_scale_factor=scale,
            has_touch=size != DESKTOP,
            storage_state=self._known.get(user),
        )
        try:
            page = await context.new_page()
            await page.goto(self.house.url + path)
            if user not in self._known:
                await page.locator("input[name=username]").fill(user)
                await page.locator("input[name=password]").fill(user)
                await page.keyboard.press("Enter")
                await page.locator("home-assistant-main").wait_for()
                self._known[user] = await context.storage_state()
            await page.locator("home-assistant-main").wait_for()
            yield page
        finally:
            await context.close()


async def ask(page: Page, message: dict[str, Any]) -> Any:
    """Send a command over the page's own connection."""
    return await page.evaluate("message => document.querySelector('home-assistant').hass.callWS(message)", message)
