"""Give a module another address or speed. It must be the only module on the line; the new setting is read back.

New modules all have address 1. A command to an address that two modules share would change both.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Final

from ..errors import LineDownError, ModuleError, MonitorError, NoAnswerError, UnknownCommandError, UnreadableAnswerError
from ..model import CommandName
from .hub_table import unit_of
from .link import CLOSED, Read, persistent
from .module import Contact, Module
from .polling import Line
from .scan import Found, Verdict, scan
from .timing import Pace

ATTEMPTS: Final = 5  # to read back, because a module may need a moment after a change, or answers are lost
LOOKS: Final = 3  # at a module that was recognised, and whose values were not read
WRITES: Final = 3  # of an address, while the module answers with its old one


class Failure(StrEnum):
    """Why a module was not changed, or why the result is unknown. The values are keys of the translations."""

    NOTHING_ANSWERS = "nothing_answers"
    NOT_ALONE = "not_alone"
    UNKNOWN_MODULE = "unknown_module"
    NOT_TAKEN = "not_taken"  # the module has its old setting
    NO_ANSWER = "module_lost"  # the module answers with neither the old nor the new setting


class CommissioningError(MonitorError):
    """A module was not changed, or the result is unknown: the failure, and the addresses that answer."""

    def __init__(self, failure: Failure, addresses: Sequence[int] = ()) -> None:
        super().__init__(failure)
        self.failure = failure
        self.addresses = addresses


async def only_module(
    line: Line, unit_ids: Sequence[int], pace: Pace, progress: Callable[[int], None] = lambda _: None
) -> Module:
    """Scan all of `unit_ids` and return the only module; or raise `CommissioningError` or `LineDownError`.

    A module that answers the polls of the line is there too, if interference has hidden it from the scan.
    """
    found = await scan(line.read, unit_ids, pace=pace, progress=progress, twice=True)
    answering = {one.unit_id: one for one in found if one.verdict is not Verdict.NO_ANSWER}
    polled = {unit_of(address) for address, one in line.modules.items() if one.contact is Contact.ONLINE}
    if answering and (hidden := polled - answering.keys()):
        raise CommissioningError(Failure.NOT_ALONE, sorted(answering.keys() | hidden))
    # Two modules at one address agree on what they are. Of their values, which differ, sometimes nothing arrives.
    for _ in range(LOOKS):
        unread = [one.unit_id for one in answering.values() if one.verdict is Verdict.KNOWN and one.reading is None]
        answering |= {one.unit_id: one for one in await scan(line.read, unread, pace=pace)}
    match [*answering.values()]:
        case []:
            raise CommissioningError(Failure.NOTHING_ANSWERS)
        case [Found(unit_id=unit_id, verdict=Verdict.KNOWN, profile=profile)] if profile:
            return Module(unit_id, profile, pace=pace, nominal_voltage=0.0)
        case [Found(unit_id=unit_id, verdict=Verdict.UNKNOWN)]:
            raise CommissioningError(Failure.UNKNOWN_MODULE, [unit_id])
        case several:  # or one address with unreadable answers: most likely two modules
            raise CommissioningError(Failure.NOT_ALONE, [one.unit_id for one in several])


async def set_address(line: Line, module: Module, address: int) -> None:
    """Give the only module of a line another address; or raise `CommissioningError` or another `MonitorError`."""
    for _ in range(WRITES):
        try:
            await _write(line, module, CommandName.SET_ADDRESS, address)
        except LineDownError as err:  # the module may have got the command all the same
            if err.reason not in CLOSED:
                raise
        if await answers(line.read, module, address):
            return
        if not await answers(line.read, module, module.unit_id):
            raise CommissioningError(Failure.NO_ANSWER, [module.unit_id])
    raise CommissioningError(Failure.NOT_TAKEN, [module.unit_id])


async def set_baudrate(line: Line, module: Module, baudrate: int) -> None:
    """Send the only module of a line another speed in bit/s, or raise a `MonitorError`.

    The module answers at the new speed or not at all, so the caller checks with `answers` at that speed.
    """
    count, rest = divmod(baudrate, module.profile.speed_unit)
    if rest:
        raise UnknownCommandError(f"{module.profile.model} has no speed of {baudrate} bit/s")
    await _write(line, module, CommandName.SET_BAUDRATE, count)


async def answers(read: Read, module: Module, address: int) -> bool:
    """Return whether the module answers at an address and has that address in its register. Raises `LineDownError`."""
    register = module.profile.command(CommandName.SET_ADDRESS).register
    for _ in range(ATTEMPTS):
        with suppress(ModuleError):
            return (await persistent(read)(address, register, 1, module.answer_time.longest)).words == [address]
    return False


async def _write(line: Line, module: Module, name: CommandName, value: int) -> None:
    # The module may answer at its new address or speed already. The caller reads the setting back.
    with suppress(NoAnswerError, UnreadableAnswerError):
        await line.command(module, name, value)
