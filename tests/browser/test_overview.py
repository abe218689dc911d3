"""The first page, the bar profile and the discharge under way, without Home Assistant around them."""

import re

from playwright.async_api import Page, expect
import pytest

from custom_components.battery_bank.texts.translations import LANGUAGES
from simulator.screen import DESKTOP, PANEL, PHONE, Open

SMALL = (800, 480)

SEND = """changes => {
  const strings = [{ id: window.snapshot.strings[0].id, ...changes }];
  window.hass.send({ kind: "update", at: Date.now() / 1000, lines: [], strings });
}"""


async def cut_off(page: Page) -> list[str]:
    """Return what does not fit into its place on the first page: the page, a box, a figure."""
    found: list[str] = await page.evaluate(
        """() => {
          const wrong = [];
          const { scrollWidth, scrollHeight } = document.scrollingElement;
          if (scrollWidth > innerWidth || scrollHeight > innerHeight) wrong.push("page");
          const overview = document.querySelector("battery-bank-summary").firstElementChild.shadowRoot
            .querySelector("battery-bank-overview").shadowRoot;
          const bottom = overview.querySelector("footer").getBoundingClientRect().bottom;
          if (bottom > innerHeight) wrong.push("footer");
          for (const box of overview.querySelectorAll("battery-bank-figures")) {
            const dds = [...box.shadowRoot.querySelectorAll("dd:not(.note)")];
            const { right } = box.getBoundingClientRect();
            const places = dds.map(dd => [dd.getBoundingClientRect(), dd.lastElementChild.getBoundingClientRect()]);
            if (places.some(([, end]) => end.right > right)) wrong.push("figure");
            const meets = ([row, end], index) => {
              const next = places[index + 1]?.[0];
              return next && next.left > row.left && next.top < row.bottom && end.right > next.left;
            };
            if (places.some(meets)) wrong.push("figures overlap");
          }
          const plot = overview.querySelector(".plot").getBoundingClientRect();
          if (plot.height < 80) wrong.push(`chart of ${plot.height} px`);
          return wrong;
        }"""
    )
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [PANEL, SMALL, DESKTOP], ids=["panel", "small", "desktop"])
async def test_nothing_scrolls_on_the_first_page(harness: Open, size: tuple[int, int], language: str) -> None:
    discharge = "strings=2&state=discharge"
    for query in ("strings=1", discharge, "strings=4&count=240", f"{discharge}&nominal=2"):
        async with harness(f"card=summary&{query}&language={language}", size) as page:
            await page.locator("battery-bank-chart canvas").wait_for()
            assert await cut_off(page) == [], query


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("size", [PANEL, SMALL], ids=["panel", "small"])
async def test_the_figures_of_a_large_string_stand_apart(harness: Open, size: tuple[int, int], language: str) -> None:
    """The unit of a current of 150.0 A stood in the charge beside it."""
    async with harness(f"card=summary&strings=2&state=discharge&language={language}", size) as page:
        await page.locator("battery-bank-chart canvas").wait_for()
        await page.evaluate(SEND, {"values": {"current": -1250.4, "voltage": 532.8, "state_of_charge": 100}})
        await expect(page.locator("battery-bank-figures").first).to_contain_text("250")
        assert await cut_off(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("query", ["strings=2", "strings=2&state=discharge"])
async def test_figures_fit_beside_an_open_sidebar(harness: Open, query: str, language: str) -> None:
    async with harness(f"card=summary&{query}&language={language}", PANEL) as page:
        await page.locator("battery-bank-chart canvas").wait_for()
        # What the sidebar of Home Assistant takes of the page; the window stays as wide as it is.
        await page.add_style_tag(content="body { margin: 0 0 0 256px !important }")
        boxes = await page.locator("battery-bank-figures").all()
        await expect(page.locator("battery-bank-figures").first).to_have_css("width", re.compile(r"^2[0-9]{2}"))
        assert len(boxes) == 2
        assert await cut_off(page) == []


async def test_eight_strings_are_eight_rows(harness: Open) -> None:
    async with harness("card=summary&strings=8", PANEL) as page:
        await page.locator("battery-bank-chart canvas").wait_for()
        assert await cut_off(page) == []
        last = await page.get_by_role("article").last.bounding_box()
        chart = await page.locator(".plot").bounding_box()
        assert last
        assert chart
        assert last["y"] + last["height"] <= chart["y"]


async def test_the_state_and_the_alarms_come_first_on_a_phone(harness: Open) -> None:
    async with harness("card=summary&strings=2", PHONE) as page:
        boxes = [
            await page.locator(name).first.bounding_box()
            for name in ("battery-bank-banner", "battery-bank-alarm-list", "battery-bank-figures", ".plot")
        ]
        places = [box["y"] for box in boxes if box]
        assert places == sorted(places)
        assert len(places) == 4


@pytest.mark.parametrize(
    ("state", "says", "list_says"),
    [
        ("pending", "Beyond a limit", re.compile(r"Battery 4 · Battery warmer than the room\s*Alarm in 1[34]\smin")),
        ("partly", "Partly monitored", re.compile("No alarm in the 18 batteries that are monitored")),
        ("down", "Not monitored", re.compile("No battery is monitored")),
        ("none", "OK", re.compile("All batteries are within their limits")),
    ],
)
async def test_the_banner_is_ok_only_if_all_of_it_is(
    harness: Open, state: str, says: str, list_says: re.Pattern[str]
) -> None:
    async with harness(f"card=summary&well&state={state}") as page:
        await expect(page.locator("battery-bank-banner strong")).to_have_text(re.compile(says))
        await expect(page.get_by_role("region", name="Alarms")).to_contain_text(list_says)
        if state != "none":
            await expect(page.locator("battery-bank-banner")).not_to_contain_text("OK")
            await expect(page.get_by_role("region", name="Alarms")).not_to_contain_text("within their limits")


async def test_a_discharge_is_amber_and_red_when_it_is_short(harness: Open) -> None:
    async with harness("card=summary&strings=2&well&state=discharge&left=41&minutes=12") as page:
        banner = page.locator("battery-bank-banner .banner")
        await expect(banner).to_contain_text(re.compile(r"UPS A · On battery since \d\d:\d\d"))
        await expect(banner).to_contain_text("12 min")
        await expect(banner).to_contain_text(re.compile(r"\d\.\d\sAh"))
        await expect(banner).to_contain_text("23.5 A")
        await expect(banner).to_contain_text(re.compile(r"lasts about 41\smin \(37.45\) · first to end: battery 7"))
        await expect(banner).to_have_attribute("data-standing", "discharge")
        await page.evaluate(SEND, {"values": {"remaining_time": 660, "remaining_time_low": 590}})
        await expect(banner).to_have_attribute("data-standing", "short")
        # A string that ends soon is not called OK beside that, though it has no alarm.
        boxes = page.get_by_role("article")
        await expect(boxes.filter(has_text="UPS A").locator(".badge")).to_have_text("Discharge")
        await expect(boxes.filter(has_text="UPS B").locator(".badge")).to_have_text("OK")


NO_DISCHARGES = """() => {
    const { connection } = window.hass;
    const send = connection.sendMessagePromise.bind(connection);
    connection.sendMessagePromise = async (message) =>
        message.type === "battery_bank/discharges" ? { discharges: [], more: false } : send(message);
}"""


async def test_the_legend_of_a_first_discharge_names_no_line_of_the_last(harness: Open) -> None:
    async with harness("card=summary&well&state=discharge&minutes=12") as page:
        legend = page.locator(".chart header .faint")
        await expect(legend).to_have_text("dashed: the last discharge at the same Ah · shaded: expected")
        await page.evaluate(SEND, {"values": {"remaining_time_low": None, "remaining_time_high": None}})
        await expect(legend).to_have_text("dashed: the last discharge at the same Ah")
        await page.evaluate(NO_DISCHARGES)
        start = await page.evaluate("Date.now() / 1000 - 600")
        await page.evaluate(SEND, {"values": {"discharge_start": start}})
        await expect(legend).to_have_text("")


async def test_the_banner_names_the_string_of_the_last_discharge_if_there_are_several(harness: Open) -> None:
    for count, text in ((1, r"Last discharge [^(]*min"), (2, r"Last discharge [^(]*min \(UPS A\)")):
        async with harness(f"card=summary&well&strings={count}") as page:
            await expect(page.locator("battery-bank-banner span").nth(1)).to_have_text(re.compile(f"^{text}$"))


async def test_a_latched_alarm_says_that_its_cause_is_gone(harness: Open) -> None:
    async with harness("card=alarms") as page:
        await page.wait_for_function("window.snapshot !== undefined")
        alarms: list[dict[str, object]] = await page.evaluate("window.snapshot.strings[0].alarms")
        await expect(page.get_by_text("Cause gone since")).to_have_count(0)
        await page.evaluate(SEND, {"alarms": [{**alarms[0], "gone_since": alarms[0]["since"]}]})
        await expect(page.get_by_text(re.compile(r"Cause gone since .* · stays until acknowledged"))).to_be_visible()
        await expect(page.locator(".advice").first).to_have_text(re.compile("^While the cause lasted: "))


async def test_a_string_keeps_its_name_beside_a_long_status(harness: Open) -> None:
    """On a small panel the sidebar of Home Assistant leaves 768 of 1024 points."""
    async with harness("card=summary&strings=2") as page:
        await page.evaluate("document.body.style.paddingLeft = '256px'")
        article = page.get_by_role("article", name="UPS A")
        await expect(article.locator(".badge")).to_contain_text("OK")
        alarms: list[dict[str, object]] = await page.evaluate("window.snapshot.strings[1].alarms")
        seen = [{**alarm, "acknowledged": alarm["since"], "acknowledged_by": "Anna"} for alarm in alarms]
        await page.evaluate(SEND, {"alarms": seen, "values": {"level": "warning"}})
        await expect(article.locator(".badge")).to_contain_text("acknowledged")
        box, badge = await article.bounding_box(), await article.locator(".badge").bounding_box()
        assert box
        assert badge
        assert await article.locator("h2").evaluate("h2 => h2.scrollWidth <= h2.clientWidth")
        assert badge["x"] + badge["width"] <= box["x"] + box["width"]


async def test_an_alarm_of_the_only_string_has_no_empty_line(harness: Open) -> None:
    async with harness("card=summary") as page:
        await expect(page.locator("battery-bank-alarm-list .item").first).to_be_visible()
        alarms: list[dict[str, object]] = await page.evaluate("window.snapshot.strings[0].alarms")
        await page.evaluate(
            SEND, {"alarms": [{**alarms[0], "kind": "string_voltage_low", "battery": None, "batteries": []}]}
        )
        title = page.locator("battery-bank-alarm-list .item strong").first
        await expect(title).to_have_text("String voltage low")
        assert await title.locator("br").count() == 0


async def test_the_live_curve_grows_with_each_message(harness: Open) -> None:
    async with harness("card=summary&well&state=discharge&minutes=12") as page:
        chart = page.get_by_role("img", name=re.compile("^Discharge now"))
        await expect(chart).to_be_visible()
        await page.evaluate(SEND, {"cells": {"voltage": {"6": 11.5}, "deviation": {"6": -0.5}}})
        await expect(chart).to_have_accessible_name(re.compile(r"Battery 7 11\.50\sV · falls behind"))
        await page.evaluate(SEND, {"cells": {"voltage": {"6": 11.4}}})
        await expect(chart).to_have_accessible_name(re.compile(r"Battery 7 11\.40\sV"))
        await page.evaluate(SEND, {"values": {"discharge_start": None, "discharge_drawn": None, "state": "recharge"}})
        await expect(chart).to_have_count(0)
        await expect(page.get_by_role("slider", name="Voltage")).to_be_visible()


async def test_a_bar_opens_its_battery(harness: Open) -> None:
    async with harness("card=profile", DESKTOP) as page:
        slider = page.get_by_role("slider", name="Voltage")
        await expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^Battery 12: 13\.25"))  # the lowest
        plot = page.locator(".u-over")
        box = await plot.bounding_box()
        assert box
        await page.mouse.click(box["x"] + 4.6 / 20 * box["width"], box["y"] + 20)
        await expect(page.get_by_role("dialog", name="Battery 5, UPS A")).to_be_visible()
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Sort").click()
        await slider.press("Home")
        await expect(slider).to_have_attribute("aria-valuetext", re.compile("^Battery 12:"))
        await page.get_by_role("button", name="Temperature").click()
        await expect(page.get_by_role("slider", name="Temperature")).to_have_attribute(
            "aria-valuetext", re.compile("°C")
        )
        await expect(page.locator(".facts")).to_contain_text(re.compile(r"Median 2\d\.\d\s°C · lowest .* · highest "))


async def test_the_discharge_under_way_is_in_the_list_and_grows(harness: Open) -> None:
    async with harness("card=replay&state=discharge&minutes=12", DESKTOP) as page:
        running = page.get_by_role("button", name=re.compile("Running"))
        await expect(running).to_contain_text(re.compile(r"12\smin"))
        table = page.get_by_role("table", name="Summary")
        await page.evaluate(SEND, {"values": {"discharge_drawn": 17.3}})
        await expect(running).to_contain_text(re.compile(r"17\.3\sAh"))
        await expect(table).to_contain_text(re.compile(r"17\.3\sAh"))
        await expect(table).not_to_contain_text("Difference")  # it is compared when it is over
        await expect(page.get_by_text("It is compared with others when it is over.")).to_be_visible()


@pytest.mark.parametrize("size", [PANEL, PHONE], ids=["panel", "phone"])
async def test_what_to_do_now_is_on_the_first_page_in_a_discharge(harness: Open, size: tuple[int, int]) -> None:
    async with harness("card=summary&strings=2&state=discharge&minutes=12", size) as page:
        items = page.get_by_role("region", name="Alarms").get_by_role("listitem")
        await expect(items.first).to_contain_text("Battery 7")
        advice = items.first.get_by_text("Check its connections and test it again.")
        box = await advice.bounding_box()
        assert box
        assert box["y"] + box["height"] <= size[1]
        await expect(items.nth(1).locator(".advice")).to_have_count(0)


@pytest.mark.parametrize("size", [PANEL, PHONE], ids=["panel", "phone"])
async def test_a_warning_says_on_the_first_page_what_to_do_too(harness: Open, size: tuple[int, int]) -> None:
    async with harness("card=summary", size) as page:
        items = page.get_by_role("region", name="Alarms").get_by_role("listitem")
        await items.first.wait_for()
        warnings = await page.evaluate("window.snapshot.strings[0].alarms.filter(({ level }) => level === 'warning')")
        await page.evaluate(SEND, {"alarms": warnings[:1], "values": {"level": "warning"}})
        await expect(items.first.locator(".advice")).to_have_text(re.compile("^Measure this battery by hand"))


async def test_the_time_of_a_discharge_is_where_its_slider_is(harness: Open) -> None:
    async with harness("card=replay&state=discharge&minutes=12", DESKTOP) as page:
        await page.get_by_label("Compare").select_option(index=1)
        slider = page.get_by_role("slider", name="Time into the discharge")
        await expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^12\smin$"))
        share = await slider.evaluate("slider => slider.value / slider.max")
        assert share < 0.5  # the other discharge is longer than this one
        await slider.press("End")
        assert await slider.evaluate("slider => slider.value / slider.max") == share


async def test_a_resistance_test_that_waits_is_due_and_has_no_time_in_the_past(harness: Open) -> None:
    async with harness("card=summary&strings=1", PANEL) as page:
        foot = page.locator("footer")
        await page.locator("battery-bank-chart canvas").wait_for()
        for hours, says in ((2, "Next resistance test"), (-2, "Resistance test due")):
            at = await page.evaluate(f"Date.now() / 1000 + {hours * 3600}")
            await page.evaluate(SEND, {"values": {"next_resistance_test": at}})
            await expect(foot).to_contain_text(says)
        await expect(foot).not_to_contain_text("Next")


async def test_the_discharges_are_those_of_now_when_their_page_is_shown_again(harness: Open) -> None:
    """In a discharge the page was left, and showed the old figures and an old list when it was opened again."""
    async with harness("card=replay&state=discharge&minutes=12", DESKTOP) as page:
        running = page.get_by_role("button", name=re.compile("Running"))
        await expect(running).to_contain_text(re.compile(r"12\smin"))
        asked = "kind => window.hass.asked.filter(({ type }) => type === `battery_bank/${kind}`).length"
        before = await page.evaluate(asked, "discharges"), await page.evaluate(asked, "curve")
        await page.evaluate(
            """() => {
              window.card = document.querySelector("battery-bank-replay");
              window.card.remove();
              const now = Date.now;
              Date.now = () => now() + 300_000;
            }"""
        )
        await page.evaluate("document.querySelector('#page').append(window.card)")
        await page.wait_for_timeout(300)
        after = await page.evaluate(asked, "discharges"), await page.evaluate(asked, "curve")
        assert after == (before[0] + 1, before[1] + 1)
        await expect(running).to_contain_text(re.compile(r"17\smin"))
        # A tab that was in the background lost the connection meanwhile.
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        await page.wait_for_timeout(300)
        assert await page.evaluate(asked, "discharges") == before[0] + 2


async def test_the_discharges_are_asked_again_when_one_begins_or_ends_in_whatever_state(harness: Open) -> None:
    async with harness("card=replay&state=discharge&minutes=12", DESKTOP) as page:
        await expect(page.get_by_role("button", name=re.compile("Running"))).to_be_visible()
        asked = "() => window.hass.asked.filter(({ type }) => type === 'battery_bank/discharges').length"
        before = await page.evaluate(asked)
        for number, start in enumerate((None, 1_700_000_000, 1_700_009_000), 1):
            await page.evaluate(SEND, {"values": {"discharge_start": start}})
            await page.wait_for_timeout(200)
            assert await page.evaluate(asked) == before + number


async def test_the_banner_is_as_red_as_the_worst_string_whatever_it_says(harness: Open) -> None:
    """It turned amber, about a string in discharge, when another string had a new alarm."""
    async with harness("card=summary&strings=2&state=discharge&minutes=12") as page:
        banner = page.locator("battery-bank-banner .banner")
        await expect(banner).to_contain_text("UPS A · On battery since")
        await expect(banner).to_have_attribute("data-standing", "alarm")
        await expect(banner.get_by_role("img", name="Alarm")).to_be_visible()
        await expect(banner).not_to_have_attribute("acknowledged", "")
        send = """({ seen }) => {
          const { id, alarms } = window.snapshot.strings[1];
          const noted = alarms.map(one => ({ ...one, acknowledged: one.since, acknowledged_by: "Anna" }));
          const strings = [seen ? { id, alarms: noted } : { id, alarms: [], values: { level: "ok" } }];
          window.hass.send({ kind: "update", at: Date.now() / 1000, lines: [], strings });
        }"""
        await page.evaluate(send, {"seen": True})
        await expect(banner).to_have_attribute("acknowledged", "")
        await page.evaluate(send, {"seen": False})
        await expect(banner).to_have_attribute("data-standing", "discharge")
        await expect(banner.locator(".sign")).to_have_count(0)


async def test_the_banner_names_the_battery_that_is_below_the_end_voltage(harness: Open) -> None:
    async with harness("card=summary&well&state=discharge&minutes=12") as page:
        await expect(page.locator("battery-bank-banner .banner")).to_contain_text("On battery since")
        right = page.locator("battery-bank-banner .right")
        values = {"limiting_battery": None, "remaining_time_estimated": True}
        await page.evaluate(SEND, {"values": values})
        await expect(right).to_contain_text("first to end: known after a full discharge")
        since = await page.evaluate("Date.now() / 1000 - 120")
        await page.evaluate(SEND, {"values": {"first_below": 4, "first_below_at": since, "below": 4}})
        await expect(right).to_contain_text(re.compile(r"Battery 4 below the end voltage after 10\smin"))
        await expect(right).not_to_contain_text("first to end")
        await page.evaluate(SEND, {"values": {"below": 6}})
        await expect(right).to_contain_text("Battery 6 below the end voltage")
        was = re.compile(r"battery 4 was first below the end voltage, after 10\smin")
        await expect(right).to_contain_text(was)
        await page.evaluate(SEND, {"values": {"below": None, "limiting_battery": 2}})
        await expect(right).to_contain_text("first to end: battery 2")
        await expect(right).to_contain_text(was)
        await page.evaluate(SEND, {"values": {"below": 4, "remaining_time": None}})
        await expect(right).to_contain_text("Battery 4 below the end voltage")


async def test_a_discharge_is_not_forgotten_when_its_line_goes_down(harness: Open) -> None:
    async with harness("card=summary&well&strings=2&state=discharge&minutes=12") as page:
        banner = page.locator("battery-bank-banner .banner")
        await expect(banner).to_contain_text("On battery since")
        await page.evaluate(
            """() => {
              const lines = [{ ...window.snapshot.lines[0], down: "The serial port is gone." }];
              window.hass.send({ kind: "update", at: Date.now() / 1000, lines, strings: [] });
            }"""
        )
        await expect(banner).to_contain_text(re.compile(r"UPS A: In discharge when last seen, since \d\d:\d\d"))
        await expect(banner).not_to_contain_text("On battery since")


async def test_the_list_of_discharges_does_not_count_on_while_the_line_is_down(harness: Open) -> None:
    """It went on with "Running · 3 min", and it was not known whether the discharge goes on."""
    async with harness("card=replay&state=discharge&minutes=12", DESKTOP) as page:
        first = page.locator(".list button").first
        await expect(first).to_contain_text("Running")
        await page.evaluate(
            """() => {
              const lines = [{ ...window.snapshot.lines[0], down: "The serial port is gone." }];
              window.hass.send({ kind: "update", at: Date.now() / 1000, lines, strings: [] });
            }"""
        )
        await expect(first).to_contain_text(re.compile(r"In discharge when last seen, since \d\d:\d\d"))
        await expect(first).not_to_contain_text("Running")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_whole_status_of_a_string_is_read_on_a_small_panel(harness: Open, language: str) -> None:
    """The badge said "Alarm · acknowl…"."""
    async with harness(f"card=summary&strings=2&language={language}", SMALL) as page:
        await page.locator("battery-bank-chart canvas").wait_for()
        send = """() => {
          const strings = window.snapshot.strings.map(({ id, alarms }) => ({
            id,
            alarms: alarms.map(one => ({ ...one, acknowledged: one.since, acknowledged_by: "Anna" })),
            values: { level: alarms.length ? "alarm" : "ok" },
          }));
          window.hass.send({ kind: "update", at: Date.now() / 1000, lines: [], strings });
        }"""
        await page.evaluate(send)
        badge = page.locator("battery-bank-figures .badge[acknowledged] span")
        await expect(badge).to_be_visible()
        assert await badge.evaluate(
            "span => span.scrollWidth <= span.clientWidth && span.scrollHeight <= span.offsetHeight"
        )
        assert await cut_off(page) == []
