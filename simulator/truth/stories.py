"""All stories: what must be true of a monitor, each with the figures that were reported and their neighbours."""

from collections.abc import Iterator

from . import alarming, banks, charging, counting, discharges, heat, remaining, resistances, silence, turned, years
from .checks import Story


def stories() -> Iterator[Story]:
    """Yield all of them in the order of their numbers."""
    yield from turned.reversed_batteries()
    yield from heat.heat()
    yield from silence.silence()
    yield from counting.counters()
    yield from remaining.remaining_times()
    yield from discharges.cut_off()
    yield from discharges.charge_at_the_end()
    yield from discharges.full_recognised()
    yield from discharges.capacities()
    yield from charging.charging()
    yield from charging.never_full()
    yield from resistances.seasons()
    yield from resistances.contacts()
    yield from resistances.wandering()
    yield from alarming.floods()
    yield from alarming.values_of_now()
    yield from banks.tests_that_cannot_run()
    yield from banks.parallel_strings()
    yield from years.healthy()
