"""Whether a module or the line is to blame for requests without an answer."""

import pytest

from custom_components.battery_bank.monitor.line.doubt import Doubt


def repeated(doubt: Doubt) -> int:
    """Return how many requests to a module that is gone are repeated until no more are."""
    count = 0
    while doubt.may_repeat:
        doubt.no_answer(1, 0.0, took=0.1, again=True)
        count += 1
    return count


@pytest.mark.parametrize("line_was_down", [False, True])
def test_four_repeats_in_vain_are_enough_until_one_helps_or_the_line_is_opened_again(*, line_was_down: bool) -> None:
    doubt = Doubt(0.0)
    assert repeated(doubt) == 4
    doubt.answered(1.0, again=False)  # of another module
    assert repeated(doubt) == 0
    if line_was_down:
        doubt.reset()
    else:
        doubt.answered(2.0, again=True)
    assert repeated(doubt) == 4
