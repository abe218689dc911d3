"""Figures that only one module has and that change each minute: a value of another module or an old one shows."""

from custom_components.battery_bank.monitor.model import BatteryReading, Reading, StringReading


def words_of(unit_id: int, generation: int, *, is_string: bool) -> dict[int, int]:
    """Return the registers of a module; by docs/modules.md in mV, 0.1 °C and µΩ, or in 0.1 A and 0.1 °C."""
    turn = generation % 40
    if is_string:
        return {3: 100 + turn, 4: 200 + turn, 5: 300 + turn}
    return {1: 12_000 + 50 * turn + unit_id % 50, 2: 200 + unit_id % 100 + turn, 3: 2000 + 250 * (unit_id % 240) + turn}


def figures_of(unit_id: int, generation: int, *, is_string: bool) -> Reading:
    """Return the reading of these registers: arithmetic by the unit of each register."""
    words = words_of(unit_id, generation, is_string=is_string)
    if is_string:
        current, ambient, second = words[3] / 10, words[4] / 10, words[5] / 10
        return StringReading(at=0.0, current=current, ambient_temperature=ambient, second_temperature=second)
    return BatteryReading(at=0.0, voltage=words[1] / 1000, temperature=words[2] / 10, resistance=words[3] / 1e6)


def same(reading: Reading, expected: Reading) -> bool:
    """Return whether all values of a reading are as expected; one that is marked as implausible may be missing."""
    for name in ("voltage", "temperature", "resistance", "current", "ambient_temperature", "second_temperature"):
        value, right = getattr(reading, name, None), getattr(expected, name, None)
        if value is None and right is not None and name not in reading.faults:
            return False
        if value is not None and (right is None or abs(value - right) > 1e-9):  # noqa: PLR2004 - rounding of a binary fraction
            return False
    return True
