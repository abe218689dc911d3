"""Checks of a line and its strings for what a person has to set right."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from statistics import median
from typing import Final

from homeassistant.util import dt as dt_util

from ..const import CONF_BATTERY_MODULE
from ..coordinator import LineCoordinator
from ..monitor.battery.limits import DAY, HOUR
from ..monitor.battery.situation import offline_key
from ..monitor.errors import NoAnswerError
from ..monitor.line.module import Contact, Module
from ..monitor.line.module_profile import Profile
from ..monitor.line.polling import FOREIGN_WINDOW
from ..monitor.line.profiles import PROFILES
from ..monitor.line.scan import Verdict
from ..monitor.model import Measures
from ..runtime.local_time import local_time
from ..strings.connection import where
from ..strings.devices import async_device, device_name
from ..strings.members import Battery, String, fitted
from ..texts.reasons import reason_text
from ..texts.times import minute_text
from .findings import Data, Finding

OFFLINE: Final = HOUR  # s offline until a person has to look after the module
IMPLAUSIBLE: Final = 600.0  # s of implausible values until the sensor is to blame, and not interference
SET_BACK: Final = 60.0  # s that a clock may be behind the latest known time: time servers correct by less
STALLED: Final = HOUR  # s that rows of the journal wait, and a receiver acknowledges none
BASELINE_DUE: Final = 180 * DAY  # s of monitoring; with tests, the final baseline is found by then
# Two modules have an address if this share of its answers is unreadable, while those of the others are not …
UNREADABLE: Final = 0.6
READABLE: Final = 0.2  # … and only one has it below this share
FEWEST: Final = 20  # requests to a module before such a share counts


def _offline(bank: LineCoordinator, now: float) -> Iterator[Finding]:
    """Find modules that are offline. If a whole string is, its power supply or its cable is the cause."""
    for string in bank.strings:
        modules = fitted(string)
        if any(module.contact is Contact.UNKNOWN for _, module in modules):
            yield Finding(key="string_silent", subject=string.id, texts=None)
            yield from (Finding(key="module_silent", subject=subject.id, texts=None) for subject, _ in modules)
            continue
        offline = {subject: at for subject, module in modules if (at := _offline_since(string, subject, module))}
        if len(offline) == len(modules) > 1:
            if now - (last := max(offline.values())) >= OFFLINE:
                texts = {"string": string.name, "since": _local(last)}
                yield Finding(key="string_silent", subject=string.id, texts=texts)
            continue
        for subject, module in modules:
            if subject in offline and now - offline[subject] >= OFFLINE:
                battery = subject.id if isinstance(subject, Battery) else None
                texts = _names(bank, subject, module) | {"since": _local(offline[subject])}
                data: Data = {"string": string.id, "battery": battery}
                yield Finding(key="module_silent", subject=subject.id, texts=texts, data=data)


def _offline_since(string: String, subject: Battery | String, module: Module) -> float | None:
    if module.contact is not Contact.OFFLINE or not isinstance(module.error, NoAnswerError):
        return None
    return string.state.running.since.get(offline_key(subject.id if isinstance(subject, Battery) else None))


def _two_modules(bank: LineCoordinator, _: float) -> Iterator[Finding]:
    """Find addresses whose answers are unreadable while those of the others are readable."""
    online = [module.unreadable_share for module in bank.line.modules.values() if module.contact is Contact.ONLINE]
    clean = bool(online) and median(online) <= READABLE
    for subject, module in _all_fitted(bank):
        if not clean or module.counts.requests < FEWEST or READABLE < module.unreadable_share < UNREADABLE:
            yield Finding(key="two_modules", subject=subject.id, texts=None)
        elif module.unreadable_share >= UNREADABLE:
            yield Finding(key="two_modules", subject=subject.id, texts=_names(bank, subject, module))


def _second_master(bank: LineCoordinator, _: float) -> Iterator[Finding]:
    """Find a line on which another master asks too: answers to its questions come as answers to ours."""
    answers = bank.line.foreign
    if len(answers) == FOREIGN_WINDOW and bank.clock.monotonic() - answers[0] <= HOUR:
        yield Finding(key="second_master", subject=bank.id, texts={"line": bank.entry.title})


def _adapter_echoes(bank: LineCoordinator, _: float) -> Iterator[Finding]:
    """Find an adapter that returns what is sent."""
    if bank.line.echoes:
        yield Finding(key="adapter_echoes", subject=bank.id, texts={"line": bank.entry.title})


def _yaml_hub(bank: LineCoordinator, _: float) -> Iterator[Finding]:
    """Find hubs of `modbus` in YAML that have the port or gateway of the line."""
    if bank.yaml_hubs:
        texts = {"line": bank.entry.title, "hubs": ", ".join(bank.yaml_hubs), "port": where(bank.entry.data)}
        yield Finding(key="yaml_hub", subject=bank.id, texts=texts)


def _other_profile(bank: LineCoordinator, _: float) -> Iterator[Finding]:
    """Find modules of another family than set for their string; if that is true of all, the setting is wrong."""
    for string in bank.strings:
        answers_as: dict[Battery | String, Profile] = {}
        for subject, module in fitted(string):
            found = bank.inspection.found.get(module.unit_id)
            if found is None and module.contact is not Contact.OFFLINE:
                yield Finding(key="other_profile", subject=string.id, texts=None)
                yield Finding(key="other_module", subject=string.id, texts=None)
                break
            if found and found.profile:
                answers_as[subject] = found.profile
        else:
            yield from _other_than_set(string, answers_as)


def _other_than_set(string: String, answers_as: Mapping[Battery | String, Profile]) -> Iterator[Finding]:
    others = {subject: one for subject, one in answers_as.items() if subject.module and one != subject.module.profile}
    of_batteries = [profile for subject, profile in answers_as.items() if isinstance(subject, Battery)]
    expected = PROFILES[string.config[CONF_BATTERY_MODULE]]
    alike = len({profile.key for profile in of_batteries}) == 1 and 2 * len(of_batteries) > len(string.batteries)
    found = of_batteries[0] if alike else expected
    if found != expected and found.measures is Measures.BATTERY:
        texts = {"string": string.name, "expected": expected.model, "found": found.model}
        data: Data = {"string": string.id, "profile": found.key}
        yield Finding(key="other_profile", subject=string.id, texts=texts, data=data)
        others = {subject: one for subject, one in others.items() if isinstance(subject, String)}
    if others:
        modules = ", ".join(
            f"{subject.module.unit_id}: {one.model}" for subject, one in others.items() if subject.module
        )
        yield Finding(key="other_module", subject=string.id, texts={"string": string.name, "modules": modules})


def _battery_count(bank: LineCoordinator, _: float) -> Iterator[Finding]:
    """Find one more module after the last battery of a string."""
    for string in bank.strings:
        if (address := bank.next_addresses.get(string.id)) is None:
            continue
        found = bank.inspection.found.get(address)
        if found is None:
            yield Finding(key="battery_count", subject=string.id, texts=None)
        elif found.verdict is Verdict.KNOWN and found.profile == string.batteries[0].module.profile:
            texts = {
                "string": string.name,
                "batteries": str(len(string.batteries)),
                "address": str(address),
                "number": str(len(string.batteries) + 1),
            }
            data: Data = {"string": string.id, "address": address}
            yield Finding(key="battery_count", subject=string.id, texts=texts, data=data)


def _implausible_sensor(bank: LineCoordinator, now: float) -> Iterator[Finding]:
    """Find modules that keep sending implausible values."""
    for string in bank.strings:
        for subject, module in fitted(string):
            began = string.state.running.since.get(f"faulty {subject.id if isinstance(subject, Battery) else ''}")
            if began is None or now - began < IMPLAUSIBLE:
                continue
            faults = module.reading.faults.values() if module.reading else ()
            write = partial(bank.alarm_texts.numbers.write, spec="g")
            ranges = ", ".join(f"{write(fault.low)} … {write(fault.high)} {fault.unit}" for fault in faults)
            texts = _names(bank, subject, module) | {"ranges": ranges}
            yield Finding(key="implausible_sensor", subject=subject.id, texts=texts if faults else None)


def _implausible_clock(bank: LineCoordinator, now: float) -> Iterator[Finding]:
    """Find a clock that is behind the latest known time."""
    latest = max((string.state.running.latest or now for string in bank.strings), default=now)
    if latest - now > SET_BACK:
        yield Finding(
            key="implausible_clock", subject=bank.id, texts={"line": bank.entry.title, "latest": _local(latest)}
        )


def _current_reversed(bank: LineCoordinator, _: float) -> Iterator[Finding]:
    """Find string modules that were fitted the wrong way round."""
    for string in bank.strings:
        polarity = string.state.running.polarity
        if string.module and polarity.reversed and polarity.inverted == string.settings.inverted:
            texts = _names(bank, string, string.module)
            yield Finding(key="current_reversed", subject=string.id, texts=texts, data={"string": string.id})


def _baseline_missing(bank: LineCoordinator, now: float) -> Iterator[Finding]:
    """Find batteries that were monitored for long, can be tested, and have no baseline."""
    for string in bank.strings:
        if string.state.running.counters.watched * HOUR < BASELINE_DUE:
            continue
        without = [battery for battery in string.batteries if battery.testable and has_no_baseline(battery, now)]
        if without:
            texts = {"string": string.name, "batteries": ", ".join(str(battery.number) for battery in without)}
            yield Finding(key="baseline_missing", subject=string.id, texts=texts, data={"string": string.id})


def has_no_baseline(battery: Battery, now: float) -> bool:
    """Return whether a battery that was monitored for long enough has no baseline."""
    ohmic = battery.string.state.resistances.get(battery.id)
    since = ohmic.since if ohmic else None  # a battery that was added later gets its own time
    return (ohmic is None or ohmic.baseline is None) and (since is None or now - since >= BASELINE_DUE)


def _batteries_exchanged(bank: LineCoordinator, _: float) -> Iterator[Finding]:
    """Find two batteries whose internal resistances have swapped."""
    for string in bank.strings:
        for battery in string.batteries:
            ohmic = string.state.resistances.get(battery.id)
            other = string.number(ohmic.exchanged_with) if ohmic else None
            if ohmic is None or other is None or battery.number > other:
                continue
            texts = {"string": string.name, "first": str(battery.number), "second": str(other)}
            data: Data = {"string": string.id, "battery": battery.id, "other": ohmic.exchanged_with}
            yield Finding(key="batteries_exchanged", subject=battery.id, texts=texts, data=data)


def _battery_replaced(bank: LineCoordinator, _: float) -> Iterator[Finding]:
    """Find batteries whose internal resistance has fallen to that of a new one."""
    for string in bank.strings:
        for battery in string.batteries:
            ohmic = string.state.resistances.get(battery.id)
            if ohmic is None or ohmic.renewed is None:
                continue
            texts = _names(bank, battery, battery.module) | {"since": local_time(ohmic.renewed).strftime("%Y-%m-%d")}
            data: Data = {"string": string.id, "battery": battery.id, "at": ohmic.renewed}
            yield Finding(key="battery_replaced", subject=battery.id, texts=texts, data=data)


def _tests_overdue(bank: LineCoordinator, now: float) -> Iterator[Finding]:
    """Find strings whose scheduled resistance tests have not run for two intervals."""
    for string in bank.strings:
        blocked = string.state.running.blocked_tests
        if blocked.overdue_since is None or blocked.obstacle is None or blocked.since is None:
            continue
        oldest = min(blocked.since if at is None else at for at in string.last_tests.values())
        texts = {
            "string": string.name,
            "days": str(int((now - oldest) // DAY)),
            "obstacle": bank.alarm_texts.translations.option("test_obstacle", blocked.obstacle),
            "share": str(round(100 * blocked.share)),
        }
        yield Finding(key="tests_overdue", subject=string.id, texts=texts)


def _capacity_test_due(bank: LineCoordinator, now: float) -> Iterator[Finding]:
    """Find strings whose capacity test is due. It is not begun by itself, so this stays until it has a result."""
    for string in bank.strings:
        due = string.next_capacity_test
        if due is not None and due <= now:
            texts = {"string": string.name, "since": local_time(due).strftime("%Y-%m-%d")}
            yield Finding(key="capacity_test_due", subject=string.id, texts=texts)


def _journal(bank: LineCoordinator, _: float) -> Iterator[Finding]:
    """Find a journal that can't be used, was replaced because it was damaged, or has records that can't be read."""
    writer = bank.journal_writer
    if writer.unreadable:
        texts = {"line": bank.entry.title, "file": str(writer.path), "number": str(sum(writer.unreadable.values()))}
        yield Finding(key="journal_rows", subject=bank.id, texts=texts)
    if writer.problem:
        detail = reason_text(bank.alarm_texts.translations, writer.problem.reason, str(writer.problem))
        yield Finding(key="journal_unusable", subject=bank.id, texts={"file": str(writer.path), "detail": detail})
    for key, detail in writer.notices.items():
        texts = {"line": bank.entry.title, "file": str(writer.path), "detail": detail}
        yield Finding(key=key, subject=bank.id, texts=texts)
    if writer.set_aside:
        texts = {"file": str(writer.path), "detail": str(writer.set_aside)}
        yield Finding(key="journal_set_aside", subject=bank.id, texts=texts)


def _backlog(bank: LineCoordinator, now: float) -> Iterator[Finding]:
    """Find a journal that is sent, but not acknowledged, or that another installation sends too."""
    sender = bank.journal_sender
    if sender.doubled(bank.clock.monotonic()):
        yield Finding(key="journal_doubled", subject=bank.id, texts={"line": bank.entry.title, "site": sender.site})
        return
    if (waits := sender.stalled(bank.clock.monotonic())) >= STALLED:
        texts = {"line": bank.entry.title, "rows": str(sender.backlog), "since": _local(now - waits)}
        yield Finding(key="journal_backlog", subject=bank.id, texts=texts)


CHECKS: Final[tuple[Callable[[LineCoordinator, float], Iterator[Finding]], ...]] = (
    _offline,
    _two_modules,
    _second_master,
    _adapter_echoes,
    _yaml_hub,
    _other_profile,
    _battery_count,
    _implausible_sensor,
    _implausible_clock,
    _current_reversed,
    _baseline_missing,
    _batteries_exchanged,
    _battery_replaced,
    _tests_overdue,
    _capacity_test_due,
    _journal,
    _backlog,
)


def _all_fitted(bank: LineCoordinator) -> Iterator[tuple[Battery | String, Module]]:
    return (pair for string in bank.strings for pair in fitted(string))


def _names(bank: LineCoordinator, subject: Battery | String, module: Module) -> dict[str, str]:
    """Return the texts that name a module: its device, its address and its line."""
    name = device_name(async_device(bank.hass, bank.id, subject.id))
    return {"device": name or subject.id, "address": str(module.unit_id), "line": bank.entry.title}


def _local(at: float) -> str:
    """Return a time (s since 1970, UTC) as local date and time."""
    return minute_text(at, dt_util.get_default_time_zone())
