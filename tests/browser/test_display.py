"""What people do with the display: a browser clicks through a real Home Assistant with a simulated bank."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
import re
from urllib.parse import urlsplit

from playwright.async_api import Locator, Page, expect
import pytest

from simulator.bank import Bank
from simulator.house import House
from simulator.screen import DESKTOP, PANEL, PHONE, Open, ask
from simulator.wire import Terminal

SMALL = (800, 480)  # the first Touch Display
SIZES = [
    pytest.param(PANEL, id="panel"),
    pytest.param(SMALL, id="small"),
    pytest.param(PHONE, id="phone"),
    pytest.param(DESKTOP, id="desktop"),
]
BOTH = [pytest.param(False, id="light"), pytest.param(True, id="dark")]

SETTLED = 600  # ms after which a question can be answered

OLD = re.compile("The values (may be old|are from)")

expect.set_options(timeout=15_000)


async def go(page: Page, title: str) -> None:
    """Open one of the dashboard's pages by its tab."""
    await page.get_by_role("tab", name=title).click()


def alarm_list(page: Page) -> Locator:
    return page.get_by_role("region", name="Alarms")


async def overflow(page: Page) -> tuple[float, float]:
    """Return by how much the page is wider and higher than the screen."""
    wider, higher = await page.evaluate(
        "() => { const { scrollWidth, scrollHeight } = document.scrollingElement;"
        " return [scrollWidth - innerWidth, scrollHeight - innerHeight]; }"
    )
    return wider, higher


async def test_somebody_adds_the_dashboard(open_page: Open) -> None:
    async with open_page("/config/lovelace/dashboards") as page:
        await page.get_by_text("Add dashboard").first.click()
        await page.get_by_text("Battery bank", exact=True).click()
        await page.locator("input[name=title]").fill("Battery room")
        await page.get_by_role("button", name="Create").click()
        await page.get_by_text("Battery room").first.wait_for()
        await page.goto(f"{urlsplit(page.url)._replace(path='/battery-room').geturl()}")
        for name in ("String 1", "String 2"):
            await expect(page.get_by_role("article", name=name)).to_be_visible()
        await expect(page.get_by_role("tab")).to_have_count(6)


@pytest.mark.parametrize("dark", BOTH)
@pytest.mark.parametrize("size", SIZES)
async def test_the_first_page_says_who_is_ill(open_page: Open, size: tuple[int, int], dark: bool) -> None:
    async with open_page(size=size, dark=dark) as page:
        first, second = (page.get_by_role("article", name=f"String {number}") for number in (1, 2))
        await expect(alarm_list(page)).to_contain_text("String 1 · Battery 7")
        await expect(alarm_list(page)).to_contain_text("Empty or reversed battery")
        await expect(second).to_contain_text("OK")
        await expect(page.get_by_role("slider", name="Voltage")).to_have_attribute(
            "aria-valuetext", re.compile("^Battery")
        )
        wider, higher = await overflow(page)
        assert wider <= 0
        if size == PHONE:  # state and alarms are above the strings
            alarms, figures = await alarm_list(page).bounding_box(), await first.bounding_box()
            assert alarms
            assert figures
            assert alarms["y"] < figures["y"]
        else:
            assert higher <= 0  # no scrolling on the first page
        paper, ink = await first.evaluate(
            "element => { let paper = '', at = element;"
            " for (; at && !(paper.startsWith('rgb(')); at = at.parentNode ?? at.host)"
            " if (at instanceof Element) paper = getComputedStyle(at).backgroundColor;"
            " return [paper, getComputedStyle(element).color]; }"
        )
        assert (brightness(ink) > brightness(paper)) is dark
        for button in await first.get_by_role("button").all():
            box = await button.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 40  # for fingers


def brightness(colour: str) -> float:
    parts = [float(part) for part in re.findall(r"[\d.]+", colour)]
    return sum(parts[:3])


@pytest.mark.parametrize("dark", BOTH)
@pytest.mark.parametrize("size", SIZES)
async def test_every_battery_is_on_the_wall(open_page: Open, size: tuple[int, int], dark: bool) -> None:
    async with open_page(size=size, dark=dark) as page:
        await go(page, "String 1")
        wall = page.get_by_role("grid").first
        cells = wall.get_by_role("gridcell")
        await expect(cells).to_have_count(20)
        await expect(cells.nth(6)).to_have_accessible_name(re.compile(r"^Battery 7: .*Alarm"))
        await expect(cells.nth(0)).to_have_accessible_name(re.compile(r"^Battery 1: 13\.\d\d\sV"))
        marks = await cells.evaluate_all("cells => cells.map(cell => cell.dataset.mark)")
        assert marks[6] != marks[0]
        boxes = [await cell.bounding_box() for cell in await cells.all()]
        places = [(box["y"], box["x"]) for box in boxes if box]
        assert places == sorted(places)
        assert len(places) == 20
        assert (await overflow(page))[0] <= 0
        await page.get_by_role("button", name="Against baseline").click()
        await expect(cells.nth(6)).to_contain_text("13")  # %, of its baseline
        await expect(cells.nth(6)).to_have_accessible_name(re.compile(r"1[34]\d\s% Against baseline"))


async def test_keys_alone_open_a_battery(open_page: Open) -> None:
    async with open_page() as page:
        await go(page, "String 1")
        cells = page.get_by_role("grid").first.get_by_role("gridcell")
        await cells.nth(0).focus()
        for _ in range(6):
            await page.keyboard.press("ArrowRight")
        await expect(cells.nth(6)).to_be_focused()
        await page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Battery 7, String 1")
        await expect(dialog).to_contain_text("Resistance over time")
        await expect(dialog).to_contain_text("Alarm limit between")
        await page.keyboard.press("Escape")
        await expect(dialog).to_be_hidden()
        await expect(cells.nth(6)).to_be_focused()


async def test_an_alarm_appears_and_is_acknowledged(open_page: Open, bank: Bank) -> None:
    battery = bank.strings["A"].batteries[11]
    async with open_page() as page:
        first = page.get_by_role("article", name="String 1")
        await expect(first).to_be_visible()
        await expect(alarm_list(page)).not_to_contain_text("Battery 12")
        await go(page, "String 1")
        cell = page.get_by_role("grid").first.get_by_role("gridcell").nth(11)
        before = await cell.get_attribute("data-mark")
        await cell.click()
        dialog = page.get_by_role("dialog", name="Battery 12, String 1")
        battery.resistance_factor *= 1.8
        await dialog.get_by_role("button", name="Test resistance").click()
        # 30 s of load, and the look at the result.
        await expect(dialog).to_contain_text("Resistance above baseline", timeout=90_000)
        await expect(cell).not_to_have_attribute("data-mark", str(before))
        await expect(cell).to_have_accessible_name(re.compile("Alarm"))
        await dialog.get_by_role("button", name="Acknowledge").click()
        question = page.get_by_role("dialog", name=re.compile(r"^Acknowledge (this alarm|these \d alarms)"))
        await question.get_by_label("Note").fill("Battery ordered")
        await page.wait_for_timeout(SETTLED)
        await question.get_by_role("button", name="Acknowledge").click()
        await expect(dialog.get_by_role("button", name="Acknowledge")).to_be_hidden()
        await expect(dialog).to_contain_text(re.compile("Acknowledged by Demo.*: Battery ordered"))
        await page.keyboard.press("Escape")
        await go(page, "Overview")
        noted = re.compile(r"Battery 12.*Acknowledged by Demo.*: Battery ordered", re.DOTALL)
        await expect(alarm_list(page)).to_contain_text(noted)


async def test_what_is_known_of_a_battery_is_in_its_dialog_and_begins_again_with_a_new_one(open_page: Open) -> None:
    async with open_page() as page:
        await go(page, "String 2")
        await page.get_by_role("grid").first.get_by_role("gridcell").nth(4).click()
        dialog = page.get_by_role("dialog", name="Battery 5, String 2")
        facts = dialog.locator("dl.facts")
        await expect(facts).to_contain_text(re.compile(r"Module\s*RMS-T[AV] · Address \d+ · firmware [0-9A-F]{4}"))
        await expect(facts).to_contain_text("Last tests")
        await dialog.get_by_role("button", name="Replace battery").click()
        await dialog.get_by_label("Serial number").fill("SN 4712")
        await dialog.get_by_label("Manufacturer").fill("Acme")
        await dialog.get_by_label("Type").fill("AGM 100")
        await dialog.get_by_role("button", name="Replace", exact=True).click()
        await expect(facts).to_contain_text(re.compile(r"Type\s*Acme · AGM 100 · 12\sV"))
        await expect(facts).to_contain_text(re.compile(r"Serial number\s*SN 4712"))
        await expect(facts).to_contain_text(re.compile(r"Replaced\s*\S+ \d+, \d+ · Demo · Acme · AGM 100 · SN 4712"))


async def test_a_discharge_is_replayed(open_page: Open) -> None:
    async with open_page() as page:
        await go(page, "Discharges")
        await expect(page.get_by_role("group", name="Discharges").get_by_role("button")).to_have_count(2)
        await expect(
            page.get_by_role("button", name=re.compile("Battery 7 below the end voltage after 1 h"))
        ).to_be_visible()
        slider = page.get_by_role("slider", name="Time into the discharge")
        cells = page.get_by_role("grid").last.get_by_role("gridcell")
        marks = {}
        for key in ("Home", "End"):
            await slider.press(key)
            marks[key] = await cells.evaluate_all("cells => cells.map(cell => cell.dataset.mark)")
            assert marks[key].count("offline") == 0
        assert marks["Home"][6] != marks["End"][6]
        assert marks["Home"][0] == marks["End"][0]
        await expect(page.get_by_text("Compared with")).to_have_count(0)
        await page.get_by_label("Compare").select_option(index=1)
        await expect(page.get_by_text("Compared with")).to_be_visible()


@pytest.mark.timeout(300)
async def test_a_discharge_is_shown_as_it_happens(open_page: Open, bank: Bank) -> None:
    string = bank.strings["A"]
    async with open_page(size=PANEL) as page:
        banner = page.get_by_role("status").filter(has_text="On battery since")
        await expect(page.get_by_role("slider", name="Voltage")).to_be_visible()
        await expect(banner).to_have_count(0)
        string.mains = False
        try:
            since = re.compile(r"String 1 · On battery since .*\d\ss\s.*\d\sAh.*\d\sA", re.DOTALL)
            await expect(banner).to_contain_text(since)
            articles = page.get_by_role("article")
            await expect(articles.first).to_have_accessible_name("String 1")  # before all others
            chart = page.get_by_role("img", name=re.compile("^Discharge now"))
            await expect(chart).to_have_accessible_name(re.compile(r"Average 1[12]\.\d\d\sV"))
            assert (await overflow(page))[1] <= 0
            await go(page, "Discharges")
            running = page.get_by_role("button", name=re.compile("Running"))
            drawn = float((re.search(r"([\d.]+)\sAh", await running.inner_text()) or ["", "nan"])[1])
            table = page.get_by_role("table", name="Summary")
            await expect(table).to_contain_text("Duration")

            async def grows() -> None:
                text = await running.inner_text()
                found = re.search(r"([\d.]+)\sAh", text)
                assert found
                assert float(found[1]) > drawn
                assert found[0] in await table.inner_text()

            await eventually(grows)
        finally:
            string.mains = True
        await go(page, "Overview")
        recharged = page.get_by_role("status").filter(has_text="Discharge since")
        await expect(recharged).to_be_visible()
        await expect(recharged).not_to_contain_text("lasts")
        await expect(recharged).to_have_count(0, timeout=150_000)  # the recharge has to last until it is sure
        await expect(banner).to_have_count(0)
        await expect(page.get_by_role("slider", name="Voltage")).to_be_visible()


async def eventually(check: Callable[[], Awaitable[None]], seconds: float = 30.0) -> None:
    """Repeat a check until it passes."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                return await check()
            except AssertionError:
                await asyncio.sleep(0.5)


async def test_the_report_prints(open_page: Open, tmp_path: Path) -> None:
    async with open_page() as page:
        await go(page, "Maintenance")
        async with page.context.expect_page() as opened:
            await page.get_by_role("button", name="Report").first.click()
        report = await opened.value
        await report.get_by_role("heading", name="String 1").first.wait_for()
        await expect(report.locator("body")).to_contain_text("NOT measured by this installation")
        assert await report.evaluate("document.querySelectorAll('script').length") == 0
        paper = tmp_path / "report.pdf"
        await report.pdf(path=paper, format="A4", prefer_css_page_size=True)
        async with page.expect_download() as saved:
            await page.get_by_role("button", name="CSV").first.click()
        table = tmp_path / "report.csv"
        await (await saved.value).save_as(table)
    assert table.read_bytes().count(b"\n") == 21
    assert paper.read_bytes().count(b"/Type /Page\n") >= 2


async def test_people_read_their_own_language(open_page: Open) -> None:
    async with open_page() as page:
        told = {"type": "frontend/set_user_data", "key": "language"}
        await ask(page, told | {"value": {"language": "de", "number_format": "language"}})
        try:
            await page.reload()
            await expect(page.get_by_role("article", name="String 1")).to_contain_text("Spannung")
            await expect(page.get_by_role("article", name="String 1")).to_contain_text(re.compile(r"272,\d"))
        finally:
            await ask(page, told | {"value": {"language": "en", "number_format": "language"}})


@pytest.mark.timeout(120)
async def test_a_line_that_is_down_shows_no_old_numbers(open_page: Open, terminal: Terminal) -> None:
    async with open_page() as page:
        first, second = (page.get_by_role("article", name=f"String {number}") for number in (1, 2))
        await expect(first).to_contain_text("272.")
        await terminal.pull()
        try:
            await expect(first).to_contain_text("Line down", timeout=40_000)
            await expect(first).not_to_contain_text("272.")
            await expect(second).to_contain_text("Not monitored")
            await expect(alarm_list(page)).not_to_contain_text("within their limits")
            await go(page, "String 1")
            cell = page.get_by_role("grid").first.get_by_role("gridcell").first
            await expect(cell).to_have_attribute("data-mark", "offline")
        finally:
            terminal.plug()
        await go(page, "Overview")
        await expect(first).to_contain_text("272.", timeout=40_000)


@pytest.mark.timeout(180)
async def test_the_page_lives_through_a_restart(open_page: Open, house: House) -> None:
    async with open_page(size=PANEL) as page:
        first = page.get_by_role("article", name="String 1")
        await expect(first).to_contain_text("272.")
        restarted = asyncio.create_task(house.restart())
        await expect(page.get_by_text(OLD).first).to_be_visible(timeout=40_000)
        await restarted
        await expect(first).to_contain_text("272.", timeout=90_000)
        await expect(page.get_by_text(OLD)).to_have_count(0, timeout=60_000)
