"""The wall as the batteries stand, and what the configuration of a card changes."""

import re

from playwright.async_api import expect
import pytest

from simulator.screen import DESKTOP, PANEL, PHONE, Open

RACK = "card=wall&count=140&rack=20 3 from_bottom"


@pytest.mark.parametrize("size", [PANEL, PHONE, DESKTOP], ids=["panel", "phone", "desktop"])
async def test_battery_133_is_found_in_the_rack(harness: Open, size: tuple[int, int]) -> None:
    async with harness(RACK, size) as page:
        await page.get_by_role("button", name="Rack").click()
        tiers = page.get_by_role("grid")
        await expect(tiers).to_have_count(7)
        assert await tiers.evaluate_all("grids => grids.map(grid => grid.ariaLabel)") == [
            *(f"Row {row}, Tier {tier}" for row in (1, 2) for tier in (3, 2, 1)),
            "Row 3, Tier 1",
        ]
        lowest = page.get_by_role("grid", name="Row 3, Tier 1").get_by_role("gridcell")
        await expect(lowest).to_have_count(20)
        await lowest.nth(12).click()
        dialog = page.get_by_role("dialog", name="Battery 133, UPS A")
        await expect(dialog).to_contain_text("Row 3 · Tier 1, 13 from the left")
        wider = await page.evaluate("() => document.scrollingElement.scrollWidth - innerWidth")
        assert wider <= 0


@pytest.mark.parametrize(
    ("size", "places", "scrolls"),
    [
        *((PANEL, places, False) for places in (6, 10, 12, 20)),
        (PANEL, 24, True),
        (PHONE, 6, False),
        *((PHONE, places, True) for places in (10, 12, 20, 24)),
    ],
)
async def test_a_rack_fits_or_says_that_it_scrolls(
    harness: Open, size: tuple[int, int], places: int, scrolls: bool
) -> None:
    query = f'card=wall&count={2 * places}&rack={places} 2 from_bottom&config={{"rack": true}}'
    async with harness(query, size) as page:
        hint = page.get_by_text("The rack is wider than the card.")
        await expect(page.get_by_role("gridcell")).to_have_count(2 * places)
        await (expect(hint).to_be_visible() if scrolls else expect(hint).to_be_hidden())
        wider = await page.locator(".rack").evaluate("rack => rack.scrollWidth - rack.clientWidth")
        assert (wider > 1) is scrolls
        # The battery with an alarm is not out of sight at the beginning.
        seven = await page.get_by_role("gridcell", name="Battery 7:").bounding_box()
        around = await page.locator(".rack").bounding_box()
        assert seven
        assert around
        assert seven["x"] >= around["x"]
        assert seven["x"] + seven["width"] <= around["x"] + around["width"] + 1


async def test_where_the_numbers_turn_a_tier_that_is_not_full_ends_on_the_right(harness: Open) -> None:
    async with harness("card=wall&count=16&rack=10 2 from_top_turning", DESKTOP) as page:
        await page.get_by_role("button", name="Rack").click()
        upper, lower = page.get_by_role("grid").nth(0), page.get_by_role("grid").nth(1)
        above = await upper.get_by_role("gridcell").last.bounding_box()
        below = await lower.get_by_role("gridcell").last.bounding_box()
        assert above
        assert below
        assert abs(above["x"] - below["x"]) < 1  # battery 11 stands below battery 10
        await expect(lower.get_by_role("gridcell").last).to_contain_text("11")
        await expect(lower.get_by_role("gridcell")).to_have_count(6)


async def test_a_wall_shows_what_its_configuration_says(harness: Open) -> None:
    config = '{"title": "Left rack", "batteries": "5-8, 20", "columns": 2, "decimals": 1, "hide_legend": true}'
    async with harness(f"card=wall&well&config={config}") as page:
        await expect(page.get_by_role("heading", name="Left rack")).to_be_visible()
        cells = page.get_by_role("gridcell")
        await expect(cells).to_have_count(5)
        await expect(page.get_by_role("row")).to_have_count(3)
        await expect(cells.first).to_have_text(re.compile(r"^5 13\.\d$"))
        await expect(page.locator(".legend")).to_have_count(0)
        await cells.last.click()
        await expect(page.get_by_role("dialog", name="Battery 20, UPS A")).to_be_visible()
