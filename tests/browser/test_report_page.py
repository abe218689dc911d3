"""The report in a browser: no violation of the rules of axe-core, and pages of the paper that was asked for."""

from pathlib import Path
import re

import pytest

from simulator.house import USER, House
from simulator.screen import DESKTOP, PHONE, Screen, ask

AXE = Path(__file__).parent.parent.parent / "frontend/node_modules/axe-core/axe.min.js"
CHECK = """async () => {
  const { violations } = await axe.run(document);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}"""
# Chinese has no spaces between words: a word of two characters may break between them.
BROKEN = """() => [...document.querySelectorAll("th, td")].flatMap(({ textContent, firstChild }) => {
  if (textContent.length !== 2) return [];
  const range = new Range();
  range.selectNodeContents(firstChild);
  return range.getClientRects().length > 1 ? [textContent] : [];
})"""
# The numbers of many batteries, as a name without a space would be, in all that is not a table.
LONG = """() => {
  const long = Array.from({ length: 60 }, (_, index) => index + 1).join(",");
  const kinds = ".verdict, .findings span, h1, h2, h3, dt, dd, .note, .sign div, figcaption";
  for (const one of document.querySelectorAll(kinds)) one.textContent = long;
  return document.documentElement.scrollWidth;
}"""
# Width and height in points of 1/72 inch.
PAPERS = {"a4": (595, 842), "letter": (612, 792)}
BETWEEN_MARGINS = (688, 998)  # of A4, in dots of 1/96 inch


@pytest.mark.parametrize(("language", "paper"), [("en", "a4"), ("de", "letter"), ("zh-Hans", "a4")])
async def test_the_report_is_accessible_and_has_its_paper(
    screen: Screen, house: House, tmp_path: Path, language: str, paper: str
) -> None:
    async with screen.page("/battery-bank", DESKTOP, user=USER) as page:
        (line,) = await ask(page, {"type": "config_entries/get", "domain": "battery_bank"})
        path = f"/api/battery_bank/report/{line['entry_id']}.html?language={language}&paper={paper}"
        signed = await ask(page, {"type": "auth/sign_path", "path": path})
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        await page.goto(house.url + signed["path"])
        assert await page.locator("html").get_attribute("lang") == language
        assert await page.locator("h1").all_inner_texts() == ["String 1", "String 2"]
        printed = tmp_path / "report.pdf"
        await page.pdf(path=printed, prefer_css_page_size=True)
        assert sizes(printed) == {PAPERS[paper]}
        assert await page.evaluate(BROKEN) == []
        assert complaints == []
        if not AXE.exists():
            pytest.skip("axe-core is not installed")
        await page.add_script_tag(path=AXE)
        assert await page.evaluate(CHECK) == []


@pytest.mark.parametrize("language", ["en", "de", "es", "fr"])
async def test_the_report_can_be_read_on_a_phone(screen: Screen, house: House, language: str) -> None:
    async with screen.page("/battery-bank", PHONE, user=USER) as page:
        (line,) = await ask(page, {"type": "config_entries/get", "domain": "battery_bank"})
        path = f"/api/battery_bank/report/{line['entry_id']}.html?language={language}"
        signed = await ask(page, {"type": "auth/sign_path", "path": path})
        await page.goto(house.url + signed["path"])
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
        widths = await page.evaluate("Array.from(document.querySelectorAll('dt, dd'), one => one.clientWidth)")
        assert min(widths) > PHONE[0] / 3
        assert await page.evaluate(LONG) == PHONE[0]


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "zh-Hans"])
async def test_no_table_is_wider_than_the_paper(screen: Screen, house: House, language: str) -> None:
    async with screen.page("/battery-bank", BETWEEN_MARGINS, user=USER) as page:
        (line,) = await ask(page, {"type": "config_entries/get", "domain": "battery_bank"})
        path = f"/api/battery_bank/report/{line['entry_id']}.html?language={language}&paper=a4"
        signed = await ask(page, {"type": "auth/sign_path", "path": path})
        await page.emulate_media(media="print")
        await page.goto(house.url + signed["path"])
        widths = await page.evaluate("Array.from(document.querySelectorAll('table'), one => one.scrollWidth)")
        assert len(widths) > 1
        assert max(widths) <= BETWEEN_MARGINS[0]


def sizes(printed: Path) -> set[tuple[int, int]]:
    """Return width and height of the pages of a PDF."""
    boxes = re.findall(r"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", printed.read_bytes().decode("latin-1"))
    return {(round(float(width)), round(float(height))) for width, height in boxes}
