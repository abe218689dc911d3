"""The texts of every language fit into their places at the smallest sizes: none is cut off or lies on another."""

from typing import Final

from playwright.async_api import Page
import pytest

from custom_components.battery_bank.texts.translations import LANGUAGES
from simulator.screen import PHONE, Open

SMALL: Final = (800, 480)  # the first Touch Display
VIEWS: Final = [
    "card=summary&strings=2",
    "card=summary&strings=4&state=pending",
    "card=summary&strings=2&state=discharge",
    "card=summary&strings=4&state=unknown",
    "card=summary&state=down",
    "card=summary&state=partly",
    "card=summary&state=drill",
    "card=string&state=pending",
    "card=string&state=discharge&minutes=12",
    "card=wall&rack=10 2",
    "card=wall&quantity=ratio",
    "card=profile",
    "card=worst",
    "card=trend",
    "card=alarms",
    "card=heat",
    "card=resistance",
    "card=replay",
]
# A text is looked at as its lines on the screen. What a list scrolls to, or only a screen reader reads, is left out.
UNREADABLE: Final = """() => {
  const MOST = 0.5;
  const lines = [];
  const found = new Set();
  const up = node => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host ?? null;
  const shown = element => {
    const { width, height } = element.getBoundingClientRect();
    return element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && width > 1 && height > 1;
  };
  const place = (text, line) => {
    let { left, right, top, bottom } = line;
    let layer = null;
    for (let at = text.parentElement; at; at = up(at)) {
      const style = getComputedStyle(at);
      if (style.display === "contents") continue;
      if (!shown(at)) return;
      // A list that scrolls to the side, and not down, is meant to.
      if (style.overflowX === "auto" && at.scrollWidth > at.clientWidth && at.scrollHeight <= at.clientHeight) return;
      const box = at.getBoundingClientRect();
      if (["hidden", "clip"].includes(style.overflowX)) {
        left = Math.max(left, box.left);
        right = Math.min(right, box.right);
        // The design shortens a few texts with “…”, such as a name; the most of a text has to be seen.
        const least = style.textOverflow === "ellipsis" ? line.width * MOST : line.width - 1;
        if (right - left < least) found.add(`cut off: ${text.data.trim()}`);
      }
      const drawn = style.borderRightWidth !== "0px" || !style.backgroundColor.endsWith(", 0)");
      if (drawn && line.right > box.right + 1 && right > box.right + 1) found.add(`sticks out: ${text.data.trim()}`);
      if (style.overflowY !== "visible") {
        top = Math.max(top, box.top);
        bottom = Math.min(bottom, box.bottom);
        if (bottom - top < 1) return;
      }
      if (at.matches("dialog, [popover]")) { layer = at; break; }
    }
    lines.push({ text, layer, left, right, top, bottom });
  };
  const pen = new OffscreenCanvas(1, 1).getContext("2d");
  const chosen = select => {
    const { font, paddingLeft } = getComputedStyle(select);
    const words = select.selectedOptions[0].text;
    pen.font = font;
    if (shown(select) && pen.measureText(words).width + parseFloat(paddingLeft) > select.clientWidth)
      found.add(`cut off: ${words}`);
  };
  const walk = root => {
    for (const node of root.childNodes) {
      if (node.nodeType === Node.TEXT_NODE && node.data.trim()) {
        const range = document.createRange();
        range.selectNodeContents(node);
        for (const line of range.getClientRects()) if (line.width > 1) place(node, line);
      } else if (node.nodeType === Node.ELEMENT_NODE && !node.matches("style, script, option, svg")) {
        if (node.matches("select")) chosen(node);
        if (node.shadowRoot) walk(node.shadowRoot);
        walk(node);
      }
    }
  };
  walk(document.querySelector("#page"));
  lines.forEach((one, index) => {
    for (const other of lines.slice(index + 1)) {
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (one.layer === other.layer && one.text !== other.text && wide > 2 && high > 6)
        found.add(`overlap: ${one.text.data.trim()} / ${other.text.data.trim()}`);
    }
  });
  if (document.scrollingElement.scrollWidth > innerWidth) found.add("the page is wider than the screen");
  return [...found];
}"""


async def unreadable(page: Page) -> list[str]:
    """Return the texts that are cut off at the side or lie on each other."""
    found: list[str] = await page.evaluate(UNREADABLE)
    return found


@pytest.mark.parametrize("size", [SMALL, PHONE], ids=["small", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_view_can_be_read(harness: Open, language: str, size: tuple[int, int]) -> None:
    found = {}
    for query in VIEWS:
        async with harness(f"{query}&language={language}", size) as page:
            await page.locator("section[aria-busy=false]").first.wait_for()
            await page.wait_for_timeout(200)
            if wrong := await unreadable(page):
                found[query] = wrong
    assert found == {}


@pytest.mark.parametrize("size", [SMALL, PHONE], ids=["small", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_dialog_of_a_battery_can_be_read(harness: Open, language: str, size: tuple[int, int]) -> None:
    async with harness(f"card=wall&rack=10 2&language={language}", size) as page:
        await page.get_by_role("gridcell").nth(6).click()
        dialog = page.get_by_role("dialog")
        await dialog.locator("dl.facts").wait_for()
        await page.wait_for_timeout(200)
        assert await unreadable(page) == []
