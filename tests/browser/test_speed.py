"""How long the display keeps a slow panel's processor busy: Chromium slowed down to a quarter."""

from collections.abc import AsyncGenerator
from typing import Any

from playwright.async_api import CDPSession, Page
import pytest

from simulator.screen import Open

SLOWER = 4
ROUNDS = 20

# What Chromium counts as script leaves out what is called from outside, so it is timed where it is called.
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
    await null; // its words and values come in promises, and so does what they change
    script += performance.now() - before;
  }
  if (!there()) throw new Error("no wall");
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return script;
}"""
UPDATE = """async ([count, rounds]) => {
  const [string] = window.snapshot.strings;
  let script = 0;
  for (let round = 0; round < rounds; round++) {
    const voltage = {};
    for (let tile = 0; tile < count; tile++) {
      voltage[(tile * 7 + round) % string.batteries.length] = 13.4 + ((tile + round) % 50) / 100;
    }
    const before = performance.now();
    const strings = [{ id: string.id, cells: { voltage } }];
    window.hass.send({ kind: "update", at: Date.now() / 1000, lines: [], strings });
    for (let turn = 0; turn < 20; turn++) await null;
    script += performance.now() - before;
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
  }
  return script;
}"""


@pytest.fixture
async def wall(harness: Open) -> AsyncGenerator[Page]:
    """Return a page with a wall of 240 batteries and no Home Assistant around it."""
    async with harness("card=wall&count=240") as page:
        await page.get_by_role("gridcell").nth(239).wait_for()
        yield page


async def busy(session: CDPSession) -> dict[str, float]:
    """Return for how many ms the page was busy so far, by what it did."""
    metrics = {one["name"]: one["value"] for one in (await session.send("Performance.getMetrics"))["metrics"]}
    return {name: 1000 * metrics[f"{name}Duration"] for name in ("RecalcStyle", "Layout")}


async def spent(page: Page, what: str, argument: Any = None, *, slower: int = SLOWER) -> dict[str, float]:
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    await session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    before = await busy(session)
    script: float = await page.evaluate(what, argument)
    after = await busy(session)
    await session.detach()
    return {name: after[name] - before[name] for name in after} | {"Script": script}


async def test_a_wall_of_240_is_there_at_once(wall: Page) -> None:
    took = await spent(wall, AGAIN)
    assert took["Script"] < 200, took
    assert sum(took.values()) < 400, took  # with its layout


@pytest.mark.parametrize(("count", "slower"), [(30, SLOWER), (240, 1)])
async def test_an_update_costs_next_to_nothing(wall: Page, count: int, slower: int) -> None:
    took = await spent(wall, UPDATE, [count, ROUNDS], slower=slower)
    assert took["Script"] / ROUNDS < 10, took
    assert sum(took.values()) / ROUNDS < 20, took  # with its layout
