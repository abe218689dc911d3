"""The recording of a discharge in the README: what a panel on the wall shows, from the mains failure to its summary."""

import asyncio
from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
import time
from typing import Any, Final

from PIL import Image
from playwright.async_api import CDPSession, Page

from .bank import Bank, load
from .screen import PANEL, Screen

NAME: Final = "discharge.gif"
WIDTH: Final = 800  # points of the recording
COLOURS: Final = 64
LOAD: Final = 90.0  # A, of 100 Ah: the curve goes far within the minutes of a recording
QUIET: Final = 9.0  # s before the mains fail
DISCHARGE: Final = 240.0  # s
EVERY: Final = 6.0  # s between two frames
SHOWN: Final = 160  # ms of each frame, so that it plays nearly 40 times as fast
LONG: Final = 1500  # ms of a frame to read: the first one, the begin, the end of the discharge, its summary
SETTLED: Final = 3.0  # s until a page stands still
LONGEST_END: Final = 300.0  # s until the recharge is sure
LARGEST: Final = 2_000_000  # bytes


@dataclass
class Film:
    """Frames of a page, and how long each is shown in ms."""

    page: Page
    debugger: CDPSession
    frames: list[Image.Image] = field(default_factory=list)
    times: list[int] = field(default_factory=list)

    async def frame(self, shown: int = SHOWN) -> None:
        """Take a frame by the debugging protocol of the browser, which doesn't wait for the page to be still."""
        answer: Mapping[str, Any] = await self.debugger.send("Page.captureScreenshot", {"format": "png"})
        self.add(answer["data"], shown)

    def add(self, png: str, shown: int) -> None:
        """Add a picture in base64."""
        with Image.open(BytesIO(b64decode(png))) as whole:
            size = WIDTH, round(whole.height * WIDTH / whole.width)
            self.frames.append(whole.convert("RGB").resize(size, Image.Resampling.LANCZOS))
        self.times.append(shown)

    async def during(self, seconds: float, stopped: Callable[[], Any] | None = None, every: float = EVERY) -> None:
        """Take frames for so long, or until `stopped` returns a result that is true."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            following = time.monotonic() + every
            await self.frame()
            if stopped and await stopped():
                return
            await asyncio.sleep(max(0.0, following - time.monotonic()))

    def save(self, path: Path) -> None:
        """Write the frames as GIF, with one palette for all, so that what stands still is stored once."""
        middle = self.frames[len(self.frames) // 2]
        sheet = Image.new("RGB", (WIDTH, middle.height * 3))
        for place, one in enumerate((self.frames[0], middle, self.frames[-1])):
            sheet.paste(one, (0, place * middle.height))
        palette = sheet.quantize(COLOURS, dither=Image.Dither.NONE)
        frames = [one.quantize(palette=palette, dither=Image.Dither.NONE) for one in self.frames]
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=self.times, loop=0, optimize=False)
        size = path.stat().st_size
        print(f"{path.name}: {len(frames)} frames, {size} bytes", flush=True)
        if size > LARGEST:
            raise ValueError(f"{path.name} is larger than {LARGEST} bytes.")


def bank_of_the_recording() -> Bank:
    """Return the bank of the demo before its battery 7 raises alarms: it is only a little weaker than the others."""
    bank = load("worn")
    weak = bank.strings["A"].batteries[6]
    weak.capacity_factor, weak.resistance_factor = 0.8, 1.1
    return bank


async def record(screen: Screen, bank: Bank, path: Path, address: str, *, user: str, script: str) -> None:
    """Let the mains fail and return before the first page, and write what it shows. `script` prepares the page."""
    async with screen.page(address, PANEL, user=user, dark=True) as page:
        await page.evaluate(script)
        await page.reload()
        await page.get_by_role("slider", name="Voltage").wait_for()
        await asyncio.sleep(QUIET)
        film = Film(page, await page.context.new_cdp_session(page))
        # "On battery since" until the mains are back, then "Discharge since" until the discharge is over.
        banner = page.get_by_role("status").filter(has_text=" since ")
        await film.frame(LONG)
        await film.during(QUIET)
        for string in bank.strings.values():
            string.load, string.mains = LOAD, False
        await film.during(60.0, banner.count, every=1.0)
        film.times[-1] = LONG
        await film.during(DISCHARGE)
        film.times[-1] = LONG
        for string in bank.strings.values():
            string.mains = True

        async def over() -> bool:
            return await banner.count() == 0

        await film.during(LONGEST_END, over)
        if not await over():
            raise TimeoutError("The banner of the discharge stays.")
        await asyncio.sleep(EVERY)
        await film.frame(LONG)
        await page.get_by_role("tab", name="Discharges").click()
        summary = page.locator("table.summary").first
        await summary.wait_for()
        await asyncio.sleep(SETTLED)
        await film.frame(LONG)
        await summary.evaluate("summary => summary.scrollIntoView({ block: 'end' })")
        await asyncio.sleep(SETTLED)
        await film.frame(3 * LONG)
    film.save(path)
