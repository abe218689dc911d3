"""Banks in the register table for plant systems, read over Modbus TCP by a client that others wrote."""

import struct

from conftest import state_of, until, until_unknown
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from test_bank import add_bank, bank_of_two, entry, ids
from test_plant_server import client_of, free_port, open_form, switch_on, until_words, words

from homeassistant.core import HomeAssistant
from simulator.bank import Bank

__all__ = ["bank_of_two", "entry", "free_port"]

pytestmark = pytest.mark.usefixtures("socket_enabled", "all_enabled")

BANK_1, BANK_2, UNKNOWN = 64000, 64100, 0xFFFF


def signed(high: int, low: int) -> int:
    number: int = struct.unpack(">i", struct.pack(">HH", high, low))[0]
    return number


async def test_a_bank_has_its_totals_and_the_shares_of_its_strings(
    hass: HomeAssistant, bank_of_two: Bank, entry: MockConfigEntry, free_port: int
) -> None:
    await switch_on(hass, entry, free_port)
    bank_of_two.faults.registers = {5: {3: 0x8118}, 15: {3: 0x8078}}  # -28.0 A and -12.0 A
    async with client_of(free_port) as client:
        assert await words(client, 12, 1) == [0]
        assert await words(client, BANK_1, 3) == [UNKNOWN, 0, UNKNOWN]
        await add_bank(hass, entry, "A", "B")
        await until(hass, "sensor.ups_current", lambda state: float(state) == -40.0)
        await until(hass, "sensor.ups_power", lambda state: float(state) > 2000)
        await until_words(client, BANK_1, 2, 1)
        assert await words(client, 12, 1) == [1]
        assert signed(*await words(client, BANK_1 + 6, 2)) == -40_000  # mA
        high, low = await words(client, BANK_1 + 4, 2)
        assert (high, 53_000 < low < 56_000) == (0, True)  # mV
        power = signed(*await words(client, BANK_1 + 8, 2))
        assert (
            power
            == pytest.approx(40 * low / 1000, abs=2)
            == pytest.approx(float(state_of(hass, "sensor.ups_power")), abs=25)
        )
        assert await words(client, BANK_1 + 20, 3) == [1, 2, UNKNOWN]
        assert await words(client, BANK_1 + 40, 3) == [700, 300, 0x8000]  # 28 A and 12 A of 40 A
        # A string that was never seen full has no state of charge, so the bank has none.
        assert await words(client, BANK_1 + 15, 1) == [UNKNOWN]
        await until_words(client, BANK_1 + 16, 3)
        name = b"".join(word.to_bytes(2) for word in await words(client, BANK_1 + 60, 20))
        assert name.rstrip(b"\0") == b"UPS"
        assert await words(client, BANK_2, 2) == [UNKNOWN, 0]
        step = await open_form(hass, entry, "modbus_server")
        assert (step["description_placeholders"] or {})["banks"] == "1/1: UPS"

        bank_of_two.faults.dead.add(15)
        await until_unknown(hass, "sensor.ups_current")
        await until_words(client, BANK_1, 2, 2)
        assert await words(client, BANK_1 + 6, 4) == [0x8000, 0, 0x8000, 0]
        assert await words(client, BANK_1 + 40, 2) == [0x8000, 0x8000]
        assert await hass.config_entries.async_unload(entry.entry_id)
        await until_words(client, BANK_1, UNKNOWN, 5, 3)
        assert await words(client, BANK_1 + 6, 2) == [0x8000, 0]


async def test_a_bank_keeps_its_place(hass: HomeAssistant, entry: MockConfigEntry, free_port: int) -> None:
    await add_bank(hass, entry, "A", "B")
    await switch_on(hass, entry, free_port)
    async with client_of(free_port) as client:
        await until_words(client, 12, 1)
        first = ids(entry)["UPS"]
        assert hass.config_entries.async_remove_subentry(entry, first)
        await until_words(client, 12, 0)
        assert await words(client, BANK_1 + 1, 1) == [0]
        await add_bank(hass, entry, "A", "B")
        await until_words(client, BANK_1, 2, 1)
