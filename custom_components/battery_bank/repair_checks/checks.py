"""What a person has to set right, found in what a line and its strings know."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Final

from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.util import dt as dt_util

from ..const import CONF_BATTERY_MODULE, DOMAIN
from ..coordinator import LineCoordinator
from ..monitor.battery.limits import DAY, HOUR
from ..monitor.errors import SilentError
from ..monitor.line.module import Contact, Module
from ..monitor.line.profile import Profile
from ..monitor.line.profiles import PROFILES
from ..monitor.line.scan import Verdict
from ..monitor.model import Measures
from ..strings.members import Battery, String, fitted
from ..texts.reasons import reason_text

SILENT: Final = HOUR  # s without an answer until somebody has to look after the module
IMPLAUSIBLE: Final = 600.0  # s of what cannot be until that is the sensor, and not interference
SET_BACK: Final = 60.0  # s a clock may be behind what was known: time servers correct by less
BASELINE_DUE: Final = 180 * DAY  # s: by then the final baseline is found where there were tests
# The share of answers that could not be read, of a module beside others that can, from which two have its address …
GARBLED: Final = 0.6
READABLE: Final = 0.2  # … and below which there is only one
FEWEST: Final = 20  # requests to a module until such a share says anything


type Data = dict[str, str | int | float | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A kind of issue."""

    severity: ir.IssueSeverity
    fixable: bool = False  # whether a person can do something about it in Home Assistant
    of_line: bool = True  # whether nobody can tell while the line is down
    stays: bool = False  # after a restart, and until somebody has seen it


WARNING: Final = Kind(severity=ir.IssueSeverity.WARNING)
KINDS: Final[Mapping[str, Kind]] = {
    "baseline_missing": Kind(severity=ir.IssueSeverity.WARNING, fixable=True, of_line=False),
    "battery_count": Kind(severity=ir.IssueSeverity.WARNING, fixable=True),
    "current_reversed": Kind(severity=ir.IssueSeverity.ERROR, fixable=True),
    "implausible_clock": Kind(severity=ir.IssueSeverity.ERROR, fixable=True, of_line=False),
    "implausible_sensor": WARNING,
    "journal_set_aside": Kind(severity=ir.IssueSeverity.ERROR, fixable=True, of_line=False, stays=True),
    "journal_unusable": Kind(severity=ir.IssueSeverity.ERROR, of_line=False),
    "link_in_use": Kind(severity=ir.IssueSeverity.ERROR, fixable=True, of_line=False),
    "module_silent": Kind(severity=ir.IssueSeverity.WARNING, fixable=True),
    "other_module": WARNING,
    "other_profile": Kind(severity=ir.IssueSeverity.ERROR, fixable=True),
    "string_silent": Kind(severity=ir.IssueSeverity.ERROR),
    "two_modules": Kind(severity=ir.IssueSeverity.ERROR),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """Something that a person has to set right."""

    key: str  # one of KINDS
    subject: str  # the id of a line, string or battery
    texts: Mapping[str, str] | None  # what its words name; None: nobody can tell, and it stays as it is
    data: Data = field(default_factory=dict)  # what setting it right takes

    @property
    def id(self) -> str:
        """The issue's id, the same for the same trouble of the same thing."""
        return f"{self.key}_{self.subject}"


def _silent(bank: LineCoordinator, now: float) -> Iterator[Trouble]:
    """Find modules without an answer; where a whole string has none, it is its supply or its cable."""
    for string in bank.strings:
        modules = fitted(string)
        if any(module.contact is Contact.UNKNOWN for _, module in modules):
            yield Trouble(key="string_silent", subject=string.id, texts=None)
            yield from (Trouble(key="module_silent", subject=subject.id, texts=None) for subject, _ in modules)
            continue
        silent = {subject: at for subject, module in modules if (at := _silent_since(string, subject, module))}
        if len(silent) == len(modules) > 1:
            if now - (last := max(silent.values())) >= SILENT:
                texts = {"string": string.name, "since": _told(last)}
                yield Trouble(key="string_silent", subject=string.id, texts=texts)
            continue
        for subject, module in modules:
            if subject in silent and now - silent[subject] >= SILENT:
                battery = subject.id if isinstance(subject, Battery) else None
                texts = _named(bank, subject, module) | {"since": _told(silent[subject])}
                data: Data = {"string": string.id, "battery": battery}
                yield Trouble(key="module_silent", subject=subject.id, texts=texts, data=data)


def _silent_since(string: String, subject: Battery | String, module: Module) -> float | None:
    if module.contact is not Contact.LOST or not isinstance(module.error, SilentError):
        return None
    return string.state.running.since.get(f"silent {subject.id if isinstance(subject, Battery) else ''}")


def _two_modules(bank: LineCoordinator, _: float) -> Iterator[Trouble]:
    """Find addresses whose answers are spoilt while those of the others are not."""
    answering = [module.garbled for module in bank.line.modules.values() if module.contact is Contact.ANSWERING]
    clean = bool(answering) and median(answering) <= READABLE
    for subject, module in _all_fitted(bank):
        if not clean or module.counts.requests < FEWEST or READABLE < module.garbled < GARBLED:
            yield Trouble(key="two_modules", subject=subject.id, texts=None)
        elif module.garbled >= GARBLED:
            yield Trouble(key="two_modules", subject=subject.id, texts=_named(bank, subject, module))


def _other_profile(bank: LineCoordinator, _: float) -> Iterator[Trouble]:
    """Find modules of another family than their string is set to; if that is true of all, the setting is wrong."""
    for string in bank.strings:
        answers_as: dict[Battery | String, Profile] = {}
        for subject, module in fitted(string):
            found = bank.inspection.found.get(module.unit_id)
            if found is None and module.contact is not Contact.LOST:
                yield Trouble(key="other_profile", subject=string.id, texts=None)
                yield Trouble(key="other_module", subject=string.id, texts=None)
                break
            if found and found.profile:
                answers_as[subject] = found.profile
        else:
            yield from _other_than_set(string, answers_as)


def _other_than_set(string: String, answers_as: Mapping[Battery | String, Profile]) -> Iterator[Trouble]:
    others = {subject: one for subject, one in answers_as.items() if subject.module and one != subject.module.profile}
    of_batteries = [profile for subject, profile in answers_as.items() if isinstance(subject, Battery)]
    expected = PROFILES[string.config[CONF_BATTERY_MODULE]]
    alike = len({profile.key for profile in of_batteries}) == 1 and 2 * len(of_batteries) > len(string.batteries)
    found = of_batteries[0] if alike else expected
    if found != expected and found.measures is Measures.BATTERY:
        texts = {"string": string.name, "expected": expected.model, "found": found.model}
        data: Data = {"string": string.id, "profile": found.key}
        yield Trouble(key="other_profile", subject=string.id, texts=texts, data=data)
        others = {subject: one for subject, one in others.items() if isinstance(subject, String)}
    if others:
        modules = ", ".join(
            f"{subject.module.unit_id}: {one.model}" for subject, one in others.items() if subject.module
        )
        yield Trouble(key="other_module", subject=string.id, texts={"string": string.name, "modules": modules})


def _battery_count(bank: LineCoordinator, _: float) -> Iterator[Trouble]:
    """Find one more module behind the last battery of a string."""
    for string in bank.strings:
        if (address := bank.beyond.get(string.id)) is None:
            continue
        found = bank.inspection.found.get(address)
        if found is None:
            yield Trouble(key="battery_count", subject=string.id, texts=None)
        elif found.verdict is Verdict.KNOWN and found.profile == string.batteries[0].module.profile:
            texts = {
                "string": string.name,
                "batteries": str(len(string.batteries)),
                "address": str(address),
                "number": str(len(string.batteries) + 1),
            }
            data: Data = {"string": string.id, "address": address}
            yield Trouble(key="battery_count", subject=string.id, texts=texts, data=data)


def _implausible_sensor(bank: LineCoordinator, now: float) -> Iterator[Trouble]:
    """Find modules that go on saying what cannot be."""
    for string in bank.strings:
        for subject, module in fitted(string):
            began = string.state.running.since.get(f"faulty {subject.id if isinstance(subject, Battery) else ''}")
            if began is None or now - began < IMPLAUSIBLE:
                continue
            faults = module.reading.faults.values() if module.reading else ()
            ranges = ", ".join(f"{fault.low:g} … {fault.high:g} {fault.unit}" for fault in faults)
            texts = _named(bank, subject, module) | {"ranges": ranges}
            yield Trouble(key="implausible_sensor", subject=subject.id, texts=texts if faults else None)


def _implausible_clock(bank: LineCoordinator, now: float) -> Iterator[Trouble]:
    """Find a clock before the latest time that was ever known."""
    latest = max((string.state.running.latest or now for string in bank.strings), default=now)
    if latest - now > SET_BACK:
        yield Trouble(
            key="implausible_clock", subject=bank.id, texts={"line": bank.entry.title, "latest": _told(latest)}
        )


def _current_reversed(bank: LineCoordinator, _: float) -> Iterator[Trouble]:
    """Find string modules that sit the wrong way round."""
    for string in bank.strings:
        polarity = string.state.running.polarity
        if string.module and polarity.reversed and polarity.inverted == string.settings.inverted:
            texts = _named(bank, string, string.module)
            yield Trouble(key="current_reversed", subject=string.id, texts=texts, data={"string": string.id})


def _baseline_missing(bank: LineCoordinator, now: float) -> Iterator[Trouble]:
    """Find batteries that were watched for long, can be tested, and have nothing to be compared with."""
    for string in bank.strings:
        if string.state.running.counters.watched * HOUR < BASELINE_DUE:
            continue
        without = [battery for battery in string.batteries if battery.testable and has_no_baseline(battery, now)]
        if without:
            texts = {"string": string.name, "batteries": ", ".join(str(battery.number) for battery in without)}
            yield Trouble(key="baseline_missing", subject=string.id, texts=texts, data={"string": string.id})


def has_no_baseline(battery: Battery, now: float) -> bool:
    """Say whether a battery that was there for long enough has nothing to be compared with."""
    ohmic = battery.string.state.ohmic.get(battery.id)
    since = ohmic.since if ohmic else None  # a battery that was put in later has its time before it
    return (ohmic is None or ohmic.baseline is None) and (since is None or now - since >= BASELINE_DUE)


def _journal(bank: LineCoordinator, _: float) -> Iterator[Trouble]:
    """Find a journal that keeps nothing, or was begun anew."""
    keeper = bank.keeper
    if keeper.problem:
        detail = reason_text(bank.words.texts, keeper.problem_reason, keeper.problem)
        texts = {"file": str(keeper.path), "detail": detail}
        yield Trouble(key="journal_unusable", subject=bank.id, texts=texts)
    if keeper.set_aside:
        texts = {"file": str(keeper.path), "detail": str(keeper.set_aside)}
        yield Trouble(key="journal_set_aside", subject=bank.id, texts=texts)


CHECKS: Final[tuple[Callable[[LineCoordinator, float], Iterator[Trouble]], ...]] = (
    _silent,
    _two_modules,
    _other_profile,
    _battery_count,
    _implausible_sensor,
    _implausible_clock,
    _current_reversed,
    _baseline_missing,
    _journal,
)


def _all_fitted(bank: LineCoordinator) -> Iterator[tuple[Battery | String, Module]]:
    return (pair for string in bank.strings for pair in fitted(string))


def _named(bank: LineCoordinator, subject: Battery | String, module: Module) -> dict[str, str]:
    """Name the battery or string that a module sits on as the person does."""
    device = dr.async_get(bank.hass).async_get_device_by_identifier((DOMAIN, subject.id), bank.entry.entry_id)
    name = (device.name_by_user or device.name) if device else None
    return {"device": name or subject.id, "address": str(module.unit_id), "line": bank.entry.title}


def _told(at: float) -> str:
    """Write a time (s since 1970, UTC) as everybody reads it."""
    return dt_util.as_local(datetime.fromtimestamp(at, dt_util.UTC)).strftime("%Y-%m-%d %H:%M")
