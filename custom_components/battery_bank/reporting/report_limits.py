"""The limits of a string with their sources and the values beside them, and how certain its instruments are."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ..monitor.battery.alarm_kinds import Group, Scope
from ..monitor.battery.events import Alarm, Level, OperatingState
from ..monitor.battery.limit_defaults import DEFAULTS, LimitDefault
from ..monitor.battery.settings import FIGURES
from ..monitor.line.module_profile import Profile, Quantity
from ..strings.room_sensors import room_of
from ..texts.values import MILLIOHM
from .report_source import Source
from .report_tables import Row, Table, table
from .report_texts import ReportTexts
from .turns import unhurried

SOURCES: Final = "limit_source"  # the selector whose options are the sources of the default limits
# The operating states in which a limit applies, by the end of its key. The others are of float, or of all states.
STATES: Final = {
    "boost": OperatingState.BOOST,
    "discharge": OperatingState.DISCHARGE,
    "rest": OperatingState.REST,
}
# Without such an end, a limit that has a sister for another operating state is that of float.
OF_FLOAT: Final = frozenset(
    default.key
    for default in DEFAULTS
    if any(other.key in {f"{default.key}_{state}" for state in STATES} for other in DEFAULTS)
)
# The quantities of modules, with the keys of their names.
QUANTITIES: Final = {
    "voltage": "battery_voltages",
    "temperature": "battery_temperatures",
    "resistance": "ohmic_values",
    "current": "string_current",
    "ambient_temperature": "ambient",
}
# The figures of the cells, with the keys of their names.
FIGURE_NAMES: Final = {
    "float_voltage": "figure_float_voltage",
    "boost_voltage": "figure_boost_voltage",
    "end_voltage": "figure_end_voltage",
    "compensation": "figure_compensation",
    "reference_temperature": "figure_reference_temperature",
}


def limits(texts: ReportTexts, source: Source) -> Table:
    """Return each limit that applies to the string, its value now, its alarms in the period, and its source."""
    string, now = source.string, _values(source)
    settings = string.settings
    applicable = [
        default
        for default in DEFAULTS
        if (settings.measures(default.kind) or default.kind.traits.scope is Scope.EITHER)
        and (string.testable or default.kind.traits.group is not Group.RESISTANCES)
    ]

    raised = Counter(one.kind for one in unhurried(source.records.alarms) if not one.drill)
    # The record of an alarm does not say which limit of its kind it was, so the first row of a kind counts all.
    first = {default.kind: default.key for default in reversed(applicable)}

    def row(default: LimitDefault) -> Row:
        limit, value = settings.by_key[default.key], now.get(default.key)
        shown = Alarm(
            kind=default.kind,
            battery=None,
            level=Level.OK,
            value=value,
            limit=limit.warning,
            raised=0.0,
            worst=Level.OK,
        )
        present, warning = texts.alarms.amounts(string, shown)
        alarm, _ = texts.alarms.amounts(string, replace(shown, value=limit.alarm))
        sign = "≥" if limit.above else "≤"
        origin = texts.translations.option(SOURCES, default.key)
        if (limit.warning, limit.alarm) != default.pair(settings.chemistry):
            origin = texts.text("limit_chosen", source=origin)
        return (
            _name(texts, default),
            f"{sign} {warning}",
            f"{sign} {alarm}",
            present,
            "" if source.records.error or first[default.kind] != default.key else str(raised[default.kind]),
            origin,
        )

    columns = ("limit_name", "warning_limit", "alarm_limit", "value_now", "alarms_raised", "limit_source")
    return table(columns, applicable, row, columns[1:5])


def _name(texts: ReportTexts, default: LimitDefault) -> str:
    """Return the name of a limit: that of its alarm, and the operating state if the limit applies to one only."""
    end = default.key.rpartition("_")[2]
    state = STATES.get(end) or (OperatingState.FLOAT if default.key in OF_FLOAT else None)
    name = texts.alarms.name(default.kind)
    if state is None or default.key == end:
        return name
    return texts.translations.bracketed(name, texts.translations.state("condition", state))


def _values(source: Source) -> Mapping[str, float]:
    """Return the value furthest towards each limit now, in the unit of its kind, where one figure shows it."""
    state, summary, settings = source.state, source.summary, source.string.settings
    values: dict[str, float | None] = {}
    condition = state.running.condition.condition
    suffix = next((f"_{end}" for end, one in STATES.items() if one is condition), "")
    if condition in (OperatingState.FLOAT, *STATES.values()):
        values[f"voltage_high{suffix}"] = summary.highest.value / settings.cells if summary.highest else None
        values[f"voltage_low{suffix}"] = summary.lowest.value / settings.cells if summary.lowest else None
        deviations = [abs(deviation) for deviation in state.spread.deviations.values()]
        values[f"deviation{suffix}"] = max(deviations, default=None)
        of_cell = summary.voltage / settings.all_cells if summary.voltage is not None else None
        values |= {f"string_voltage_high{suffix}": of_cell, f"string_voltage_low{suffix}": of_cell}
    ratios = [known.ratio for known in state.resistances.values() if known.ratio is not None]
    values["resistance_baseline"] = max(ratios, default=None)
    values["temperature_high"] = summary.hottest.value if summary.hottest else None
    values |= {"ambient_high": source.ambient, "ambient_low": source.ambient}
    values["room_hydrogen"] = room_of(source.room).hydrogen
    return {key: value for key, value in values.items() if value is not None}


def figures(texts: ReportTexts, source: Source) -> Table:
    """Return the figures of the cells that the limits are built on, and their sources."""
    settings = source.string.settings

    def row(key: str) -> Row:
        (figure,) = (one for one in FIGURES if one.key == key)
        value, origin = settings.figure(key), texts.translations.option(SOURCES, key)
        if value != figure.default(settings.chemistry):
            origin = texts.text("limit_chosen", source=origin)
        return texts.text(FIGURE_NAMES[key]), f"{texts.numbers.write(value)} {figure.unit}", origin

    return table(("figure", "value", "limit_source"), [one.key for one in FIGURES], row)


def instruments(texts: ReportTexts, source: Source) -> Table:
    """Return the resolution of each measured quantity, and the accuracy that a maker states for such sensors."""
    string = source.string
    profiles = {battery.module.profile.key: battery.module.profile for battery in string.batteries}
    if string.module:
        profiles[string.module.profile.key] = string.module.profile
    rows = [
        (profile, name, quantity)
        for profile in profiles.values()
        for name, quantity in profile.quantities.items()
        if name in QUANTITIES
    ]

    def row(one: tuple[Profile, str, Quantity]) -> Row:
        profile, name, quantity = one
        factor, unit = (1000.0, MILLIOHM) if quantity.unit == "Ω" else (1.0, quantity.unit)
        unit = "K" if unit == "°C" else unit
        write, with_unit = texts.numbers.write, texts.numbers.with_unit
        errors = [with_unit(write(100 * quantity.relative_error, "g"), "%")] if quantity.relative_error else []
        errors += [f"{write(factor * quantity.error, 'g')} {unit}"] if quantity.error else []
        accuracy = f"±{errors[0]}" if len(errors) == 1 else f"±({' + '.join(errors)})" if errors else None
        return (
            texts.text(QUANTITIES[name]),
            f"{profile.manufacturer} {profile.model}",
            f"{write(factor * quantity.resolution, 'g')} {unit}",
            accuracy or texts.text("not_stated"),
        )

    return table(("quantity", "instrument", "resolution", "accuracy"), rows, row)
