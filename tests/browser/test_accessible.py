"""Every view, in light and dark, has no violation of the rules of axe-core."""

from pathlib import Path

from playwright.async_api import Page, expect
import pytest

from simulator.screen import DESKTOP, PHONE, Open

AXE = Path(__file__).parent.parent.parent / "frontend/node_modules/axe-core/axe.min.js"
# Rules for the page around the cards, which is that of Home Assistant, or here of the harness.
OF_THE_PAGE = ["region", "landmark-one-main", "page-has-heading-one"]
CHECK = """async off => {
  const rules = Object.fromEntries(off.map(rule => [rule, { enabled: false }]));
  const { violations } = await axe.run(document, { rules });
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, html, failureSummary }) =>
    `${id}: ${target.flat().join(" ")} ${html.slice(0, 200)} ${failureSummary}`));
}"""
VIEWS = [
    "card=summary&strings=2",
    "card=summary&strings=8",
    "card=summary&state=discharge",
    "card=summary&state=down",
    "card=string&state=pending",
    "card=wall",
    "card=wall&quantity=deviation",
    'card=wall&count=140&rack=20 3 from_bottom&config={"rack": true}',
    "card=profile",
    "card=worst",
    "card=trend",
    "card=alarms",
    "card=heat",
    "card=resistance",
    "card=replay",
]


OURS = " battery-bank-"  # in the path to an element of a card


async def violations(page: Page) -> list[str]:
    await page.add_script_tag(path=AXE)
    found: list[str] = await page.evaluate(CHECK, OF_THE_PAGE)
    return found


@pytest.mark.parametrize("query", VIEWS)
@pytest.mark.parametrize("dark", ["", "&dark"], ids=["light", "dark"])
async def test_a_view_breaks_no_rule(harness: Open, query: str, dark: str) -> None:
    async with harness(query + dark, DESKTOP) as page:
        await page.locator("section[aria-busy=false]").first.wait_for()
        await page.wait_for_timeout(300)
        assert await violations(page) == []


@pytest.mark.parametrize("dark", ["", "&dark"], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_the_dialog_of_a_battery_breaks_no_rule(harness: Open, size: tuple[int, int], dark: str) -> None:
    async with harness(f"card=wall&rack=10 2{dark}", size) as page:
        await page.get_by_role("gridcell").nth(6).click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_text("Resistance over time").wait_for()
        await dialog.get_by_role("button", name="Replace battery").click()
        assert await violations(page) == []


@pytest.mark.parametrize("dark", ["", "&dark"], ids=["light", "dark"])
async def test_the_question_before_an_acknowledgement_breaks_no_rule(harness: Open, dark: str) -> None:
    async with harness(f"card=alarms&strings=2{dark}", PHONE) as page:
        await page.get_by_role("button", name="Acknowledge", exact=True).click()
        await page.get_by_role("dialog").get_by_role("listitem").first.wait_for()
        assert await violations(page) == []


async def test_no_view_of_the_dashboard_breaks_a_rule(open_page: Open) -> None:
    async with open_page() as page:
        await page.add_script_tag(path=AXE)
        for tab in await page.get_by_role("tab").all():
            await tab.click()
            await page.locator("section.card[aria-busy=false]").first.wait_for()
            await expect(page.locator("section.card[aria-busy=true]")).to_have_count(0)
            found: list[str] = await page.evaluate(CHECK, OF_THE_PAGE)
            assert [one for one in found if OURS in one] == []
        await page.get_by_role("tab", name="String 1").click()
        await page.get_by_role("gridcell").first.click()
        await page.get_by_role("dialog").get_by_text("Resistance over time").wait_for()
        found = await page.evaluate(CHECK, OF_THE_PAGE)
        assert [one for one in found if OURS in one] == []
