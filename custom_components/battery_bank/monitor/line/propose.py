"""From what a scan found to strings that a person may confirm."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from ..model import Measures
from .profile import Profile
from .scan import Found

# Volts per battery as they are built: a NiCd cell, a lead-acid cell, blocks of three and six cells.
NOMINAL_VOLTAGES: Final = (1.2, 2.0, 6.0, 12.0)
DEFAULT_NOMINAL_VOLTAGE: Final = 12.0
# The highest nominal voltage of which a battery measures this part is the best guess: a charged 6 V block (up to
# 7.4 V) is no discharged 12 V block (down to 9.6 V), nor a NiCd cell (about 1.4 V) a lead-acid one (1.6 V and more).
LEAST: Final = 0.75


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """A string as it may be."""

    batteries: tuple[int, ...]  # unit ids, in the order of the batteries
    battery_profile: Profile
    string_module: int | None  # unit id
    string_profile: Profile | None
    nominal_voltage: float  # V, of one battery


def propose_strings(found: Sequence[Found]) -> list[Proposal]:
    """Make a string of every run of battery modules, and give each a string module.

    A run is a row of addresses without a gap, of one family. Where there are more string modules than runs and
    the batteries can be shared out among them evenly, they are.
    """
    batteries = [one for one in found if one.profile and one.profile.measures is Measures.BATTERY]
    modules = [one for one in found if one.profile and one.profile.measures is Measures.STRING]
    runs = _runs(sorted(batteries, key=lambda one: one.unit_id))
    if len(modules) > len(runs) > 0 and len(batteries) % len(modules) == 0:
        size = len(batteries) // len(modules)
        if all(len(run) % size == 0 for run in runs):
            runs = [run[start : start + size] for run in runs for start in range(0, len(run), size)]
    string_modules: list[Found | None] = [*sorted(modules, key=lambda one: one.unit_id)]
    string_modules += [None] * len(runs)
    return [_proposal(run, string_module) for run, string_module in zip(runs, string_modules, strict=False)]


def _proposal(run: list[Found], string_module: Found | None) -> Proposal:
    profile = run[0].profile
    assert profile is not None  # noqa: S101 - runs are made of known modules
    return Proposal(
        batteries=tuple(one.unit_id for one in run),
        battery_profile=profile,
        string_module=string_module.unit_id if string_module else None,
        string_profile=string_module.profile if string_module else None,
        nominal_voltage=_nominal_voltage([one.voltage for one in run if one.voltage]),
    )


def _runs(batteries: list[Found]) -> list[list[Found]]:
    runs = [batteries[:1]] if batteries else []
    for before, one in pairwise(batteries):
        if one.unit_id == before.unit_id + 1 and one.profile is before.profile:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _nominal_voltage(voltages: list[float]) -> float:
    """Guess from what the batteries measure, in V; a few flat or shorted ones don't matter to the median."""
    if not voltages:
        return DEFAULT_NOMINAL_VOLTAGE
    measured = median(voltages)
    return max((nominal for nominal in NOMINAL_VOLTAGES if measured >= LEAST * nominal), default=NOMINAL_VOLTAGES[0])
