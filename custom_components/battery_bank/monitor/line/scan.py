"""Who is on the line: ask every address, and say what answers there."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..errors import GarbledError, RefusedError, SilentError
from ..model import BatteryReading, Reading
from .link import Answer
from .profile import Profile
from .profiles import PROFILES
from .timing import Pace

# Reads registers of a unit: (unit id, first register, count, time-out in s). Raises as `Link.read` does.
type Read = Callable[[int, int, int, float], Awaitable[Answer]]

# Asked first of every address, since every family answers it, while a register that a module doesn't have may cost
# its whole time-out.
FIRMWARE: Final = 0x0000
# Interference spoils an answer now and then; two modules at one address spoil every answer that differs.
ATTEMPTS: Final = 3
# Once modules have answered, an empty address is given so many times what the slowest of them took.
SLOWEST: Final = 4.0


class Verdict(StrEnum):
    """What is at an address."""

    KNOWN = "known"  # a module of the family named beside it
    UNKNOWN = "unknown"  # something answers, and no rule or more than one says what it is
    GARBLED = "garbled"  # answers that can't be read: most likely two modules at this address
    SILENT = "silent"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What the scan says of one address."""

    unit_id: int
    verdict: Verdict
    profile: Profile | None = None  # with KNOWN
    reading: Reading | None = None  # with KNOWN, where the values could be read

    @property
    def voltage(self) -> float | None:
        """The voltage of the battery, in V; None where there is none or it could not be read."""
        return self.reading.voltage if isinstance(self.reading, BatteryReading) else None


async def scan(
    read: Read,
    unit_ids: Sequence[int],
    *,
    pace: Pace,
    progress: Callable[[int], None] = lambda _: None,
) -> list[Found]:
    """Say of each address what is there, in the order given. Raises `LineDownError`; cancel it at any time.

    `progress` is called with the number of addresses done.
    """
    scanner = _Scanner(read, pace)
    found: dict[int, Found] = {}
    for done, unit_id in enumerate(unit_ids, 1):
        found[unit_id] = await scanner.look_at(unit_id)
        progress(done)
    # The time-out was short. A gap beside a module is more likely a module that was late than no module.
    for unit_id in unit_ids:
        beside = (found.get(unit_id - 1), found.get(unit_id + 1))
        if found[unit_id].verdict is Verdict.SILENT and any(
            neighbour and neighbour.verdict is not Verdict.SILENT for neighbour in beside
        ):
            found[unit_id] = await scanner.look_at(unit_id, patient=True)
    return list(found.values())


class _Scanner:
    def __init__(self, read: Read, pace: Pace) -> None:
        self._read = read
        self._pace = pace
        self._slowest: float | None = None  # s

    async def look_at(self, unit_id: int, *, patient: bool = False) -> Found:
        if patient:
            self._slowest = None
        try:
            await self._register(unit_id, FIRMWARE)
        except SilentError:
            return Found(unit_id=unit_id, verdict=Verdict.SILENT)
        except GarbledError:
            return Found(unit_id=unit_id, verdict=Verdict.GARBLED)
        except RefusedError:
            pass
        try:
            profile = await self._recognise(unit_id)
            if profile is None:
                return Found(unit_id=unit_id, verdict=Verdict.UNKNOWN)
            reading = await self._values(unit_id, profile)
        except GarbledError:
            return Found(unit_id=unit_id, verdict=Verdict.GARBLED)
        return Found(unit_id=unit_id, verdict=Verdict.KNOWN, profile=profile, reading=reading)

    async def _recognise(self, unit_id: int) -> Profile | None:
        """Return the one family whose rule fits; None if none fits or several do."""
        known: dict[int, int | None] = {}

        async def probe(register: int) -> int | None:
            if register not in known:
                known[register] = await self._register_if_there(unit_id, register)
            return known[register]

        fitting = [profile for profile in PROFILES.values() if await profile.recognise(unit_id, probe)]
        return fitting[0] if len(fitting) == 1 else None

    async def _values(self, unit_id: int, profile: Profile) -> Reading | None:
        """Read the values once. Two modules that agree on who they are still differ in what they measure."""
        try:
            words = await self._answer(unit_id, *profile.block)
        except RefusedError, SilentError:
            return None
        return profile.decode(words, at=0.0, nominal_voltage=None)

    async def _register_if_there(self, unit_id: int, register: int) -> int | None:
        """Read a register that some modules don't have. One answer that is lost must not make it another module."""
        for _ in range(2):
            try:
                return await self._register(unit_id, register)
            except RefusedError:
                return None
            except SilentError:
                pass
        return None

    async def _register(self, unit_id: int, register: int) -> int:
        (word,) = await self._answer(unit_id, register, 1)
        return word

    async def _answer(self, unit_id: int, first: int, count: int) -> list[int]:
        """Read, again where the answer is garbled, and learn how long answers take here."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                words, took = await self._read(unit_id, first, count, self._timeout())
            except GarbledError:
                if attempt == ATTEMPTS:
                    raise
            else:
                self._slowest = max(took, self._slowest or 0.0)
                return words
        raise AssertionError

    def _timeout(self) -> float:
        if self._slowest is None:
            return self._pace.scan
        return min(self._pace.scan, max(self._pace.scan_floor, SLOWEST * self._slowest))
