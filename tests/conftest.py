"""What the tests share: a simulated bank behind a real pseudo-terminal, and a real Home Assistant to look at it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from datetime import UTC, datetime, timedelta
from functools import partial
import logging
import os
from pathlib import Path
from random import Random
import re
import time
from typing import Any, override
from zoneinfo import ZoneInfo

from hypothesis import settings
from modbus_connection import ModbusConnectionError
import pytest
import pytest_asyncio
from pytest_homeassistant_custom_component.common import CLIENT_ID, MockConfigEntry, MockUser
from serialx.common import _REGISTERED_URI_HANDLERS
import time_machine
from tmodbus.exceptions import ModbusConnectionError as ConnectionLostError
from virtual_time import VirtualTimeLoop, WallClock

# Imported first, or the harness' own empty `custom_components` would win.
import custom_components.battery_bank  # noqa: F401
from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.clock import Clock
from custom_components.battery_bank.monitor.line import profiles
from homeassistant import runner
from homeassistant.auth.models import Credentials, RefreshToken
from homeassistant.config_entries import ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.recorder import DATA_INSTANCE
from simulator.bank import Bank, build
from simulator.wire import Terminal, Wire

# The harness wants to read each query of the recorder, which costs more than the queries.
logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)

# The machine's own zone and language, which no test may depend on: far away from Home Assistant's, so that it is
# another day there, and a language that no test uses.
os.environ |= {"TZ": "Pacific/Auckland", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "LANGUAGE": ""}
time.tzset()

# How fast the machine is says nothing of the code. `scripts/test-dates` runs everything again, and tries less.
settings.register_profile("once", deadline=None)
settings.register_profile("again", deadline=None, max_examples=10)
settings.load_profile("once")

# A line so fast that its time doesn't count in a test of something else.
FAST = 115200

SMALL_BANK: dict[str, Any] = {
    "line": {"baud": FAST},
    "string": [{"name": "A", "batteries": 4, "first_address": 1, "string_module": 5}],
}


@pytest.hookimpl
def pytest_asyncio_loop_factories(item: pytest.Item) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Give each test the loop that its time needs."""
    return {"real": asyncio.SelectorEventLoop} if _in_real_time(item) else {"virtual": VirtualTimeLoop}


def _in_real_time(item: pytest.Item) -> bool:
    return item.get_closest_marker("real_time") is not None


@pytest_asyncio.fixture(autouse=True, scope="session", loop_scope="session")
async def mock_zeroconf_resolver(mock_zeroconf_resolver: Any) -> AsyncGenerator[Any]:
    """Close the resolver that the harness makes for each test and forgets: it has a thread and four open files.

    From the 1,024th file on, what waits with `select`, as a foreign slave on a serial port does, fails for ever.
    """
    yield mock_zeroconf_resolver
    await mock_zeroconf_resolver.kwargs["return_value"].real_close()


@pytest.fixture
def time_zone() -> str:
    """Return the time zone of Home Assistant."""
    return os.environ.get("BATTERY_BANK_TEST_ZONE", "Europe/Madrid")


@pytest.fixture
def start_time(time_zone: str) -> datetime:
    """Return when the test begins."""
    text = os.environ.get("BATTERY_BANK_TEST_START", "2026-06-16T14:30")
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(time_zone))


@pytest.fixture(autouse=True)
def clock(request: pytest.FixtureRequest, start_time: datetime) -> Generator[WallClock]:
    """Begin the test at its date, which moves on with the time of the event loop, and let the test set the clock."""
    with time_machine.travel(start_time.astimezone(UTC).timestamp(), tick=_in_real_time(request.node)) as traveller:
        yield WallClock(traveller)


@pytest.fixture(autouse=True)
async def configure_event_loop(clock: WallClock) -> None:
    """Configure the loop as Home Assistant does, but leave its time to us."""
    loop = asyncio.get_running_loop()
    runner.configure_event_loop(loop)
    if isinstance(loop, VirtualTimeLoop):
        del loop.time  # Home Assistant puts the system's there
        loop.wall_clock = clock


@pytest.fixture(autouse=True)
def enable_event_loop_debug() -> None:
    """Leave the debug mode to the option `--asyncio-debug`: it takes three times as long as the tests themselves."""


@pytest.fixture(autouse=True)
def _enable_custom_integrations(enable_custom_integrations: None) -> None:
    """Let Home Assistant find the integration."""


@pytest.fixture(autouse=True)
def _own_profiles_end_with_the_test() -> Generator[None]:
    """Forget the profiles that a test has read from files: each one may cost a scan one more request."""
    before = dict(profiles._KNOWN)
    yield
    profiles._KNOWN.clear()
    profiles._KNOWN.update(before)


@pytest.fixture
def _kinds_of_ports_end_with_the_test() -> Generator[None]:
    """Forget the kinds of ports that a Home Assistant has added, even if it could not be stopped.

    A process can add each kind once, so every later test would fail in place of the one with the error.
    """
    before = {scheme: list(handlers) for scheme, handlers in _REGISTERED_URI_HANDLERS.items()}
    yield
    for scheme, handlers in _REGISTERED_URI_HANDLERS.items():
        handlers[:] = before.get(scheme, [])


@pytest.fixture
def hass_config_dir(_kinds_of_ports_end_with_the_test: None, hass_tmp_config_dir: str) -> str:
    """Give each Home Assistant a folder of its own: journals are files. It is there before, and goes after it."""
    return hass_tmp_config_dir


@pytest.fixture
async def hass(hass: HomeAssistant, time_zone: str) -> HomeAssistant:
    """Return a Home Assistant in the zone of the test, whose harness accepts two habits of the Modbus libraries.

    When a port goes while a request is written, or a scan is left while its port is opened, they raise one error and
    leave another in a future that is never awaited.
    """
    strict = hass.loop.get_exception_handler()
    assert strict is not None

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        if not isinstance(context.get("exception"), ConnectionLostError | ModbusConnectionError):
            strict(loop, context)

    hass.loop.set_exception_handler(handle)
    await hass.config.async_set_time_zone(time_zone)
    if isinstance(hass.loop, VirtualTimeLoop):
        hass.loop.others_work = partial(_recorder_works, hass)
    return hass


def _recorder_works(hass: HomeAssistant) -> bool:
    """Return whether the recorder's thread, which takes no jobs, has its database to open or events to write."""
    recorder = hass.data.get(DATA_INSTANCE)
    return bool(recorder and recorder.is_alive() and (recorder.backlog or not recorder.async_db_ready.done()))


@pytest.fixture
async def refresh_token(
    hass: HomeAssistant, hass_admin_user: MockUser, hass_admin_credential: Credentials
) -> RefreshToken:
    """Return the administrator's token for access tokens that are good for longer than any test lasts."""
    await hass.auth.async_link_user(hass_admin_user, hass_admin_credential)
    return await hass.auth.async_create_refresh_token(
        hass_admin_user,
        CLIENT_ID,
        credential=hass_admin_credential,
        access_token_expiration=timedelta(days=3650),
    )


@pytest.fixture
def hass_access_token(hass: HomeAssistant, refresh_token: RefreshToken) -> str:
    """Return the token that a page of the administrator has."""
    return hass.auth.async_create_access_token(refresh_token)


@pytest.fixture
def port(tmp_path: Path) -> Path:
    """Where the serial port is."""
    return tmp_path / "ttyBANK"


@pytest.fixture
async def plug(port: Path) -> AsyncGenerator[Callable[[Bank], Terminal]]:
    """Put a bank behind the port."""
    plugged: list[Terminal] = []

    def _plug(bank: Bank) -> Terminal:
        terminal = Terminal(Wire(bank), port)
        terminal.plug()
        plugged.append(terminal)
        return terminal

    yield _plug
    for terminal in plugged:
        await terminal.pull()


@pytest.fixture
def bank() -> Bank:
    """Return a small bank: one string of four blocks of 12 V at addresses 1 to 4, its TC at 5."""
    return build(SMALL_BANK)


def string_data(
    first: int = 1, count: int = 4, string_module: int | None = 5, name: str = "A", **changes: Any
) -> ConfigSubentryData:
    """Describe a string as its flow leaves it."""
    data = {
        "batteries": [{"id": f"{name}{address}", "address": address} for address in range(first, first + count)],
        "battery_module": "ta",
        "string_module_address": string_module,
        "string_module": "tc",
        "invert_current": False,
        "nominal_voltage": 12.0,
        "capacity": 100,
        "chemistry": "vrla_agm",
        "installed": "2024-05-01",
    }
    return ConfigSubentryData(data=data | changes, subentry_type="string", title=name, unique_id=None)


@pytest.fixture
def line_entry(hass: HomeAssistant, port: Path) -> Callable[..., MockConfigEntry]:
    """Configure a line at the port, with one string or those given."""

    def _entry(*strings: ConfigSubentryData, **data: Any) -> MockConfigEntry:
        entry = MockConfigEntry(
            domain=DOMAIN,
            title="Line",
            unique_id=str(port),
            data={"connection": "serial", "device": str(port), "baudrate": FAST, "parity": "N"} | data,
            subentries_data=list(strings or [string_data()]),
        )
        entry.add_to_hass(hass)
        return entry

    return _entry


@pytest.fixture
def all_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enable new entities that are disabled at first."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


def device_of(hass: HomeAssistant, entry: MockConfigEntry, identifier: str) -> str:
    """Return the id of the device of a line, string or battery, by the id of that."""
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)
    assert device is not None
    return device.id


def refused_at(field: str, key: str) -> dict[str, str]:
    """Return the errors of a form that refuses a field: at the field, or its section, and above the form."""
    return {"base": key, field: key}


def loop_clock(now: Callable[[], float] = time.time) -> Clock:
    """Return the clock of what runs without Home Assistant: the time that passes is that of the event loop."""
    return Clock(now=now, monotonic=asyncio.get_running_loop().time)


class Still(Random):
    """A random number generator without surprises."""

    @override
    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        return mu


async def eventually(check: Callable[[], object], *, seconds: float = 60.0, every: float = 1.0) -> None:
    """Wait until a check returns something true; fail after so many s."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    while not check():
        assert loop.time() < ends, f"not within {seconds} s"
        await asyncio.sleep(every)


def state_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity, which is there."""
    state = hass.states.get(entity_id)
    assert state is not None, f"there is no {entity_id}"
    return state.state


async def until(hass: HomeAssistant, entity_id: str, what: Callable[[str], bool], *, seconds: float = 60.0) -> None:
    """Wait until the state of an entity is as expected; an entity without a value is not."""

    def as_expected() -> bool:
        state = hass.states.get(entity_id)
        return state is not None and state.state not in ("unavailable", "unknown") and what(state.state)

    try:
        await eventually(as_expected, seconds=seconds)
    except AssertionError as err:
        raise AssertionError(f"{entity_id} is {hass.states.get(entity_id)}, {err}") from None


async def until_gone(hass: HomeAssistant, entity_id: str, *, seconds: float = 60.0) -> None:
    """Wait until an entity is unavailable."""
    await eventually(lambda: hass.states.is_state(entity_id, "unavailable"), seconds=seconds)


async def until_unknown(hass: HomeAssistant, entity_id: str, *, seconds: float = 60.0) -> None:
    """Wait until an entity is available, but has no value."""
    await eventually(lambda: hass.states.is_state(entity_id, "unknown"), seconds=seconds)


def rough(one: object) -> str:
    """Return a text of a value whose numbers have five digits, but for times.

    After a restart the curve of the discharge comes from the journal and has fewer points than that in memory, so what
    is calculated from it differs a little.
    """

    def rounded(found: re.Match[str]) -> str:
        return f"{number:.5g}" if (number := float(found[0])) < 1e6 else found[0]

    return re.sub(r"\d+\.\d+(e-?\d+)?", rounded, repr(one))
