"""The monitor of the product on one string, as a story plays it: samples go in, what it said is kept."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from custom_components.battery_bank.monitor.battery import operations, watch
from custom_components.battery_bank.monitor.battery.events import (
    Alarm,
    AlarmCleared,
    AlarmDeescalated,
    AlarmRaised,
    DischargeEnded,
    Event,
    Level,
    OperatingState,
    OperatingStateChanged,
)
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState

from . import seen

START: Final = 1_782_864_000.0  # s since 1970, UTC: the first of July 2026
KEPT_EVERY: Final = 60.0  # s between two moments that are kept of a long life


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """What the monitor showed at one time."""

    at: float  # s since the story began
    condition: OperatingState | None
    state_of_charge: float | None  # 0 to 1, by the rest in the battery
    available: float | None  # 0 to 1, of the charge that this rate can draw
    remaining: float | None  # s
    between: tuple[float, float] | None  # s, the range of `remaining`
    current: float | None  # A
    drawn: float  # Ah, counted since the monitor began
    drawn_energy: float  # Wh


@dataclass(kw_only=True)
class Monitor:
    """One string under watch."""

    settings: Settings
    state: StringState = field(default_factory=StringState)
    events: list[tuple[float, Event]] = field(default_factory=list)  # with the s since the story began
    moments: list[Moment] = field(default_factory=list)
    every: float = 0.0  # s between two moments that are kept; changes are kept always
    notes: dict[str, float] = field(default_factory=dict)  # what a story has measured itself
    open: dict[tuple[str, str | None], Alarm] = field(default_factory=dict)  # alarms that there are now
    _known: tuple[object, ...] = ()

    def hear(self, samples: Iterable[Sample]) -> None:
        """Step through samples, whose times are s since the story began."""
        for sample in samples:
            self.step(sample)

    def step(self, sample: Sample) -> None:
        """Take one sample."""
        self.state, events = watch.step(self.settings, self.state, replace(sample, at=START + sample.at))
        self._note(sample.at, events)
        known = (seen.condition(self.state),)
        if self.every and known == self._known and self.moments and sample.at - self.moments[-1].at < self.every:
            return
        self._known = known
        counters = seen.counters(self.state)
        self.moments.append(
            Moment(
                at=sample.at,
                condition=seen.condition(self.state),
                state_of_charge=seen.state_of_charge(self.state),
                available=seen.available(self.state),
                remaining=seen.remaining(self.state),
                between=seen.remaining_range(self.state),
                current=sample.current,
                drawn=counters.drawn,
                drawn_energy=counters.drawn_energy,
            )
        )

    def test(self, battery: str, ohmic_value: float, at: float) -> None:
        """Take the result of a resistance test in Ω."""
        self.state, events = operations.tested(self.settings, self.state, battery, ohmic_value, START + at)
        self._note(at, events)

    def restart(self, at: float, saved: StringState | None = None) -> None:
        """Restart from what was saved: the present state, or an earlier one where a crash has lost the present."""
        kept = seen.reloaded(self.state if saved is None else saved)
        self.state, events = watch.begin(self.settings, *kept, list(self.open.values()), START + at)
        self._note(at, events)

    def raised(self, since: float = 0.0) -> list[tuple[float, Alarm]]:
        """Return all alarms with the time at which they were raised or got worse."""
        return [
            (at, event.alarm)
            for at, event in self.events
            if at >= since and isinstance(event, AlarmRaised) and not event.alarm.drill
        ]

    def discharges(self) -> list[DischargeEnded]:
        """Return the discharges that ended."""
        return [event for _, event in self.events if isinstance(event, DischargeEnded)]

    def conditions(self) -> list[tuple[float, OperatingState | None]]:
        """Return from when on the string was in which operating state."""
        return [(at, event.condition) for at, event in self.events if isinstance(event, OperatingStateChanged)]

    def level(self) -> Level:
        """Return the worst level of all alarms there are now."""
        return max((alarm.level for alarm in self.open.values()), default=Level.OK)

    def _note(self, at: float, events: Iterable[Event]) -> None:
        for event in events:
            if not seen.only_points(event):
                self.events.append((at, event))
            if isinstance(event, AlarmRaised | AlarmDeescalated):
                self.open[event.alarm.kind, event.alarm.battery] = event.alarm
            elif isinstance(event, AlarmCleared):
                self.open.pop((event.alarm.kind, event.alarm.battery), None)
