"""How the voltages of batteries are judged by one limit, whatever the kind of alarm."""

from collections.abc import Callable

from .alarm_kinds import AlarmKind
from .alarms import Judge
from .events import Level, OperatingState
from .limits import Limit
from .situation import Situation


def judge_voltages(
    judge: Judge, now: Situation, kind: AlarmKind, limit: Limit | None, value: Callable[[str, float], float | None]
) -> None:
    """Judge `value(battery, voltage in V)` of each battery; None leaves its alarm as it is.

    A battery that was under test lately keeps a raised alarm, and a pending one starts again; so it is in an operating
    state without a limit. On float and in a discharge it goes on when the limit applies again: that may be in a moment.
    """
    elsewhere = limit is None and now.state not in (OperatingState.FLOAT, OperatingState.DISCHARGE)
    for battery, voltage in now.sample.voltages.items():
        if elsewhere or battery in now.tested_lately:
            judge.hold(kind, battery)
        elif limit is not None:
            judged = value(battery, voltage)
            if judged is not None and 0 < limit.level(judged) <= _explained(judge, now, kind, battery):
                judged = None
            judge.check(now.read_again(limit, battery), battery, judged)


def _explained(judge: Judge, now: Situation, kind: AlarmKind, battery: str) -> Level:
    """Return the level up to which another alarm of this battery says the same, so that a second one says no more."""
    if judge.level(kind, battery):
        return Level.OK
    others = {AlarmKind.REVERSED_CELL, AlarmKind.SHORTED_CELL}
    if now.state is OperatingState.DISCHARGE:  # one weak battery
        others |= {AlarmKind.VOLTAGE_LOW, AlarmKind.DEVIATION}
    elif kind is AlarmKind.DEVIATION:
        others.add(AlarmKind.VOLTAGE_LOW)
    return max(judge.level(other, battery) for other in others - {kind})


def unsettled(judge: Judge, now: Situation, limit: Limit, battery: str, value: float) -> bool:
    """Return whether a value on float is still on its way after a charge, and no worse than a warning."""
    return (
        now.state is OperatingState.FLOAT
        and now.warm
        and limit.level(value) < Level.ALARM
        and not judge.level(limit.kind, battery)
        and not judge.common_level(limit.kind)
    )
