"""A string at one moment, as the registers show it: its line, the ages of its readings, and its alarms by battery."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from ..coordinator import LineCoordinator
from ..monitor.battery.events import Alarm, Level
from ..monitor.line.module import Contact
from ..strings.members import Battery, String
from ..texts.alarm_texts import level, most_urgent_first
from .register_codes import ALARM_CODES, LEVEL_CODES, BatteryQuality, StringQuality
from .register_forms import WORD


@dataclass(frozen=True, kw_only=True)
class StringView:
    """A string now."""

    string: String
    line: LineCoordinator
    now: float  # s since 1970, UTC

    @cached_property
    def alarms(self) -> list[Alarm]:
        """Its alarms, the most urgent one first, and test alarms after all others."""
        return most_urgent_first(self.string.raised)

    @cached_property
    def _levels(self) -> dict[str | None, Level]:
        """The highest level of each battery that has an alarm, by its id, without test alarms."""
        worst: dict[str | None, Level] = defaultdict(lambda: Level.OK)
        for alarm in self.string.alarms:
            for battery in alarm.batteries or (alarm.battery,):
                worst[battery] = max(alarm.level, worst[battery])
        return worst

    @cached_property
    def _battery_bits(self) -> dict[str | None, int]:
        """The bits of the alarms of each battery that has an alarm, by its id, without test alarms."""
        bits: dict[str | None, int] = defaultdict(int)
        for alarm in self.string.alarms:
            for battery in alarm.batteries or (alarm.battery,):
                bits[battery] |= _bit(alarm)
        return bits

    def battery_word(self, battery: Battery, word: int) -> int:
        """Return a word of the bits of the alarms of a battery; word 0 has the codes 1 to 16."""
        return self._battery_bits.get(battery.id, 0) >> 16 * word & WORD

    def word(self, least: Level, word: int) -> int:
        """Return a word of the bits of its alarms of this level or a higher one, without test alarms."""
        found = 0
        for alarm in self.string.alarms:
            if alarm.level >= least:
                found |= _bit(alarm)
        return found >> 16 * word & WORD

    @property
    def quality(self) -> StringQuality:
        """What the values of the string are worth."""
        if self.line.line.down is not None:
            return StringQuality.LINE_DOWN
        current = [battery.monitored for battery in self.string.batteries]
        if self.string.module:
            current.append(self.string.reading is not None)
        if not any(current):
            return StringQuality.NOT_READ
        return StringQuality.CURRENT if all(current) else StringQuality.PARTLY

    @property
    def level(self) -> int:
        """The code of the alarm level of the string."""
        return LEVEL_CODES[level(self.string.raised, monitored=self.string.monitored)]

    @property
    def age(self) -> float | None:
        """The age of the reading of the string module in s."""
        reading = self.string.reading
        return None if reading is None else self._age(reading.at)

    @property
    def oldest(self) -> float | None:
        """The age of the oldest one of the current readings of its batteries in s."""
        times = [one.reading.at for one in self.string.batteries if one.monitored and one.reading]
        return self._age(min(times)) if times else None

    def battery_quality(self, battery: Battery) -> BatteryQuality:
        """Return what the values of a battery are worth."""
        if battery.monitored and battery.reading:
            return BatteryQuality.IMPLAUSIBLE if battery.reading.faults else BatteryQuality.CURRENT
        # A hub that answers has no value of a battery whose own module does not answer it.
        offline = battery.module.contact is Contact.OFFLINE or battery.reading is not None
        return BatteryQuality.OFFLINE if offline else BatteryQuality.NOT_READ

    def battery_age(self, battery: Battery) -> float | None:
        """Return the age of the reading of a battery in s."""
        return self._age(battery.reading.at) if battery.monitored and battery.reading else None

    def battery_level(self, battery: Battery) -> int:
        """Return the code of the alarm level of a battery; one that is not monitored is not OK."""
        worst = self._levels.get(battery.id, Level.OK)
        return LEVEL_CODES["not_monitored"] if worst is Level.OK and not battery.monitored else int(worst)

    @cached_property
    def _last_tests(self) -> dict[str, float | None]:
        return self.string.last_tests  # which goes through all batteries

    def since_test(self, battery: Battery) -> float | None:
        """Return the h since the last resistance test of a battery."""
        at = self._last_tests.get(battery.id)
        return None if at is None else self._age(at) / 3600

    def _age(self, at: float) -> float:
        return max(0.0, self.now - at)  # the clock may have been set back


def _bit(alarm: Alarm) -> int:
    return 1 << ALARM_CODES[alarm.kind] - 1
