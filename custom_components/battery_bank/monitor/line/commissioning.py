"""Give a module its address or speed: one module on the line, and what it took is read back.

New modules all have address 1, and a write to an address that two of them share would leave both with the new one.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Final

from ..errors import GarbledError, ModuleError, MonitorError, SilentError, UnknownCommandError
from ..model import CommandName
from .link import Read
from .module import Module
from .polling import Line
from .scan import Found, Verdict, scan
from .timing import Pace

ATTEMPTS: Final = 3  # to read back: a module may need a moment after it took something new


class Why(StrEnum):
    """Why nothing was changed, or why nobody knows."""

    NOTHING_ANSWERS = "nothing_answers"
    NOT_ALONE = "not_alone"
    UNKNOWN_MODULE = "unknown_module"
    NOT_TAKEN = "not_taken"  # the module is as it was before
    LOST = "module_lost"  # it answers neither as before nor as it should now


class CommissioningError(MonitorError):
    """A module was not set: why, and at which addresses something answers."""

    def __init__(self, why: Why, addresses: Sequence[int] = ()) -> None:
        super().__init__(why)
        self.why = why
        self.addresses = addresses


async def only_module(
    read: Read, unit_ids: Sequence[int], pace: Pace, progress: Callable[[int], None] = lambda _: None
) -> Module:
    """Return the module that is alone on the line, or raise `CommissioningError` or `LineDownError`.

    Every address is asked.
    """
    found = await scan(read, unit_ids, pace=pace, progress=progress)
    match [one for one in found if one.verdict is not Verdict.NO_ANSWER]:
        case []:
            raise CommissioningError(Why.NOTHING_ANSWERS)
        case [Found(unit_id=unit_id, verdict=Verdict.KNOWN, profile=profile)] if profile:
            return Module(unit_id, profile, pace=pace, nominal_voltage=0.0)
        case [Found(unit_id=unit_id, verdict=Verdict.UNKNOWN)]:
            raise CommissioningError(Why.UNKNOWN_MODULE, [unit_id])
        case several:  # or one address whose answers are garbled: most likely two modules
            raise CommissioningError(Why.NOT_ALONE, [one.unit_id for one in several])


async def set_address(line: Line, module: Module, address: int) -> None:
    """Give the only module of a line another address, or raise a `MonitorError`.

    `CommissioningError` says how it ended.
    """
    await _write(line, module, CommandName.SET_ADDRESS, address)
    if await answers(line.read, module, address):
        return
    raise CommissioningError(
        Why.NOT_TAKEN if await answers(line.read, module, module.unit_id) else Why.LOST, [module.unit_id]
    )


async def set_baudrate(line: Line, module: Module, baudrate: int) -> None:
    """Give the only module of a line another speed in bit/s, or raise a `MonitorError`.

    Its answer comes at the new speed, if at all. Ask `answers` at that speed whether the module took it.
    """
    count, rest = divmod(baudrate, module.profile.speed_unit)
    if rest:
        raise UnknownCommandError(f"{module.profile.model} has no speed of {baudrate} bit/s")
    await _write(line, module, CommandName.SET_BAUDRATE, count)


async def answers(read: Read, module: Module, address: int) -> bool:
    """Say whether that module is at an address, by its own word. Raises `LineDownError`."""
    register = module.profile.command(CommandName.SET_ADDRESS).register
    for _ in range(ATTEMPTS):
        with suppress(ModuleError):
            (word,), _took = await read(address, register, 1, module.timeout)
            return word == address
    return False


async def _write(line: Line, module: Module, name: CommandName, value: int) -> None:
    with suppress(SilentError, GarbledError):  # it may answer as what it is from now on: what counts is read back
        await line.command(module, name, value)
