"""When resistance tests of a string ran, for the bands of a trend."""

from itertools import pairwise
from typing import Final

from ..strings.members import String

APART: Final = 1800.0  # s; tests that are further apart are two runs
LASTS: Final = 30.0  # s; the time of a test is that of its end


def resistance_runs(string: String) -> list[list[float]]:
    """Return the begin and the end of each run of resistance tests that is known, in s since 1970, oldest first."""
    times = sorted(test.at for known in string.state.resistances.values() for test in known.tests)
    if not times:
        return []
    first = [times[0], *(after for before, after in pairwise(times) if after - before > APART)]
    last = [*(before for before, after in pairwise(times) if after - before > APART), times[-1]]
    return [[begin - LASTS, end] for begin, end in zip(first, last, strict=True)]
