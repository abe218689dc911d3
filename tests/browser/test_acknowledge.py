"""The question before an acknowledgement: which alarms these are, and nothing that was raised since."""

import re

from playwright.async_api import Locator, Page, expect
import pytest

from simulator.house import House
from simulator.screen import DESKTOP, PANEL, PHONE, Open

SETTLED = 600  # ms after which the question can be answered
QUESTION = re.compile("Acknowledge (this alarm|these .* alarms)")


expect.set_options(timeout=15_000)


def alarm_list(page: Page) -> Locator:
    return page.get_by_role("region", name="Alarms")


def question(page: Page) -> Locator:
    return page.get_by_role("dialog", name=QUESTION)


async def answer(page: Page, button: str = "Acknowledge") -> None:
    """Answer the question with a button, as soon as it takes an answer."""
    await page.wait_for_timeout(SETTLED)
    await question(page).get_by_role("button", name=button, exact=True).click()
    await expect(question(page)).to_have_count(0)


async def raise_test_alarm(house: House, battery: int, kind: str) -> None:
    """Raise a test alarm of a battery of the second string, for a minute."""
    name = f"sensor.string_2_battery_{battery}_voltage"
    (entity,) = await house.socket({"type": "config/entity_registry/get", "entity_id": name})
    data = {"device_id": entity["device_id"], "kind": kind, "duration": {"minutes": 2}}
    await house.post("/api/services/battery_bank/simulate_alarm", data)


async def test_what_is_raised_after_the_question_is_not_acknowledged(open_page: Open, house: House) -> None:
    async with open_page(size=PANEL) as page:
        await raise_test_alarm(house, 3, "voltage_high")
        await expect(alarm_list(page)).to_contain_text("String 2 · Battery 3")
        button = alarm_list(page).get_by_role("button", name="Acknowledge", exact=True)
        await button.tap()
        rows = question(page).get_by_role("listitem")
        shown = rows.filter(has_text="String 2 · Battery 3 · Battery voltage high")
        await expect(shown).to_contain_text("Test alarm")
        count = await rows.count()
        await expect(question(page)).to_have_accessible_name(re.compile("this alarm" if count == 1 else str(count)))
        await raise_test_alarm(house, 4, "voltage_low")
        await expect(alarm_list(page)).to_contain_text("String 2 · Battery 4")
        await expect(rows).to_have_count(count)
        await question(page).get_by_label("Note").fill("Test of the evening")
        await answer(page)
        note = "Acknowledged by Demo.*: Test of the evening"
        await expect(alarm_list(page)).to_contain_text(re.compile(f"String 2 · Battery 3.*{note}", re.DOTALL))
        await expect(alarm_list(page)).to_contain_text("1 new")
        await button.tap()
        await expect(rows).to_have_count(1)
        await expect(rows).to_contain_text("String 2 · Battery 4")
        await answer(page, "Cancel")
        await expect(button).to_be_visible()


@pytest.mark.parametrize("place", ["Overview", "String 2", "Alarms", "dialog"])
async def test_every_place_asks_first(open_page: Open, house: House, place: str) -> None:
    await raise_test_alarm(house, 6, "temperature_high")
    async with open_page() as page:
        around = page.locator("section.card[aria-busy=false]")
        await page.get_by_role("tab", name="String 2" if place == "dialog" else place).click()
        if place == "dialog":
            await page.get_by_role("grid").first.get_by_role("gridcell").nth(5).click()
            around = page.get_by_role("dialog", name="Battery 6, String 2")
        await around.get_by_role("button", name="Acknowledge", exact=True).first.click()
        await expect(question(page).get_by_role("listitem").first).to_contain_text("String 2 · Battery 6")
        await expect(question(page).get_by_role("button", name="Acknowledge", exact=True)).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(question(page)).to_have_count(0)
        button = around.get_by_role("button", name="Acknowledge", exact=True).first
        await expect(button).to_be_focused()
        await page.keyboard.press("Enter")
        await page.wait_for_timeout(SETTLED)
        await page.keyboard.press("Enter")
        await expect(question(page)).to_have_count(0)
        await expect(page.get_by_text("Acknowledged by Demo").first).to_be_visible()


async def test_the_second_tap_of_a_hurried_finger_answers_nothing(harness: Open) -> None:
    async with harness("card=alarms&strings=2", PHONE) as page:
        button = page.get_by_role("button", name="Acknowledge", exact=True)
        await button.dblclick()
        await expect(question(page)).to_be_visible()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Enter")
        await expect(question(page)).to_be_visible()
        asked = "window.hass.asked.filter(({ type }) => type === 'battery_bank/acknowledge')"
        assert await page.evaluate(asked) == []
        await answer(page)
        (sent,) = await page.evaluate(asked)
        alarms = await page.evaluate("window.snapshot.strings.at(-1).alarms")
        assert sent["alarms"] == {one["id"]: one["level"] for one in alarms if one["acknowledged"] is None}


@pytest.mark.parametrize("left_out", [[1], [0], [0, 1]])
async def test_only_the_alarms_that_are_ticked_are_acknowledged(harness: Open, left_out: list[int]) -> None:
    """The note of one alarm went to all of them, and so did the acknowledgement."""
    asked = "window.hass.asked.filter(({ type }) => type === 'battery_bank/acknowledge')"
    async with harness("card=alarms&strings=2", PHONE) as page:
        await page.get_by_role("button", name="Acknowledge", exact=True).click()
        boxes = page.get_by_role("dialog").get_by_role("checkbox")
        count = await boxes.count()
        assert count == await question(page).get_by_role("listitem").count() == 2
        await page.wait_for_timeout(SETTLED)
        for index in left_out:
            await expect(boxes.nth(index)).to_be_checked()
            await page.get_by_role("dialog").get_by_role("listitem").nth(index).click()
            await expect(boxes.nth(index)).not_to_be_checked()
        if len(left_out) == count:
            nothing = page.get_by_role("dialog", name="No alarm chosen")
            await expect(nothing.get_by_role("button", name="Acknowledge", exact=True)).to_be_disabled()
            await nothing.get_by_role("listitem").first.click()
            left_out = left_out[1:]
        names = [await boxes.nth(index).evaluate("box => box.labels[0].innerText") for index in range(count)]
        await question(page).get_by_label("Note").fill("Ordered")
        await answer(page)
        sent = await page.evaluate(asked)
        alarms = await page.evaluate("window.snapshot.strings.flatMap(({ alarms }) => alarms)")
        ids = {identity for one in sent for identity in one["alarms"]}
        assert len(ids) == count - len(left_out)
        assert {one["note"] for one in sent} == {"Ordered"}
        ticked = [name for index, name in enumerate(names) if index not in left_out]
        for one in alarms:
            if one["id"] in ids:
                assert any(f"Battery {one['battery']} " in name for name in ticked)
        # Another question begins with all of them.
        await page.get_by_role("button", name="Acknowledge", exact=True).click()
        for index in range(await boxes.count()):
            await expect(boxes.nth(index)).to_be_checked()


async def test_a_single_alarm_has_no_choice(harness: Open) -> None:
    async with harness("card=alarms&strings=2", PHONE) as page:
        await page.locator("section[aria-busy=false]").wait_for()
        await page.evaluate(
            """() => {
              const { id, alarms } = window.snapshot.strings[1];
              window.hass.send({ kind: "update", at: 0, lines: [], strings: [{ id, alarms: alarms.slice(0, 1) }] });
            }"""
        )
        await page.get_by_role("button", name="Acknowledge", exact=True).click()
        await expect(question(page).get_by_role("listitem")).to_have_count(1)
        await expect(question(page).get_by_role("checkbox")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [PANEL, (800, 480), PHONE, DESKTOP], ids=["panel", "small", "phone", "desktop"])
async def test_many_alarms_fit_the_question(harness: Open, size: tuple[int, int], dark: bool) -> None:
    async with harness(f"card=summary&strings=2{'&dark' if dark else ''}", size) as page:
        await page.locator("section[aria-busy=false]").wait_for()
        await page.evaluate(
            """() => {
              const { id, alarms } = window.snapshot.strings[1];
              const many = Array.from({ length: 30 }, (_, index) =>
                ({ ...alarms[0], id: `x ${index}`, battery: index + 1, acknowledged: null, acknowledged_by: null }));
              window.hass.send({ kind: "update", at: 0, lines: [], strings: [{ id, alarms: many }] });
            }"""
        )
        await page.get_by_role("button", name="Acknowledge", exact=True).first.click()
        await expect(question(page)).to_have_accessible_name(re.compile("these 30 alarms"))
        await expect(question(page).get_by_role("listitem")).to_have_count(30)
        for name in ("Acknowledge", "Cancel"):
            box = await question(page).get_by_role("button", name=name, exact=True).bounding_box()
            assert box
            assert box["height"] >= 44
            assert box["y"] + box["height"] <= size[1]
        first = await question(page).get_by_role("listitem").first.bounding_box()
        assert first
        assert first["height"] >= 30


async def test_who_is_no_admin_sees_and_acknowledges(open_page: Open, house: House) -> None:
    (created,) = await house.socket(
        {"type": "config/auth/create", "name": "Wall", "group_ids": ["system-users"], "local_only": True}
    )
    await house.socket(
        {
            "type": "config/auth_provider/homeassistant/create",
            "user_id": created["user"]["id"],
            "username": "wall",
            "password": "wall",
        }
    )
    await raise_test_alarm(house, 8, "voltage_high")  # the others may have been acknowledged before
    async with open_page(user="wall", size=PANEL) as page:
        await expect(alarm_list(page)).to_contain_text("String 2 · Battery 8")
        await alarm_list(page).get_by_role("button", name="Acknowledge", exact=True).click()
        await answer(page)
        await expect(alarm_list(page).get_by_role("button", name="Acknowledge", exact=True)).to_be_hidden()
        await page.get_by_role("tab", name="String 2").click()
        await expect(page.get_by_text("Acknowledged by Wall").first).to_be_visible()
