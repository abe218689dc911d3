"""The journal of a line on its way through the MQTT integration: switched on, acknowledged, interrupted, overdue."""

from collections.abc import Callable
import json
from pathlib import Path
import re
from typing import Any

from conftest import eventually, state_of, until
import jsonschema
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MqttMockHAClient, MqttMockPahoClient

from custom_components.battery_bank.const import DOMAIN
from fleet.figures import series_of
from fleet.messages import Received
from homeassistant.components import mqtt
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from simulator.bank import Bank
from simulator.wire import Terminal

SCHEMAS = Path(__file__).parent.parent / "fleet" / "schemas"
SWITCH = "switch.line_send_journal"
HOUR = 3600.0

pytestmark = pytest.mark.usefixtures("all_enabled")


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Allow a timer of the MQTT integration that runs on when Home Assistant stops."""
    return True


@pytest.fixture
def broker(mqtt_mock: MqttMockHAClient, mqtt_client_mock: MqttMockPahoClient) -> None:
    """Let the MQTT integration have a broker, which hands messages on without the flag that they are retained."""
    hand_on = mqtt_client_mock.publish.side_effect

    def publish(topic: str, payload: bytes, qos: int, retain: bool, properties: Any = None) -> Any:
        return hand_on(topic, payload, qos, False, properties)  # noqa: FBT003

    mqtt_client_mock.publish.side_effect = publish


class Receiver:
    """The other end: it takes in what comes, and acknowledges it while it is `there`."""

    def __init__(self, hass: HomeAssistant, *, there: bool = True) -> None:
        self.there = there
        self.twice = False  # whether it gets the line from another one too, and heeds that
        self.messages: list[tuple[str, dict[str, Any]]] = []  # topic and content
        self._hass = hass

    async def begin(self) -> None:
        """Subscribe to all that lines send."""
        for name in ("journal", "snapshot", "birth"):
            await mqtt.async_subscribe(self._hass, f"battery_bank/v1/+/+/{name}", self._received, 1)

    def of(self, name: str) -> list[dict[str, Any]]:
        """Return the messages of one kind."""
        return [content for topic, content in self.messages if topic.endswith(f"/{name}")]

    @property
    def tables(self) -> set[str]:
        """The tables of which a row came."""
        return {row["table"] for content in self.of("journal") for row in content["rows"]}

    async def _received(self, message: mqtt.ReceiveMessage) -> None:
        content = json.loads(message.payload)
        name = message.topic.rpartition("/")[2]
        jsonschema.validate(content, json.loads((SCHEMAS / f"{name}.json").read_text()))
        self.messages.append((message.topic, content))
        if name == "journal" and self.there:
            answer = {"stream": content["stream"], "seq": content["last"], "run": content["run"]}
            if self.twice:
                answer |= {"seq": 0, "twice": True}
            jsonschema.validate(answer, json.loads((SCHEMAS / "ack.json").read_text()))
            topic = message.topic.replace("/journal", "/ack")
            await mqtt.async_publish(self._hass, topic, json.dumps(answer), 1, retain=True)


@pytest.fixture
async def terminal(bank: Bank, plug: Callable[[Bank], Terminal]) -> Terminal:
    """Return the port of a line of four batteries and a string module."""
    return plug(bank)


@pytest.fixture
async def entry(hass: HomeAssistant, terminal: Terminal, line_entry: Callable[..., MockConfigEntry]) -> MockConfigEntry:
    """Return the running line."""
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_4_voltage", lambda state: float(state) > 13)
    return entry


async def switch(hass: HomeAssistant, *, on: bool) -> None:
    await hass.services.async_call("switch", "turn_on" if on else "turn_off", {"entity_id": SWITCH}, blocking=True)


async def send_journal_step(hass: HomeAssistant, entry: MockConfigEntry) -> Callable[[dict[str, Any]], Any]:
    """Open the step of the options, and return what answers it."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    step = await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": "send_journal"})
    assert (step["type"], step["step_id"]) == (FlowResultType.FORM, "send_journal")

    async def answer(answers: dict[str, Any]) -> Any:
        return await hass.config_entries.options.async_configure(menu["flow_id"], answers)

    return answer


async def test_nothing_is_sent_until_it_is_switched_on(
    hass: HomeAssistant, broker: None, entry: MockConfigEntry
) -> None:
    receiver = Receiver(hass)
    await receiver.begin()
    assert state_of(hass, SWITCH) == "off"
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 0)
    await eventually(lambda: hass.loop.time() > 0, seconds=1)
    assert receiver.messages == []


async def test_switched_on_all_of_the_journal_comes_and_the_figures_each_minute(
    hass: HomeAssistant, broker: None, entry: MockConfigEntry
) -> None:
    receiver = Receiver(hass)
    await receiver.begin()
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 0)
    await switch(hass, on=True)
    await until(hass, SWITCH, lambda state: state == "on")
    await eventually(lambda: "documents" in receiver.tables, seconds=120)
    await eventually(lambda: len(receiver.of("snapshot")) >= 3, seconds=240)
    topic, birth = next(one for one in receiver.messages if one[0].endswith("/birth"))
    assert topic == f"battery_bank/v1/test_home/{entry.entry_id}/birth"
    assert [string["name"] for string in birth["strings"]] == [one.title for one in entry.subentries.values()]
    shown = receiver.of("snapshot")[-1]["strings"][0]
    assert shown["name"] == "A"
    assert shown["values"]["voltage"] == pytest.approx(float(state_of(hass, "sensor.a_voltage")), abs=1)
    # What the dashboard of the centre asks for is what a consumer makes of such a snapshot.
    received = Received(line=("test_home", entry.entry_id), content=receiver.of("snapshot")[-1])
    written = {series["metric"]["__name__"] for series in series_of(received)}
    dashboard = (SCHEMAS.parent / "grafana" / "battery-banks.json").read_text()
    asked = set(re.findall(r"battery_bank_\w+", dashboard))
    assert asked
    assert asked <= written
    await until(hass, "sensor.line_journal_rows_not_acknowledged", lambda state: float(state) == 0, seconds=300)


async def test_what_is_not_acknowledged_is_sent_again_and_is_a_repair_after_an_hour(
    hass: HomeAssistant, broker: None, terminal: Terminal, entry: MockConfigEntry
) -> None:
    receiver = Receiver(hass, there=False)
    await receiver.begin()
    await switch(hass, on=True)
    await eventually(lambda: len(receiver.of("journal")) >= 2, seconds=300)
    first, *others = receiver.of("journal")
    assert first["after"] == 0
    assert any(one["after"] == 0 for one in others)  # the same rows once more
    await terminal.pull()  # without readings, an hour takes little of the processor's time
    issues = ir.async_get(hass)
    issue_id = f"journal_backlog_{entry.entry_id}"
    await eventually(lambda: issues.async_get_issue(DOMAIN, issue_id), seconds=1.5 * HOUR, every=30.0)
    await until(hass, "sensor.line_journal_rows_not_acknowledged", lambda state: float(state) > 0)
    receiver.there = True
    await eventually(lambda: issues.async_get_issue(DOMAIN, issue_id) is None, seconds=HOUR, every=10.0)
    await until(hass, "sensor.line_journal_rows_not_acknowledged", lambda state: float(state) == 0, seconds=300)


async def test_a_copy_of_the_installation_is_a_repair_until_it_is_gone(
    hass: HomeAssistant, broker: None, terminal: Terminal, entry: MockConfigEntry
) -> None:
    receiver = Receiver(hass)
    await receiver.begin()
    receiver.twice = True
    await switch(hass, on=True)
    issues = ir.async_get(hass)
    issue_id = f"journal_doubled_{entry.entry_id}"
    await eventually(lambda: issues.async_get_issue(DOMAIN, issue_id), seconds=HOUR, every=10.0)
    sent = len(receiver.of("journal"))
    await terminal.pull()
    ends = hass.loop.time() + 240
    await eventually(lambda: hass.loop.time() > ends, seconds=300)
    assert len(receiver.of("journal")) == sent  # it waits for the other one
    receiver.twice = False
    await eventually(lambda: issues.async_get_issue(DOMAIN, issue_id) is None, seconds=HOUR, every=10.0)
    assert "documents" in receiver.tables
    await until(hass, "sensor.line_journal_rows_not_acknowledged", lambda state: float(state) == 0, seconds=300)


async def test_switched_off_nothing_more_is_sent(
    hass: HomeAssistant, broker: None, terminal: Terminal, entry: MockConfigEntry
) -> None:
    receiver = Receiver(hass)
    await receiver.begin()
    await switch(hass, on=True)
    await eventually(lambda: receiver.of("snapshot") and receiver.of("journal"), seconds=120)
    await switch(hass, on=False)
    await until(hass, SWITCH, lambda state: state == "off")
    ends = hass.loop.time() + 5
    await eventually(lambda: hass.loop.time() > ends, seconds=10)
    receiver.messages.clear()
    await terminal.pull()
    ends = hass.loop.time() + 300
    await eventually(lambda: hass.loop.time() > ends, seconds=400)
    assert receiver.messages == []


async def test_without_mqtt_it_can_not_be_switched_on(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError) as caught:
        await switch(hass, on=True)
    assert caught.value.translation_key == "mqtt_not_set_up"
    answer = await send_journal_step(hass, entry)
    step = await answer({"send_journal": True, "site": "tower_7"})
    assert step["errors"] == {"send_journal": "mqtt_not_set_up"}
    step = await answer({"send_journal": False, "site": "Tower 7"})
    assert step["errors"] == {"site": "bad_site"}
    step = await answer({"send_journal": False, "site": " Tower-7 "})
    assert step["type"] is FlowResultType.CREATE_ENTRY
    assert entry.options == {"send_journal": False, "site": "tower-7"}
    assert hass.config_entries.async_get_entry(entry.entry_id) is entry
