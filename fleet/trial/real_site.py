"""One real site: a Home Assistant with a simulated bank, set up as a person would do it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from simulator.bank import build
from simulator.demo import shown
from simulator.house import HouseError

from .engines import HERE, EngineError, free_port

SITE: Final = "real"  # its name in the topics

# Small, on a fast line, and with a past that is soon written: so much of a real site is soon there.
BANK: Final = {
    "line": {"baud": 115200},
    "past": {"days": 120, "discharges": [60, 20]},
    "string": [{"name": "A", "batteries": 6, "first_address": 1, "string_module": 7, "load": 28.5}],
}

# NATS speaks MQTT 3.1.1, as every other broker does too.
BROKER: Final = {
    "protocol": "3.1.1",
    "other_settings": {"set_client_cert": False, "set_ca_cert": "off"},
}


@asynccontextmanager
async def real_site(
    folder: Path, broker: str, *, at: str = HERE, inside: Sequence[str] = ()
) -> AsyncGenerator[tuple[str, Path, str]]:
    """Set a Home Assistant up that sends its journal to a broker; yield its address, the journal and the line.

    It listens `at` an address; `inside` are the words before its command that run it elsewhere.
    """
    host, _, port = broker.rpartition(":")
    try:
        async with shown(build(BANK), folder, free_port(), host=at, inside=inside) as (house, entry, _):
            flow = await house.post("/api/config/config_entries/flow", {"handler": "mqtt"})
            step = await house.post(
                f"/api/config/config_entries/flow/{flow['flow_id']}", BROKER | {"broker": host, "port": int(port)}
            )
            if step["type"] != "create_entry":
                raise EngineError(f"The broker: {step.get('errors') or step}")
            path, line = "/api/config/config_entries/options/flow", entry["entry_id"]
            menu = await house.post(path, {"handler": line})
            await house.post(f"{path}/{menu['flow_id']}", {"next_step_id": "send_journal"})
            step = await house.post(f"{path}/{menu['flow_id']}", {"send_journal": True, "site": SITE})
            if step["type"] != "create_entry":
                raise EngineError(f"Sending the journal: {step.get('errors') or step}")
            yield house.url, house.folder / ".storage" / f"battery_bank.{line}.db", line
    except HouseError as err:
        raise EngineError(str(err)) from err
