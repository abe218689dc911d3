"""A real browser before a real Home Assistant with a simulated bank; `scripts/test-display` runs these."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
import socket
import threading
from typing import Any, override

from playwright.async_api import Page
import pytest

from simulator.bank import Bank, load
from simulator.demo import shown
from simulator.house import USER, House
from simulator.screen import PANEL, Open, Screen, browser
from simulator.wire import Terminal

DASHBOARD = "/battery-bank"
OURS = "/battery_bank/"  # the path of our files

ROOT = Path(__file__).parent.parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of the acknowledgement last: all tests share one house, and an acknowledgement stays."""
    items.sort(key=lambda item: item.path.name == "test_acknowledge.py")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def port() -> int:
    """Return a port on which nothing listens."""
    return free_port()


@pytest.fixture(scope="session")
def bank() -> Bank:
    """Return two strings of 20 with a past; battery 7 of the first has worn."""
    return load("worn")


@pytest.fixture(scope="session")
async def running(bank: Bank, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[tuple[House, Terminal]]:
    async with shown(bank, tmp_path_factory.mktemp("demo"), free_port()) as (house, _, terminal):
        yield house, terminal


@pytest.fixture(scope="session")
def house(running: tuple[House, Terminal]) -> House:
    return running[0]


@pytest.fixture
def terminal(running: tuple[House, Terminal]) -> Terminal:
    return running[1]


@pytest.fixture(scope="session")
async def screen(house: House) -> AsyncGenerator[Screen]:
    async with Screen.open(house) as screen:
        yield screen


@pytest.fixture
def open_page(screen: Screen) -> Open:
    """Return what opens a page of the dashboard, and fails if one of our files complains there."""
    return partial(_open, screen)


@asynccontextmanager
async def _open(
    screen: Screen, path: str = DASHBOARD, size: tuple[int, int] = (1440, 900), *, user: str = USER, dark: bool = False
) -> AsyncGenerator[Page]:
    complaints: list[str] = []
    async with screen.page(path, size, user=user, dark=dark) as page:
        page.on("pageerror", lambda error: complaints.append(str(error.stack)) if OURS in str(error.stack) else None)
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text) if message.type == "error" and OURS in message.location["url"] else None
            ),
        )
        yield page
    assert not complaints


class _Quiet(SimpleHTTPRequestHandler):
    @override
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
async def harness() -> AsyncGenerator[Open]:
    """Return what opens cards made by hand, without Home Assistant around them; fails if one of them complains."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=ROOT)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            async with browser() as chromium:

                @asynccontextmanager
                async def _open(
                    query: str, size: tuple[int, int] = PANEL, *, without: str | None = None
                ) -> AsyncGenerator[Page]:
                    page = await chromium.new_page(viewport={"width": size[0], "height": size[1]})
                    complaints: list[str] = []
                    page.on("pageerror", lambda error: complaints.append(str(error.stack)))
                    if without:
                        await page.route(f"**/{without}", lambda route: route.fulfill(status=404))
                    await page.goto(f"http://127.0.0.1:{server.server_address[1]}/frontend/test/harness.html?{query}")
                    yield page
                    await page.close()
                    assert not complaints

                yield _open
        finally:
            server.shutdown()
