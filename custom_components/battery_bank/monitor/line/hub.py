"""The requests to hubs: few long reads, whose registers are then handed out battery by battery.

The batteries of a hub are polled one after another like modules of a chain. The first one of a block has it read; the
others get their registers out of that answer. A battery that asks again, in the next round, has the block read again.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import inf
from typing import Final, override

from modbus_connection import ModbusUnit

from ..errors import ModuleError, RefusedError
from ..model import Measures
from .hub_table import Place
from .link import Answer, Link, Read, ReadFunction
from .module import Module
from .module_profile import GAP, MOST_REGISTERS

MOST_BITS: Final = 2000  # coils or discrete inputs in one read, by the Modbus application protocol
OLDEST: Final = 3.0  # s; after that, registers and failures are not handed out any more
# A request that fails is repeated for the next battery. After so many failures in a row, the other batteries of the
# block fail at once, because each attempt may cost the whole time-out.
ATTEMPTS: Final = 3
# Exceptions after which a shorter read may be answered: illegal address, illegal number of registers.
TOO_MUCH: Final = (2, 3)

# What is read together: unit id, function, and whether batteries or strings. A string is polled each second, its
# batteries are not.
type _Group = tuple[int, ReadFunction, Measures]
type _Span = tuple[int, int]  # first register, number of registers


@dataclass(slots=True, eq=False)
class _Block:
    """Registers that are read at once."""

    group: _Group
    spans: list[_Span]  # of the values in it, in the order of their registers
    words: list[int] = field(default_factory=list)
    error: ModuleError | None = None  # of the last read
    failures: int = 0  # in a row
    took: float = 0.0  # s, of the last read
    at: float = -inf  # s of the loop's clock, of the last read
    asked: set[int] = field(default_factory=set)  # the addresses that got an answer out of the last read

    @property
    def first(self) -> int:
        return self.spans[0][0]

    @property
    def count(self) -> int:
        return max(register + count for register, count in self.spans) - self.first


@dataclass(frozen=True, slots=True)
class _Part:
    """The registers of one quantity of one battery."""

    group: _Group
    span: _Span


class Hubs:
    """The hubs of a line, and the registers that were read of them."""

    def __init__(self, modules: Iterable[Module]) -> None:
        """Plan the reads for those of the modules that are batteries or strings of hubs."""
        modules = list(modules)
        self._parts = {module.unit_id: _parts(module) for module in modules if module.profile.of_hub}
        profiles = {module.unit_id: module.profile for module in modules}
        spans: dict[_Group, set[_Span]] = {}
        most: dict[_Group, int] = {}
        gap: dict[_Group, int] = {}
        for address, parts in self._parts.items():
            for part in parts or ():
                spans.setdefault(part.group, set()).add(part.span)
                longest = MOST_BITS if part.group[1].of_bits else profiles[address].most_registers
                most[part.group] = min(longest, most.get(part.group, longest))
                gap[part.group] = min(profiles[address].gap, gap.get(part.group, MOST_REGISTERS))
        self._block: dict[tuple[_Group, _Span], _Block] = {}
        for group, of_group in spans.items():
            for together in plan(sorted(of_group), gap=gap[group], most=most[group]):
                self._add(_Block(group, together))

    def __contains__(self, address: int) -> bool:
        """Return whether this is the address of a battery or string of a hub."""
        return address in self._parts

    @property
    def reads(self) -> list[tuple[int, ReadFunction, int, int]]:
        """The planned reads: unit id, function, first register and number of registers."""
        return sorted({(*block.group[:2], block.first, block.count) for block in self._block.values()})

    async def read(self, read: Read, address: int, timeout: float) -> Answer:
        """Return the registers of a battery or string in the order of its quantities; reads and raises as `Link.read`.

        Each read may take `timeout` s.
        """
        if (parts := self._parts[address]) is None:
            raise RefusedError(f"the hub has no registers for address {address}")
        loop = asyncio.get_running_loop()
        words: list[int] = []
        took, oldest = 0.0, loop.time()
        asked: set[_Block] = set()  # for this request
        for part in parts:
            block = self._block[part.group, part.span]
            if block not in asked:
                block = await self._current(part, address, read, timeout)
                asked.add(block)
            offset = part.span[0] - block.first
            words += block.words[offset : offset + part.span[1]]
            took, oldest = max(took, block.took), min(oldest, block.at)
        return Answer(words, took, age=loop.time() - oldest)

    async def _current(self, part: _Part, address: int, read: Read, timeout: float) -> _Block:
        """Return the block of a value, and read it if that is due."""
        block = self._block[part.group, part.span]
        loop = asyncio.get_running_loop()
        is_new = address not in block.asked and loop.time() - block.at < OLDEST
        if is_new and (block.error is None or block.failures >= ATTEMPTS):
            block.asked.add(address)
            await asyncio.sleep(0)  # several hundred answers without a pause would keep all else waiting
            if block.error:
                raise block.error.with_traceback(None)
            return block
        unit_id, function, _ = block.group
        block.asked = {address}
        try:
            answer = await read(unit_id, block.first, block.count, timeout, function)
        except ModuleError as err:
            if isinstance(err, RefusedError) and err.code in TOO_MUCH and len(block.spans) > 1:
                self._split(block)
                return await self._current(part, address, read, timeout)
            block.error, block.at = err, loop.time()
            block.failures += 1
            raise
        block.words, block.took, block.at = answer.words, answer.took, loop.time()
        block.error, block.failures = None, 0
        return block

    def _split(self, block: _Block) -> None:
        """Read a refused block in two halves from now on; if there are gaps in it, in the parts between them."""
        parts = plan(block.spans, gap=0)
        if len(parts) == 1:
            half = len(block.spans) // 2
            parts = [block.spans[:half], block.spans[half:]]
        for spans in parts:
            self._add(_Block(block.group, spans))

    def _add(self, block: _Block) -> None:
        for span in block.spans:
            self._block[block.group, span] = block


class HubLink(Link):
    """The requests of a line on which there may be hubs."""

    def __init__(self, unit_for: Callable[[int], ModbusUnit], modules: Iterable[Module]) -> None:
        """Take the units of the library from `unit_for(unit_id)`, and plan the reads of the modules."""
        super().__init__(unit_for)
        self.hubs = Hubs(modules)

    @override
    async def read(
        self,
        unit_id: int,
        address: int,
        count: int,
        timeout: float,
        function: ReadFunction = ReadFunction.HOLDING_REGISTERS,
    ) -> Answer:
        if unit_id not in self.hubs:
            return await super().read(unit_id, address, count, timeout, function)
        return await self.hubs.read(super().read, unit_id, timeout)


def plan(spans: list[_Span], *, gap: int = GAP, most: int = MOST_REGISTERS) -> list[list[_Span]]:
    """Return which values to read together: as few reads as possible of at most `most` registers or bits.

    `spans` are in the order of their registers. Two of them with more than `gap` registers between them are apart.
    """
    reads: list[list[_Span]] = []
    end = 0
    for span in spans:
        register, count = span
        if reads and register - end <= gap and register + count - reads[-1][0][0] <= most:
            reads[-1].append(span)
            end = max(end, register + count)
        else:
            reads.append([span])
            end = register + count
    return reads


def _parts(module: Module) -> list[_Part] | None:
    """Return where the values of a battery or string of a hub are; None if the hub can't have it."""
    place, profile = Place.of(module.unit_id), module.profile
    parts = []
    for quantity in profile.read_together.values():
        column, field_ = quantity.column, quantity.register
        register = column.register(field_.address, place) if column and place else None
        if register is None or place is None or column is None:
            return None
        function = column.function or profile.read_function
        parts.append(_Part((place.unit_id, function, profile.measures), (register, field_.count)))
    return parts
