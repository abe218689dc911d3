"""The scan: ask every address, and recognise the module that answers."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle
from typing import Final

from ..errors import LineDownError, ModuleError, NoAnswerError, RefusedError, UnreadableAnswerError
from ..model import BatteryReading, Reading
from .link import Read, ReadFunction, persistent
from .module_profile import NO_REGISTER, Profile
from .module_reader import OTHER
from .profiles import PROFILES
from .timing import Pace

# Interference makes single answers unreadable. Two modules at one address make every answer unreadable in which they
# differ.
ATTEMPTS: Final = 3
# It also spoils questions, and a gateway with Modbus TCP passes no spoilt answer on: requests remain without an answer.
# On such a line, a request to a module that may be there is made so many times.
LOSSES: Final = 6
# The library closes a port in the background, and it can't be opened until then. Pauses in s between attempts.
CLOSING: Final = (0.1, 0.4)
SETTLED: Final = 4.0  # s after the opening; by then a line hears what is sent
AGAIN: Final = 0.1  # s between two requests
FIRST_ASKED: Final = 5  # addresses that are asked until then
# After so many addresses in a row without an answer, a module that answered is asked again: the line may not hear.
CHECK: Final = 8
# The addresses on each side of a module that are asked again: a gap of two may be in a line of slow modules.
BESIDE: Final = 1
BESIDE_SLOW: Final = 3
# Once modules have answered, the time-out for an empty address is so many times the longest answer time.
SLOWEST: Final = 4.0


class Verdict(StrEnum):
    """What is at an address, by the name that the scan action returns."""

    KNOWN = "known"  # a module of the family named beside it
    UNKNOWN = "unknown"  # a module answers, and the rules of no family or of several recognise it
    UNREADABLE = "garbled"  # the answers can't be read: most likely two modules have this address
    NO_ANSWER = "silent"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a scan found at one address."""

    unit_id: int
    verdict: Verdict
    profile: Profile | None = None  # with KNOWN
    reading: Reading | None = None  # with KNOWN, where the values could be read

    @property
    def voltage(self) -> float | None:
        """The voltage of the battery, in V; None where there is none or it could not be read."""
        return self.reading.voltage if isinstance(self.reading, BatteryReading) else None


async def check_line(read: Read, unit_id: int, pace: Pace) -> None:
    """Raise `LineDownError` if the line can't be opened; whether a module answers does not matter.

    Call it first on a line that was just in use: it waits until the port is closed.
    """
    function, register = _first_registers(PROFILES)[0]

    async def ask() -> None:
        with suppress(ModuleError):
            await persistent(read)(unit_id, register, 1, pace.scan, function)

    for pause in CLOSING:
        try:
            await ask()
        except LineDownError:
            await asyncio.sleep(pause)
        else:
            return
    await ask()


async def settle(read: Read, unit_ids: Sequence[int], pace: Pace) -> bool:
    """Wait up to `SETTLED` s for the first answer of a module, and return whether one came; or raise `LineDownError`.

    Call it before the scan of a line that was just opened: adapters, radio links and gateways may be deaf at first.
    """
    loop = asyncio.get_running_loop()
    ends = loop.time() + SETTLED
    function, register = _first_registers(PROFILES)[0]
    for unit_id in cycle(unit_ids[:FIRST_ASKED]):
        try:
            await persistent(read)(unit_id, register, 1, pace.scan, function)
        except UnreadableAnswerError, NoAnswerError:
            if loop.time() >= ends:
                break
            await asyncio.sleep(AGAIN)
        except ModuleError:
            return True
        else:
            return True
    return False


async def scan(
    read: Read,
    unit_ids: Sequence[int],
    *,
    pace: Pace,
    progress: Callable[[int], None] = lambda _: None,
    seen: Callable[[Found], None] = lambda _: None,
    profiles: Mapping[str, Profile] = PROFILES,
    patient: bool = True,
    twice: bool = False,
) -> list[Found]:
    """Return what is at each address, in the order given. Raises `LineDownError`; cancel it at any time.

    If no module answers, the first addresses are asked again with the longest time-out, unless `patient` is false.
    With `twice`, interference makes it ask all addresses without an answer a second time.
    `progress` is called with the number of addresses done, `seen` with what was found at each.
    """
    scanner = _Scanner(read, pace, profiles)
    found: dict[int, Found] = {}
    silent: list[int] = []  # the last addresses, if none of them answered
    answering: int | None = None  # the last address that did
    for done, unit_id in enumerate(unit_ids, 1):
        found[unit_id] = await scanner.look_at(unit_id)
        if found[unit_id].verdict is not Verdict.NO_ANSWER:
            answering = unit_id
            silent.clear()
        elif answering is not None:
            silent.append(unit_id)
            if len(silent) % CHECK == 0 or done == len(unit_ids):
                missed = await scanner.misses(answering)
                if missed is None:  # it is gone, or does not have this register
                    answering = None
                elif missed:
                    found |= {one: await scanner.look_at(one) for one in silent}
                    silent.clear()
        seen(found[unit_id])
        progress(done)
    if twice and (scanner.noise or all(one.verdict is Verdict.NO_ANSWER for one in found.values())):
        silent = [unit_id for unit_id in found if found[unit_id].verdict is Verdict.NO_ANSWER]
        found |= {unit_id: await scanner.look_at(unit_id) for unit_id in silent}
    await _look_again(scanner, found, patient=patient)
    return list(found.values())


async def _look_again(scanner: _Scanner, found: dict[int, Found], *, patient: bool) -> None:
    """Look again, with long time-outs, where a module may be that was not found."""
    # A whole line may answer only after the time-out of a scan.
    asked: set[int] = set()
    if patient and all(one.verdict is Verdict.NO_ANSWER for one in found.values()):
        for unit_id in [*found][:FIRST_ASKED]:
            asked.add(unit_id)
            found[unit_id] = await scanner.look_at(unit_id, patient=True)
    # The time-out was short. A gap beside a module is more likely a module that was late than no module; and if it is
    # one, the same is true of the address beside it.
    while again := [unit_id for unit_id in found if unit_id not in asked and scanner.is_beside_module(unit_id, found)]:
        for unit_id in again:
            asked.add(unit_id)
            found[unit_id] = await scanner.look_at(unit_id, patient=True)
    # Interference, or an answer that comes late, makes single modules unreadable, or no family recognises them.
    odd = [unit_id for unit_id in found if found[unit_id].verdict in (Verdict.UNKNOWN, Verdict.UNREADABLE)]
    if len(odd) < sum(one.verdict is Verdict.KNOWN for one in found.values()):
        for unit_id in [*odd, *odd]:
            if found[unit_id].verdict is not Verdict.KNOWN:
                now = await scanner.look_at(unit_id, patient=scanner.slow or scanner.noise)
                found[unit_id] = now if now.verdict is Verdict.KNOWN else found[unit_id]


def _first_registers(profiles: Mapping[str, Profile]) -> list[tuple[ReadFunction, int]]:
    """Return the register that each family is asked for first, the most common one first.

    It is the firmware register, or the first value of modules that have none.
    """
    registers = Counter(
        (profile.read_function, profile.block[0] if profile.firmware == NO_REGISTER else profile.firmware)
        for profile in profiles.values()
        if profile.recognise is not None or profile.firmware != NO_REGISTER
    )
    return [register for register, _ in registers.most_common()]


class _Scanner:
    def __init__(self, read: Read, pace: Pace, profiles: Mapping[str, Profile]) -> None:
        self._read = persistent(read)
        self._pace = pace
        self._profiles = profiles
        self._first_registers = _first_registers(profiles)
        self._slowest: float | None = None  # s
        self._may_swap = False  # the module that is looked at refuses a read function, and answers the other one
        self._swapped = False  # it is asked with the other read function
        self._patient = False  # the module that is looked at may be slow
        self.noise = False  # whether an answer could not be read, or a module did not answer that answered later

    @property
    def slow(self) -> bool:
        """Whether a module has answered only after the time-out of a scan."""
        return self._slowest is not None and self._slowest > self._pace.scan

    def is_beside_module(self, unit_id: int, found: Mapping[int, Found]) -> bool:
        """Return whether an address without an answer is beside one with an answer."""
        reach = BESIDE_SLOW if self.slow else BESIDE
        beside = (found.get(other) for other in range(unit_id - reach, unit_id + reach + 1))
        return found[unit_id].verdict is Verdict.NO_ANSWER and any(
            neighbour and neighbour.verdict is not Verdict.NO_ANSWER for neighbour in beside
        )

    async def misses(self, unit_id: int) -> int | None:
        """Return how many requests a module misses until it answers again; None if it does not for `SETTLED` s."""
        ends = asyncio.get_running_loop().time() + SETTLED
        function, register = self._first_registers[0]
        missed = 0
        while asyncio.get_running_loop().time() < ends:
            try:
                await self._once(unit_id, function, register, 1)
            except UnreadableAnswerError, NoAnswerError:
                missed += 1
                await asyncio.sleep(AGAIN)
            except RefusedError:
                break
            else:
                break
        else:
            return None
        self.noise = self.noise or missed > 0
        return missed

    async def look_at(self, unit_id: int, *, patient: bool = False) -> Found:
        """Return what is at an address; `patient` waits for as long as for the slowest module of a poll."""
        self._patient = patient
        self._may_swap = self._swapped = False
        try:
            if not await self._answers(unit_id):
                return Found(unit_id=unit_id, verdict=Verdict.NO_ANSWER)
            profile = await self._recognise(unit_id)
            if profile is None and self._may_swap:
                self._swapped = True
                profile = await self._recognise(unit_id)
            if profile is None:
                return Found(unit_id=unit_id, verdict=Verdict.UNKNOWN)
            reading = await self._values(unit_id, profile)
        except UnreadableAnswerError:
            return Found(unit_id=unit_id, verdict=Verdict.UNREADABLE)
        return Found(unit_id=unit_id, verdict=Verdict.KNOWN, profile=profile, reading=reading)

    async def _answers(self, unit_id: int) -> bool:
        """Ask for the first register of each family until a module answers, if only with a refusal.

        A module may not answer at all where it has no register, so no other register is asked of an empty address.
        """
        again = LOSSES if self._patient and self.noise else 1  # interference may have spoilt the question
        for function, register in self._first_registers * again:
            try:
                await self._register(unit_id, function, register)
            except NoAnswerError:
                continue
            except RefusedError:
                self._may_swap = await self._answers_other(unit_id, function, register)
            return True
        return False

    async def _answers_other(self, unit_id: int, function: ReadFunction, register: int) -> bool:
        """Return whether a module that refuses a read function answers the other one.

        That alone does not say which one it has to be asked with: a family may have that register among those of the
        other function.
        """
        try:
            await self._register(unit_id, OTHER[function], register)
        except NoAnswerError, RefusedError:
            return False
        return True

    async def _recognise(self, unit_id: int) -> Profile | None:
        """Return the one family whose rule recognises the module; None if none does, or several do."""
        known: dict[tuple[ReadFunction, int], int | None] = {}

        async def fits(profile: Profile) -> bool:
            if profile.recognise is None:
                return False
            function = profile.read_function

            async def probe(register: int) -> int | None:
                if (function, register) not in known:
                    known[function, register] = await self._register_if_there(unit_id, function, register)
                return known[function, register]

            return await profile.recognise(unit_id, probe)

        fitting = [profile for profile in self._profiles.values() if await fits(profile)]
        return fitting[0] if len(fitting) == 1 else None

    async def _values(self, unit_id: int, profile: Profile) -> Reading | None:
        """Read the values once. Two modules at one address may agree on the address and still measure other values."""
        try:
            words = await self._answer(unit_id, profile.read_function, *profile.block)
        except RefusedError, NoAnswerError:
            return None
        return profile.decode(words, at=0.0, nominal_voltage=None)

    async def _register_if_there(self, unit_id: int, function: ReadFunction, register: int) -> int | None:
        """Read a register that not all modules have; None without it. A missing answer is retried."""
        missed = 0
        while missed < (LOSSES if self.noise else 2):
            try:
                word = await self._register(unit_id, function, register)
            except RefusedError:
                return None
            except NoAnswerError:
                missed += 1
            else:
                self.noise = self.noise or missed > 0
                return word
        return None

    async def _register(self, unit_id: int, function: ReadFunction, register: int) -> int:
        (word,) = await self._answer(unit_id, function, register, 1)
        return word

    async def _answer(self, unit_id: int, function: ReadFunction, first: int, count: int) -> list[int]:
        """Read, again after an unreadable answer, and learn how long answers take here."""
        function = OTHER[function] if self._swapped else function
        for _ in range(ATTEMPTS - 1):
            with suppress(UnreadableAnswerError):
                return await self._once(unit_id, function, first, count)
        return await self._once(unit_id, function, first, count)

    async def _once(self, unit_id: int, function: ReadFunction, first: int, count: int) -> list[int]:
        try:
            answer = await self._read(unit_id, first, count, self._timeout(), function)
        except UnreadableAnswerError:
            self.noise = True
            raise
        self._slowest = max(answer.took, self._slowest or 0.0)
        return answer.words

    def _timeout(self) -> float:
        if self._patient:
            return self._pace.ceiling
        if self._slowest is None:
            return self._pace.scan
        return min(self._pace.scan, max(self._pace.scan_floor, SLOWEST * self._slowest))
