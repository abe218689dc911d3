"""A real Home Assistant in a process of its own, and what a person would do there, over its API."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
import json
import os
from pathlib import Path
import signal
import sys
import time
from typing import Any, Final, Self

import aiohttp

ROOT: Final = Path(__file__).parent.parent
USER: Final = "demo"
PASSWORD: Final = "demo"  # noqa: S105 - of a house that lives as long as the demo
PATIENCE: Final = 120.0  # s for Home Assistant to answer at all
STOPPING: Final = 20.0  # s to stop by itself before it is stopped

CONFIGURATION: Final = """\
homeassistant:
  name: {name}
  unit_system: metric
  time_zone: UTC
  country: ES
  currency: EUR
frontend:
config:
history:
logbook:
recorder:
  commit_interval: 1
logger:
  default: warning
"""

# The step of the onboarding that asks for place and units adds a weather service, radio stations, a voice and a
# shopping list, which talk to the outside or need compilers. What it asks for stands above, so it counts as done.
ONBOARDING: Final = {"version": 4, "key": "onboarding", "data": {"done": ["core_config"]}}


class HouseError(Exception):
    """Home Assistant did not do what it was asked."""


class House:
    """A running Home Assistant with an owner who is logged in."""

    def __init__(
        self,
        folder: Path,
        port: int,
        program: str = "simulator.minimal",
        *,
        host: str = "127.0.0.1",
        inside: Sequence[str] = (),
    ) -> None:
        """Live in `folder`, listen on `port` of `host`; `program` is the module that starts Home Assistant.

        `inside` are the words before the command that run it elsewhere, as in another network.
        """
        self.folder = folder
        self._program = program
        self._inside = inside
        self._host = host
        self.url = f"http://{host}:{port}"
        self._port = port
        self._process: asyncio.subprocess.Process | None = None
        self._session: aiohttp.ClientSession | None = None
        self._token = ""
        self._refresh_token = ""
        self._renew_at = 0.0  # of time.monotonic()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        folder: Path,
        port: int,
        *,
        name: str = "Battery room",
        yaml: str = "",
        program: str = "simulator.minimal",
        host: str = "127.0.0.1",
        inside: Sequence[str] = (),
    ) -> AsyncGenerator[Self]:
        """Start, wait until it answers, and go through the onboarding; stop at the end. Raises `HouseError`."""
        house = cls(folder, port, program, host=host, inside=inside)
        try:
            await house._start(CONFIGURATION.format(name=name) + yaml)
            await house._onboard()
            yield house
        finally:
            await house._stop()

    @property
    def pid(self) -> int:
        """The process of Home Assistant."""
        if self._process is None:
            raise HouseError("Home Assistant does not run.")
        return self._process.pid

    async def get(self, path: str) -> Any:
        """Ask the API."""
        return await self._request("GET", path)

    async def post(self, path: str, data: Mapping[str, Any]) -> Any:
        """Tell the API."""
        return await self._request("POST", path, json=data)

    @asynccontextmanager
    async def page(self) -> AsyncGenerator[aiohttp.ClientWebSocketResponse]:
        """Open a websocket and log in, as a page does."""
        assert self._session is not None  # noqa: S101 - it was started
        async with self._session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": await self._access()})
            await socket.receive_json()
            yield socket

    async def status(self, path: str, params: Mapping[str, str] | None = None) -> int:
        """Return the status with which a path is answered."""
        assert self._session is not None  # noqa: S101 - it was started
        headers = {"Authorization": f"Bearer {await self._access()}"}
        async with self._session.get(self.url + path, headers=headers, params=params) as answer:
            return answer.status

    async def socket(self, *commands: Mapping[str, Any]) -> list[Any]:
        """Send commands over the websocket and return their results."""
        results = []
        async with self.page() as socket:
            for number, command in enumerate(commands, 1):
                await socket.send_json({"id": number, **command})
                answer = await socket.receive_json()
                if not answer["success"]:
                    raise HouseError(f"{command['type']}: {answer['error']['message']}")
                results.append(answer["result"])
        return results

    async def kill(self) -> None:
        """End the process without warning; `start` goes on with what is on the disk."""
        if self._session:
            await self._session.close()
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    async def start(self) -> None:
        """Start again with everything as it was, and with a new login."""
        await self._run()
        await self._log_in({"grant_type": "refresh_token", "refresh_token": self._refresh_token})

    async def restart(self) -> None:
        """Stop, stay away for a moment, and start again with everything as it was."""
        await self.stop()
        await self.start()

    async def stop(self) -> None:
        """Stop in order, until `start`."""
        await self._stop()

    async def _start(self, configuration: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "configuration.yaml").write_text(configuration)
        storage = self.folder / ".storage"
        storage.mkdir(exist_ok=True)
        (storage / "onboarding").write_text(json.dumps(ONBOARDING))
        # Given in YAML, Home Assistant would take it for a trial, and take it back after five minutes.
        http = {"server_host": [self._host], "server_port": self._port}
        (storage / "http").write_text(json.dumps({"version": 1, "key": "http", "data": http}))
        components = self.folder / "custom_components"
        if not components.exists():
            components.symlink_to(ROOT / "custom_components")
        await self._run()

    async def _run(self) -> None:
        self._session = aiohttp.ClientSession()
        with (self.folder / "console.log").open("wb") as console:
            self._process = await asyncio.create_subprocess_exec(
                *(*self._inside, sys.executable, "-m", self._program, "--config", str(self.folder)),
                *("--skip-pip", "--log-file", str(self.folder / "home-assistant.log")),
                cwd=ROOT,
                env=_environment(self.folder),
                stdout=console,
                stderr=console,
                start_new_session=True,  # Ctrl-C is for us; we stop it in order
            )
        try:
            async with asyncio.timeout(PATIENCE):
                while not await self._answers():  # noqa: ASYNC110 - another process sets no event of ours
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise HouseError(f"Home Assistant did not answer within {PATIENCE:.0f} s.") from None

    async def _answers(self) -> bool:
        assert self._process is not None  # noqa: S101 - it was started
        assert self._session is not None  # noqa: S101
        if self._process.returncode is not None:
            console = (self.folder / "console.log").read_text()[-2000:]
            raise HouseError(f"Home Assistant ended by itself, with status {self._process.returncode}.\n{console}")
        try:
            async with self._session.get(f"{self.url}/manifest.json") as answer:
                return answer.status == 200  # noqa: PLR2004
        except aiohttp.ClientError:
            return False

    async def _onboard(self) -> None:
        client = self._client
        owner = {"name": "Demo", "username": USER, "password": PASSWORD, "language": "en"}
        code = (await self.post("/api/onboarding/users", client | owner))["auth_code"]
        await self._log_in({"grant_type": "authorization_code", "code": code})
        await self.post("/api/onboarding/analytics", {})
        await self.post("/api/onboarding/integration", client | {"redirect_uri": f"{self.url}/?auth_callback=1"})

    @property
    def _client(self) -> dict[str, str]:
        return {"client_id": f"{self.url}/"}

    async def _log_in(self, grant: dict[str, str]) -> None:
        assert self._session is not None  # noqa: S101 - it was started
        async with self._session.post(f"{self.url}/auth/token", data=self._client | grant) as answer:
            tokens = await answer.json()
        self._token = tokens["access_token"]
        self._refresh_token = tokens.get("refresh_token", self._refresh_token)
        self._renew_at = time.monotonic() + tokens["expires_in"] / 2

    async def _access(self) -> str:
        """Return the token of the login, empty before there is one. It lasts half an hour, and is renewed before."""
        if self._token and time.monotonic() >= self._renew_at:
            await self._log_in({"grant_type": "refresh_token", "refresh_token": self._refresh_token})
        return self._token

    async def _request(self, method: str, path: str, **kwargs: Any) -> Any:
        assert self._session is not None  # noqa: S101 - it was started
        headers = {"Authorization": f"Bearer {token}"} if (token := await self._access()) else {}
        async with self._session.request(method, self.url + path, headers=headers, **kwargs) as answer:
            if answer.status >= 400:  # noqa: PLR2004
                raise HouseError(f"{method} {path}: {answer.status} {await answer.text()}")
            return await answer.json()

    async def _stop(self) -> None:
        if self._session:
            await self._session.close()
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOPPING):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


async def configure(
    house: House,
    device: str,
    *,
    first: int,
    last: int,
    capacity: float,
    baudrate: int = 9600,
    hubs: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Go through the flow of a serial line as a person would, taking every proposal; return the entry.

    With `hubs`, the line has nothing else: they are the answers to the form of a hub, one for each string. The entry's
    `found` says what the scan found. Raises `HouseError` when a step shows an error.
    """
    path = "/api/config/config_entries/flow"
    flow = await house.post(path, {"handler": "battery_bank"})
    path += f"/{flow['flow_id']}"
    await house.post(path, {"next_step_id": "serial"})
    line = {"device": device, "baudrate": str(baudrate), "parity": "none", "only_hub": bool(hubs)}
    step = await house.post(path, line | {"scan": {"first_address": first, "last_address": last}})
    of_string = {"string": {"capacity": capacity}}
    entry, found = await _answer(house, path, step, of_string | {"hub": dict(*hubs[:1])})
    for hub in hubs[1:]:
        path = "/api/config/config_entries/subentries/flow"
        menu = await house.post(path, {"handler": [entry["entry_id"], "string"]})
        path += f"/{menu['flow_id']}"
        step = await house.post(path, {"next_step_id": "hub"})
        await _answer(house, path, step, of_string | {"hub": hub})
    return {**entry, "found": found or "a hub"}


async def _answer(
    house: House, path: str, step: dict[str, Any], answers: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Any], str]:
    """Go through the steps of a flow by their `answers`, else by what they propose; return its result, and the modules.

    Raises `HouseError` when a step shows an error.
    """
    found = ""
    while step["type"] != "create_entry":
        if step.get("errors"):
            raise HouseError(f"Step {step['step_id']}: {step['errors']}, {step['description_placeholders']}")
        if step["type"] == "progress":
            await asyncio.sleep(0.5)
            step = await house.get(path)
        elif step["type"] == "progress_done":
            step = await house.get(path)
        elif step["type"] == "form":
            found = (step["description_placeholders"] or {}).get("modules", found)
            step = await house.post(path, {**_proposals(step["data_schema"]), **answers.get(step["step_id"], {})})
        else:
            raise HouseError(f"Step {step.get('step_id')}: {step.get('reason') or step['description_placeholders']}")
    return step.get("result", {}), found  # a string has none


async def open_on_the_bank(house: House) -> None:
    """Add the dashboard of the bank as a person would, and have the user's pages open on it."""
    path = "battery-bank"
    await house.socket(
        {"type": "lovelace/dashboards/create", "url_path": path, "title": "Batteries", "icon": "mdi:car-battery"},
        {"type": "lovelace/config/save", "url_path": path, "config": {"strategy": {"type": "custom:battery-bank"}}},
        {"type": "frontend/set_user_data", "key": "core", "value": {"default_panel": path}},
    )


async def serve_plant(house: House, entry_id: str, port: int) -> None:
    """Switch the Modbus server for plant systems on, for clients of this machine. Raises `HouseError`."""
    path = "/api/config/config_entries/options/flow"
    menu = await house.post(path, {"handler": entry_id})
    step = await house.post(f"{path}/{menu['flow_id']}", {"next_step_id": "modbus_server"})
    answers = {"enabled": True, "address": "127.0.0.1", "port": port, "clients": "127.0.0.1"}
    step = await house.post(f"{path}/{step['flow_id']}", answers)
    if step.get("errors"):
        raise HouseError(f"The Modbus server: {step['errors']}, {step['description_placeholders']}")


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of a house. It keeps compiled modules, as an installed Home Assistant does."""
    environment = {"HOME": str(folder), **os.environ}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _proposals(fields: list[Mapping[str, Any]]) -> dict[str, Any]:
    """Fill a form in with what it suggests."""
    answers: dict[str, Any] = {}
    for field in fields:
        suggestion = field.get("description", {}).get("suggested_value", field.get("default"))
        if suggestion is not None:
            answers[field["name"]] = suggestion
    return answers
