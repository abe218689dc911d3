"""How long the display keeps the processor of a slow panel busy, which has a quarter of this machine's speed.

Each figure is the least of several rounds at full speed, times four. Other processes of the machine make some
rounds longer, and Chromium's own slow-down, which pauses the page now and then, would make all of them uncertain.
"""

from collections.abc import AsyncGenerator

from playwright.async_api import Page
import pytest

from simulator.screen import Open

SLOWER = 4
ROUNDS = 20

# Script and layout are timed where they happen, in ms. Chromium's own figures leave out code that is called from here.
AGAIN = """async () => {
  const old = document.querySelector("battery-bank-wall");
  const began = performance.now();
  const fresh = document.createElement("battery-bank-wall");
  fresh.setConfig({ type: "custom:battery-bank-wall" });
  fresh.hass = window.hass;
  old.replaceWith(fresh);
  let script = performance.now() - began;
  const wall = () => fresh.firstElementChild?.shadowRoot.querySelector("battery-bank-tiles")?.shadowRoot;
  const there = () => wall()?.querySelectorAll(".tile").length === 240;
  for (let wait = 0; wait < 100 && !there(); wait++) {
    const before = performance.now();
    await null; // texts and values come in promises, and so do the updates of the elements
    script += performance.now() - before;
  }
  if (!there()) throw new Error("no wall");
  const before = performance.now();
  document.body.getBoundingClientRect();
  const layout = performance.now() - before;
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return [script, script + layout];
}"""
UPDATE = """async ([count, round]) => {
  const [string] = window.snapshot.strings;
  const voltage = {};
  for (let tile = 0; tile < count; tile++) {
    voltage[(tile * 7 + round) % string.batteries.length] = 13.4 + ((tile + 7 * round) % 50) / 100;
  }
  const before = performance.now();
  const strings = [{ id: string.id, cells: { voltage } }];
  window.hass.send({ kind: "update", at: Date.now() / 1000, lines: [], strings });
  for (let turn = 0; turn < 20; turn++) await null;
  const script = performance.now() - before;
  document.body.getBoundingClientRect();
  const both = performance.now() - before;
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return [script, both];
}"""


@pytest.fixture
async def wall(harness: Open) -> AsyncGenerator[Page]:
    """Return a page with a wall of 240 batteries and no Home Assistant around it."""
    async with harness("card=wall&count=240") as page:
        await page.get_by_role("gridcell").nth(239).wait_for()
        yield page


async def spent(page: Page, what: str, count: int, *, slower: int = SLOWER) -> tuple[float, float]:
    """Return the ms of script, and of script with layout."""
    rounds = [await page.evaluate(what, [count, number]) for number in range(ROUNDS)]
    script, both = (slower * min(times) for times in zip(*rounds, strict=True))
    return script, both


async def test_a_wall_of_240_is_there_at_once(wall: Page) -> None:
    script, both = await spent(wall, AGAIN, 240)
    assert script < 95
    assert both < 400


@pytest.mark.parametrize(
    ("count", "slower", "most"), [pytest.param(30, SLOWER, 6, id="30"), pytest.param(240, 1, 10, id="240")]
)
async def test_an_update_costs_next_to_nothing(wall: Page, count: int, slower: int, most: float) -> None:
    script, both = await spent(wall, UPDATE, count, slower=slower)
    assert script <= most
    assert both < 20
