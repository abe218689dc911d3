"""Strings to propose to a person, made of the modules that a scan found."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from statistics import median
from typing import Final

from ..model import Measures
from .module_profile import Profile
from .scan import Found, Verdict

# The nominal voltages of batteries: a NiCd cell, a lead-acid cell, blocks of three and six cells.
NOMINAL_VOLTAGES: Final = (1.2, 2.0, 6.0, 12.0)
DEFAULT_NOMINAL_VOLTAGE: Final = 12.0
FIRST: Final = 1  # the lowest address of a module
# A battery has at least this part of its nominal voltage, so the highest nominal voltage that fits is the best guess: a
# charged 6 V block has up to 7.4 V, a discharged 12 V block 9.6 V; a NiCd cell 1.4 V, a lead-acid cell at least 1.6 V.
LEAST: Final = 0.75
# Up to so many addresses in a row without an answer, inside a run, are taken for batteries whose modules are offline.
# Without them every battery behind them would have the wrong number.
WIDEST_GAP: Final = 2
# The same is true of up to so many before the first battery of all …
WIDEST_BEFORE: Final = 3
# … and of up to so many between two runs if a person counts them as one string.
WIDEST_WITHIN: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A proposed string."""

    batteries: tuple[int, ...]  # unit ids, in the order of the batteries
    missing: tuple[int, ...]  # those of them that could not be read
    battery_profile: Profile
    string_module: int | None  # unit id
    string_profile: Profile | None
    nominal_voltage: float  # V, of one battery


@dataclass(slots=True)
class _Run:
    profile: Profile
    batteries: list[int]
    voltages: dict[int, float] = field(default_factory=dict)
    missing: list[int] = field(default_factory=list)

    def part(self, start: int, size: int) -> _Run:
        batteries = self.batteries[start : start + size]
        return _Run(
            self.profile,
            batteries,
            {unit_id: voltage for unit_id, voltage in self.voltages.items() if unit_id in batteries},
            [unit_id for unit_id in self.missing if unit_id in batteries],
        )


def propose_strings(found: Sequence[Found], count: int | None = None) -> list[Proposal]:
    """Return a string for each run of battery modules, and assign the string modules.

    A run is a row of addresses of one family, over small gaps, up to an address where another module answers. If there
    are more string modules than runs, the runs are divided into equal strings, one for each string module, where every
    run divides evenly.

    `count` is the number of strings as a person has counted them. The batteries are then divided into so many equal
    strings; the result is empty if that is not possible. With a `count` of 1 and two families, it is the first run.
    """
    modules = {one.unit_id: one.profile for one in found if one.profile and one.profile.measures is Measures.STRING}
    runs = _strings(found, count, len(modules), with_missing=True) or _strings(found, count, len(modules))
    chosen = _share_out(runs, sorted(modules))
    return [
        Proposal(
            batteries=tuple(run.batteries),
            missing=tuple(run.missing),
            battery_profile=run.profile,
            string_module=unit_id,
            string_profile=modules[unit_id] if unit_id is not None else None,
            nominal_voltage=likely_nominal_voltage([*run.voltages.values()]),
        )
        for run, unit_id in zip(runs, chosen, strict=True)
    ]


def _strings(found: Sequence[Found], count: int | None, modules: int, *, with_missing: bool = False) -> list[_Run]:
    """Return a run for each string; none if they can't be divided so.

    `with_missing`: the addresses without an answer before the first battery, and those between the runs of one string,
    belong to batteries.
    """
    runs = _runs(found)
    silent = {one.unit_id for one in found if one.verdict is Verdict.NO_ANSWER}
    if with_missing:
        _add_before(runs, silent)
    if count is None:
        divided = _divide(runs, max(len(runs), modules), whole_runs=True)
        return divided or ([] if with_missing and modules > len(runs) else runs)
    if count == len(runs):
        return runs
    if with_missing:
        _add_between(runs, silent)
    return _divide(runs, count, whole_runs=False) or (runs[:1] if count == 1 and not with_missing else [])


def _add_before(runs: list[_Run], silent: Collection[int]) -> None:
    """Add the addresses without an answer before the first battery of all, back to the first one scanned."""
    if not runs:
        return
    before = list(takewhile(silent.__contains__, range(runs[0].batteries[0] - 1, 0, -1)))[::-1]
    if 0 < len(before) <= WIDEST_BEFORE and before[0] == FIRST:
        runs[0].batteries[:0] = before
        runs[0].missing[:0] = before


def _add_between(runs: list[_Run], silent: set[int]) -> None:
    """Add the addresses without an answer between two runs to the first of them."""
    for run, following in pairwise(runs):
        gap = range(run.batteries[-1] + 1, following.batteries[0])
        if len(gap) <= WIDEST_WITHIN and silent.issuperset(gap):
            run.batteries += gap
            run.missing += gap


def _runs(found: Sequence[Found]) -> list[_Run]:
    batteries = sorted(
        (one for one in found if one.profile and one.profile.measures is Measures.BATTERY), key=lambda one: one.unit_id
    )
    taken = {one.unit_id for one in found if one.verdict in (Verdict.KNOWN, Verdict.UNKNOWN)}
    runs: list[_Run] = []
    for before, one in pairwise([None, *batteries]):
        assert one is not None and one.profile is not None  # noqa: S101, PT018 - only known modules are in the row
        gap = range(before.unit_id + 1, one.unit_id) if before else range(0)
        same = before is not None and before.profile is one.profile
        if same and len(gap) <= WIDEST_GAP and not taken.intersection(gap):
            runs[-1].batteries += [*gap, one.unit_id]
            runs[-1].missing += gap
        else:
            runs.append(_Run(one.profile, [one.unit_id]))
        if one.voltage is not None:
            runs[-1].voltages[one.unit_id] = one.voltage
    return runs


def _divide(runs: list[_Run], count: int, *, whole_runs: bool) -> list[_Run]:
    """Return `count` equal strings of the batteries in the order of their addresses; none if they can't be divided."""
    total = sum(len(run.batteries) for run in runs)
    size = total // count if runs else 0
    if not size or total % count or any(run.profile is not runs[0].profile for run in runs):
        return []
    if whole_runs and any(len(run.batteries) % size for run in runs):
        return []
    row = _Run(runs[0].profile, [])
    for run in runs:
        row.batteries += run.batteries
        row.missing += run.missing
        row.voltages |= run.voltages
    return [row.part(start, size) for start in range(0, total, size)]


def _share_out(runs: list[_Run], unit_ids: list[int]) -> list[int | None]:
    """Assign each run the string module beside it if that leaves none over; else assign them in order."""
    left = list(unit_ids)
    chosen: list[int | None] = []
    for run in runs:
        beside = next((u for u in (run.batteries[-1] + 1, run.batteries[0] - 1) if u in left), None)
        if beside is not None:
            left.remove(beside)
        chosen.append(beside)
    return chosen if not left else [*unit_ids, *[None] * len(runs)][: len(runs)]


def likely_nominal_voltage(voltages: Collection[float]) -> float:
    """Guess the nominal voltage from the measured ones, in V. A few flat or shorted batteries don't move the median."""
    if not voltages:
        return DEFAULT_NOMINAL_VOLTAGE
    measured = median(voltages)
    return max((nominal for nominal in NOMINAL_VOLTAGES if measured >= LEAST * nominal), default=NOMINAL_VOLTAGES[0])
