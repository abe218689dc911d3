"""Parts of the cards in a browser, without Home Assistant around them: charts, tiles, and the status of a string."""

import re

from playwright.async_api import FloatRect, Locator, Page, expect
import pytest

from simulator.screen import PHONE, Open


async def plot_of(page: Page) -> tuple[Locator, FloatRect]:
    """Return the chart of a page, and the place of its plot."""
    chart = page.locator("battery-bank-chart")
    plot = chart.locator(".u-over")
    await plot.wait_for()
    await plot.scroll_into_view_if_needed()
    box = await plot.bounding_box()
    assert box is not None
    return chart, box


async def drag(page: Page, box: FloatRect, start: float, end: float) -> None:
    """Drag along the middle of the plot, between two shares of its width."""
    y = box["y"] + box["height"] / 2
    await page.mouse.move(box["x"] + start * box["width"], y)
    await page.mouse.down()
    await page.mouse.move(box["x"] + end * box["width"], y, steps=5)
    await page.mouse.up()


async def test_values_are_shown_under_the_pointer(harness: Open) -> None:
    async with harness("card=resistance") as page:
        chart, box = await plot_of(page)
        readout = chart.locator(".readout")
        await expect(readout).to_be_hidden()
        await page.mouse.move(box["x"] + 6.6 / 20 * box["width"], box["y"] + 20)
        await expect(readout).to_have_text(re.compile(r"^Battery 7156\s%$"))
        await page.mouse.move(box["x"] + box["width"] - 4, box["y"] + 20)
        await expect(readout).to_contain_text("Battery 20")
        inside = await readout.bounding_box()
        assert inside is not None
        assert inside["x"] + inside["width"] <= box["x"] + box["width"]
        await page.mouse.move(0, 0)
        await expect(readout).to_be_hidden()


async def test_dragging_zooms_and_a_double_click_shows_all_of_it_again(harness: Open) -> None:
    async with harness("card=replay") as page:
        chart, box = await plot_of(page)
        readout, whole = chart.locator(".readout"), chart.get_by_role("button", name="Show all")
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        await page.mouse.move(*middle)
        await expect(readout).to_contain_text(re.compile("1:1[78]:"))  # of 2:36
        await expect(whole).to_have_count(0)
        await drag(page, box, 0.5, 0.75)
        await expect(whole).to_be_visible()
        await page.mouse.move(middle[0] + 1, middle[1])
        await expect(readout).to_contain_text(re.compile("1:3[678]:"))  # half way between 1:18 and 1:57
        await page.mouse.dblclick(*middle)
        await expect(whole).to_have_count(0)
        await page.mouse.move(middle[0] + 2, middle[1])
        await expect(readout).to_contain_text(re.compile("1:1[78]:"))
        await drag(page, box, 0.2, 0.4)
        await whole.click()
        await expect(whole).to_have_count(0)


async def test_a_curve_that_grows_while_it_is_drawn_shows_all_of_it(harness: Open) -> None:
    """It lost its beginning and its button "Show all" appeared, as if a person had zoomed into it."""
    async with harness("card=replay&state=discharge&minutes=12") as page:
        chart, _ = await plot_of(page)
        await chart.evaluate(
            """async element => {
              const grown = ({ across, at, series, ...rest }, seconds) => ({
                ...rest,
                across: { ...across, max: across.max + seconds },
                at: [...at, at.at(-1) + seconds],
                series: series.map(one => ({ ...one, values: [...one.values, one.values.at(-1)] })),
              });
              const first = grown(element.chart, 1);
              element.chart = first;
              queueMicrotask(() => (element.chart = grown(first, 1))); // before the plot has its new scale
              element.performUpdate();
              await new Promise(requestAnimationFrame);
              await new Promise(requestAnimationFrame);
            }"""
        )
        await expect(chart.get_by_role("button", name="Show all")).to_have_count(0)


async def test_a_curve_that_is_clicked_is_that_of_its_battery(harness: Open) -> None:
    async with harness("card=replay") as page:
        _, box = await plot_of(page)
        keys = page.locator(".keys")
        await expect(keys).not_to_contain_text("Battery 7")
        # The seventh is far below the others at the end.
        await page.mouse.click(box["x"] + box["width"] - 2, box["y"] + box["height"] * 0.94)
        await expect(keys).to_contain_text("Battery 7")


async def test_keys_go_from_battery_to_battery(harness: Open) -> None:
    async with harness("card=resistance") as page:
        await plot_of(page)
        slider = page.get_by_role("slider", name="Resistance against baseline")
        await expect(slider).to_have_attribute("aria-valuenow", "7")  # the highest
        await expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^Battery 7: 6\.55\d\smΩ · 156\s%"))
        await slider.press("ArrowRight")
        await expect(slider).to_have_attribute("aria-valuetext", re.compile("^Battery 8:"))
        await slider.press("Home")
        await slider.press("Enter")
        await expect(page.get_by_role("dialog", name="Battery 1, UPS A")).to_be_visible()


async def test_a_chart_is_described(harness: Open) -> None:
    async with harness("card=wall") as page:
        await page.get_by_role("gridcell").nth(6).click()
        dialog = page.get_by_role("dialog", name="Battery 7, UPS A")
        described = dialog.get_by_role("img", name=re.compile(r"^Resistance over time\. \+72\.0\s% a year"))
        await expect(described).to_be_visible()


async def test_a_chart_takes_the_width_there_is(harness: Open) -> None:
    async with harness("card=resistance", (1440, 900)) as page:
        chart, before = await plot_of(page)
        await page.set_viewport_size({"width": 390, "height": 844})
        await expect(chart.locator("canvas")).to_be_visible()
        for _ in range(50):
            box = await chart.locator(".u-over").bounding_box()
            if box and box["width"] < before["width"] / 2:
                break
            await page.wait_for_timeout(50)
        assert box is not None
        assert box["x"] + box["width"] <= 390


async def test_a_battery_keeps_the_focus_when_its_tile_moves(harness: Open) -> None:
    async with harness("card=wall", (1440, 900)) as page:
        cells = page.get_by_role("gridcell")
        rows = page.get_by_role("row")
        await expect(rows).to_have_count(2)
        await cells.nth(0).focus()
        for _ in range(2):
            await page.keyboard.press("ArrowRight")
        await page.keyboard.press("ArrowDown")
        await expect(cells.nth(12)).to_be_focused()
        await page.set_viewport_size({"width": 390, "height": 844})
        await expect(rows).to_have_count(5)
        await expect(cells.nth(12)).to_be_focused()
        assert await cells.evaluate_all("cells => cells.filter(cell => cell.tabIndex === 0).length") == 1
        await page.keyboard.press("ArrowDown")
        await expect(cells.nth(16)).to_be_focused()


async def test_an_update_changes_the_tiles_that_it_names(harness: Open) -> None:
    async with harness("card=wall&well") as page:
        cells = page.get_by_role("gridcell")
        await cells.nth(9).wait_for()
        before = await cells.all_inner_texts()
        await page.evaluate(
            """() => {
              const [{ id }] = window.snapshot.strings;
              const cells = { voltage: { 4: 12.34 }, contact: { 9: "lost" } };
              Object.assign(cells, { level: { 2: "alarm" }, testing: { 6: true } });
              window.hass.send({ kind: "update", at: 0, lines: [], strings: [{ id, cells }] });
            }"""
        )
        await expect(cells.nth(4)).to_have_text(re.compile("5.*12.34", re.DOTALL))
        await expect(cells.nth(9)).to_have_attribute("data-mark", "offline")
        await expect(cells.nth(9)).to_have_accessible_name("Battery 10: Offline")
        await expect(cells.nth(2)).to_have_attribute("data-mark", "3")
        await expect(cells.nth(6)).to_have_attribute("testing", "")
        await expect(cells.nth(6)).to_have_accessible_name(re.compile("Test running$"))
        after = await cells.all_inner_texts()
        assert [index for index, text in enumerate(after) if text != before[index]] == [4]


async def test_a_battery_beyond_a_limit_is_not_ok_before_its_alarm(harness: Open) -> None:
    """A tile was red beside a green OK while a hot battery waited for the delay of its alarm."""
    async with harness("card=string&well&state=pending") as page:
        panel = page.get_by_role("article", name="UPS A")
        await expect(panel.locator(".badge")).to_have_text(re.compile("Beyond a limit"))
        await expect(panel).to_contain_text(
            re.compile(r"Battery 4 · Battery warmer than the room\s*Alarm in 1[34]\smin")
        )
        await expect(panel).not_to_contain_text("OK")
        await expect(panel).not_to_contain_text("within their limits")
        tile = page.get_by_role("gridcell").nth(3)
        await expect(tile).to_have_accessible_name(re.compile("Beyond a limit$"))
        await page.evaluate(
            """() => {
              const strings = [{ id: window.snapshot.strings[0].id, pending: [] }];
              window.hass.send({ kind: "update", at: 0, lines: [], strings });
            }"""
        )
        await expect(panel.locator(".badge")).to_have_text(re.compile("OK"))
        await expect(panel).to_contain_text("All batteries are within their limits")


async def test_no_alarm_is_said_only_of_batteries_that_are_monitored(harness: Open) -> None:
    """Two modules were offline beside "All batteries are within their limits"."""
    async with harness("card=string&well&state=partly") as page:
        panel = page.get_by_role("article", name="UPS A")
        await expect(panel.locator(".badge")).to_have_text(re.compile("Partly monitored"))
        await expect(panel).to_contain_text("18 of 20 monitored")
        await expect(panel).to_contain_text("No alarm in the 18 batteries that are monitored.")
        await expect(panel).not_to_contain_text("within their limits")
        await page.get_by_role("gridcell").nth(4).click()
        await expect(page.get_by_role("dialog").locator(".badge")).to_have_text(re.compile("Not monitored"))


@pytest.mark.parametrize(("state", "offered"), [("well", True), ("discharge&minutes=12", False)])
async def test_a_resistance_test_is_not_offered_in_a_discharge(harness: Open, state: str, offered: bool) -> None:
    async with harness(f"card=string&state={state}") as page:
        await page.get_by_role("gridcell").nth(4).click()
        dialog = page.get_by_role("dialog")
        await expect(dialog.get_by_role("button", name="Replace battery")).to_be_visible()
        await expect(dialog.get_by_role("button", name="Test resistance")).to_be_enabled(enabled=offered)
        reason = dialog.get_by_text("No resistance test in a discharge: it would not count.")
        await expect(reason).to_have_count(0 if offered else 1)


async def test_a_requested_resistance_test_is_followed_to_its_end(harness: Open) -> None:
    """It said "Requested." for ever, also in a discharge minutes later."""
    send = """changes => {
      const { id } = window.snapshot.strings[0];
      window.hass.send({ kind: "update", at: 0, lines: [], strings: [{ id, ...changes }] });
    }"""
    later = "Date.now = (now => () => now() + 60_000)(Date.now)"
    async with harness("card=string&well") as page:
        await page.get_by_role("gridcell").nth(4).click()
        dialog = page.get_by_role("dialog")
        status, test = dialog.locator("p[role=status]"), dialog.get_by_role("button", name="Test resistance")
        await test.click()
        await expect(status).to_have_text("Requested.")
        await page.evaluate(send, {"values": {"resistance_test_progress": 0}})
        await page.evaluate(later)
        await page.evaluate(send, {"values": {"ambient": 21.6}})
        await expect(status).to_have_text("Requested.")  # it waits for others
        await page.evaluate(send, {"cells": {"testing": {"4": True}}})
        await expect(status).to_have_text("Test running")
        await page.evaluate(send, {"values": {"resistance_test_progress": 100}, "cells": {"testing": {"4": False}}})
        await expect(status).to_have_text("Failed: The module gave no new value.")
        await page.evaluate(later)
        await page.evaluate(send, {"values": {"ambient": 21.7}})
        await expect(status).to_have_text("Failed: The module gave no new value.")  # until another one is requested
        await test.click()
        await expect(status).to_have_text("Requested.")
        await page.evaluate(send, {"values": {"resistance_test_progress": 0}, "cells": {"testing": {"4": True}}})
        await expect(status).to_have_text("Test running")
        await page.evaluate(
            """() => {
              const { connection } = window.hass;
              const send = connection.sendMessagePromise.bind(connection);
              connection.sendMessagePromise = async (message) => {
                const answer = await send(message);
                if (message.type !== "battery_bank/battery") return answer;
                return { ...answer, tests: [...answer.tests, [Date.now() / 1000, 4.31, true]] };
              };
            }"""
        )
        await page.evaluate(send, {"values": {"resistance_test_progress": 100}, "cells": {"testing": {"4": False}}})
        await expect(status).to_have_text(re.compile("^Tested "))


async def test_a_requested_resistance_test_is_not_said_of_a_discharge(harness: Open) -> None:
    async with harness("card=string&well") as page:
        await page.get_by_role("gridcell").nth(4).click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_role("button", name="Test resistance").click()
        await expect(dialog.get_by_text("Requested.")).to_be_visible()
        await page.evaluate(
            """() => {
              const values = { state: "discharge", discharge_start: Date.now() / 1000, current: -20 };
              const strings = [{ id: window.snapshot.strings[0].id, values }];
              window.hass.send({ kind: "update", at: 0, lines: [], strings });
            }"""
        )
        await expect(dialog.get_by_text("No resistance test in a discharge")).to_be_visible()
        await expect(dialog.get_by_text("Requested.")).to_have_count(0)


async def test_a_module_that_was_asked_to_blink_is_not_requested_for_ever(harness: Open) -> None:
    async with harness("card=string&well") as page:
        await page.get_by_role("gridcell").nth(4).click()
        dialog = page.get_by_role("dialog")
        status, blink = dialog.locator("p[role=status]"), dialog.get_by_role("button", name="Blink")
        await blink.click()
        await expect(status).to_have_text("Requested.")
        await expect(status).to_be_hidden(timeout=15_000)
        await page.evaluate(
            "() => { window.hass.callService = () => Promise.reject(new Error('The module does not answer.')); }"
        )
        await blink.click()
        await expect(status).to_have_text("Failed: The module does not answer.")
        await page.wait_for_timeout(6_000)
        await expect(status).to_have_text("Failed: The module does not answer.")


async def test_a_line_that_is_down_has_no_operating_state(harness: Open) -> None:
    """The state "Float" was shown above a line that was down."""
    async with harness("card=string&well&state=down") as page:
        panel = page.get_by_role("article", name="UPS A")
        await expect(panel).to_contain_text("Line down")
        await expect(panel.locator(".badge")).to_have_text(re.compile("Not monitored"))
        await expect(panel).to_contain_text("0 of 20 monitored")
        await expect(panel).not_to_contain_text("Float")
    async with harness("card=profile&well&state=down") as page:
        bars = page.locator("battery-bank-bars")
        await expect(bars).to_have_text("Not monitored · Line down: The serial port is gone.")
        await expect(page.get_by_text("Median")).to_have_count(0)


async def test_a_test_alarm_is_marked_among_the_worst_batteries(harness: Open) -> None:
    async with harness("card=worst") as page:
        await expect(page.get_by_text("(Test alarm)")).to_have_count(0)
    async with harness("card=worst&state=drill") as page:
        await expect(page.get_by_text("(Test alarm)").first).to_be_visible()


async def test_only_what_the_user_may_do_is_offered(harness: Open) -> None:
    acknowledge = "Acknowledge"
    async with harness("card=summary") as page:
        await expect(page.get_by_role("button", name=acknowledge).first).to_be_visible()
    async with harness("card=summary&may=blink") as page:
        await expect(page.get_by_text("alarms").first).to_be_visible()
        await expect(page.get_by_role("button", name=acknowledge)).to_have_count(0)


async def test_the_note_of_an_acknowledged_alarm_is_changed_in_the_list(harness: Open) -> None:
    async with harness("card=alarms&strings=2") as page:
        await page.get_by_role("button", name="Change note").first.click()
        await page.evaluate(
            "window.hass.callService = (...called) => { window.called = called; return Promise.resolve(); }"
        )
        note = page.get_by_label("Note")
        await expect(note).to_have_value("Ordered")
        await note.fill("Arrives on Monday")
        await page.get_by_role("button", name="Save").click()
        await expect(note).to_be_hidden()
        await expect(page.get_by_role("dialog")).to_be_hidden()  # a click on the form opens no battery
        domain, action, data = await page.evaluate("window.called")
        assert (domain, action, data["note"]) == ("battery_bank", "set_alarm_note", "Arrives on Monday")


async def test_a_dialog_stays_where_it_was_scrolled_to(harness: Open) -> None:
    async with harness("card=wall&well") as page:
        await page.get_by_role("gridcell").nth(6).click()
        dialog = page.get_by_role("dialog", name="Battery 7, UPS A")
        await dialog.get_by_text("Resistance over time").wait_for()
        await page.wait_for_timeout(500)
        scrolled = "dialog => dialog.scrollTop"
        await dialog.evaluate("dialog => { dialog.scrollTop = 200; }")
        assert await dialog.evaluate(scrolled) == 200
        for step in range(5):
            await page.evaluate(
                """step => {
                  const [{ id }] = window.snapshot.strings;
                  const cells = { voltage: { 6: 12.3 + step / 10 }, temperature: { 6: 22 + step } };
                  window.hass.send({ kind: "update", at: 0, lines: [], strings: [{ id, cells }] });
                }""",
                step,
            )
            await expect(dialog).to_contain_text(f"{12.3 + step / 10:.2f}")
            assert await dialog.evaluate(scrolled) == 200


@pytest.mark.parametrize("card", ["alarms", "resistance", "replay"])
async def test_a_page_without_the_overview_says_that_the_bank_is_on_battery(harness: Open, card: str) -> None:
    """Alarms and Maintenance said nothing of it, and Discharges not how long it lasts."""
    async with harness(f'card={card}&state=discharge&minutes=40&config={{"links":true}}', PHONE) as page:
        banner = page.locator("battery-bank-banner")
        await expect(banner).to_contain_text("On battery since")
        await expect(banner).to_contain_text("lasts about")
        await expect(banner).not_to_contain_text("first to end")
        await banner.get_by_role("button", name="Overview").click()
        await expect(page).to_have_url(re.compile("/overview$"))
    async with harness(f"card={card}", PHONE) as page:
        await page.locator("section[aria-busy=false]").wait_for()
        await expect(page.get_by_text("On battery since")).to_have_count(0)


async def test_the_line_above_all_alarms_names_each_string_in_discharge(harness: Open) -> None:
    """It named the first alone, as if the others were on the mains."""
    async with harness("card=alarms&strings=2&state=discharge&minutes=40", PHONE) as page:
        banner = page.locator("battery-bank-banner")
        await expect(banner).to_contain_text("UPS A · On battery since")
        await expect(banner).not_to_contain_text("UPS B")
        await page.evaluate(
            """() => {
              const [{ values }, { id }] = window.snapshot.strings;
              const now = { ...values, remaining_time: 9000, remaining_time_low: 8000, remaining_time_high: 9900 };
              window.hass.send({ kind: "update", at: Date.now() / 1000, lines: [], strings: [{ id, values: now }] });
            }"""
        )
        await expect(banner).to_contain_text(re.compile(r"UPS B · .*lasts about 2\sh\s30\smin"))


async def test_the_editor_of_the_profile_names_the_field_by_what_it_chooses(harness: Open) -> None:
    """The field was called like the card, "Profile"."""
    async with harness("card=profile") as page:
        await page.locator("section[aria-busy=false]").wait_for()
        labels = await page.evaluate(
            """async () => {
              const { schema, computeLabel } = await customElements.get("battery-bank-profile").getConfigForm();
              return schema.map(computeLabel);
            }"""
        )
        assert labels == ["String", "Quantity", "Title", "When a battery is tapped"]


async def test_the_value_of_a_cleared_alarm_says_what_it_is(harness: Open) -> None:
    """It stood alone at the right, where an alarm that is raised has its value of now."""
    async with harness("card=alarms") as page:
        await page.locator("[data-cleared]").first.wait_for()
        await expect(page.locator("[data-cleared] .much")).to_have_text(
            [""] * await page.locator("[data-cleared]").count()
        )
        await page.evaluate(
            """async () => {
              const { connection } = window.hass;
              const send = connection.sendMessagePromise.bind(connection);
              connection.sendMessagePromise = async (message) => {
                const answer = await send(message);
                if (message.type !== "battery_bank/alarms") return answer;
                return { ...answer, alarms: answer.alarms.map((one) => ({ ...one, value: one.worst_value * 0.9 })) };
              };
              const { id, alarms } = window.snapshot.strings[0];
              window.hass.send({ kind: "update", at: 0, lines: [], strings: [{ id, alarms: alarms.slice(1) }] });
            }"""
        )
        await expect(page.locator("[data-cleared]").first).to_contain_text("When raised")
