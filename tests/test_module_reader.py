"""Modules that refuse a request are asked in another way, with as few requests as they answer to."""

from collections.abc import Callable, Coroutine
from typing import Any

from modbus_connection import IllegalDataAddressError, ModbusUnit
from modbus_connection.mock import MockModbusConnection
import pytest

from custom_components.battery_bank.monitor.errors import RefusedError
from custom_components.battery_bank.monitor.line.link import Link
from custom_components.battery_bank.monitor.line.module import Module
from custom_components.battery_bank.monitor.line.module_reader import read_values
from custom_components.battery_bank.monitor.line.profiles import PROFILES
from custom_components.battery_bank.monitor.line.timing import SERIAL

TA = {1: 13600, 2: 231, 3: 4500}  # the registers of a module, from its document

type Request = tuple[str, int, int]  # table, first register, number of registers

WHOLE: list[Request] = [("holding", 1, 3)]
SINGLE: list[Request] = [("holding", register, 1) for register in TA]


class Odd:
    """A module that refuses some requests."""

    def __init__(self, unit: ModbusUnit, refuses: Callable[[Request], bool]) -> None:
        self.asked: list[Request] = []
        self._refuses = refuses
        unit.read_holding_registers = self._table("holding")  # type: ignore[method-assign]
        unit.read_input_registers = self._table("input")  # type: ignore[method-assign]
        self.link = Link(lambda _: unit)
        self.module = Module(5, PROFILES["ta"], pace=SERIAL, nominal_voltage=12.0)

    def _table(self, name: str) -> Callable[..., Coroutine[Any, Any, list[int]]]:
        async def read(address: int, count: int) -> list[int]:
            self.asked.append((name, address, count))
            if self._refuses(self.asked[-1]):
                raise IllegalDataAddressError
            return [TA[register] for register in range(address, address + count)]

        return read

    async def read(self) -> list[int]:
        return (await read_values(self.link, self.module, 0.5)).words


@pytest.mark.parametrize(
    ("refuses", "requests"),
    [
        (lambda _: False, WHOLE),
        (lambda one: one[0] == "holding", [("input", 1, 3)]),
        (lambda one: one[2] > 1, SINGLE),
        (lambda one: one[0] == "holding" or one[2] > 1, [("input", *one[1:]) for one in SINGLE]),
    ],
    ids=["nothing", "holding registers", "several registers", "both"],
)
async def test_a_module_is_asked_in_the_way_that_it_answers(
    mock_modbus_connection: MockModbusConnection, refuses: Callable[[Request], bool], requests: list[Request]
) -> None:
    odd = Odd(mock_modbus_connection.for_unit(5), refuses)
    assert await odd.read() == [13600, 231, 4500]
    odd.asked.clear()
    assert await odd.read() == [13600, 231, 4500]
    assert odd.asked == requests


async def test_a_module_that_was_busy_once_is_read_in_one_request_again(
    mock_modbus_connection: MockModbusConnection,
) -> None:
    odd = Odd(mock_modbus_connection.for_unit(5), lambda _: len(odd.asked) == 1)
    for _ in range(3):
        assert await odd.read() == [13600, 231, 4500]
    assert odd.asked == WHOLE * 4  # the refused one, and three


async def test_a_module_that_refuses_everything_is_tried_in_all_ways_each_twentieth_time(
    mock_modbus_connection: MockModbusConnection,
) -> None:
    odd = Odd(mock_modbus_connection.for_unit(5), lambda _: True)
    requests = []
    for odd.module.misses in range(21):
        odd.asked.clear()
        with pytest.raises(RefusedError):
            await odd.read()
        requests.append(len(odd.asked))
    assert requests == [5, *[1] * 19, 5]
