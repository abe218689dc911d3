"""Each simulated hub, whose numbers are typed from its maker's table, read by its profile over a gateway."""

from pathlib import Path

from bus import GATEWAY_TCP, open_link
import pytest
from vectors import HUB_VECTORS

from custom_components.battery_bank.monitor.line.hub import HubLink
from custom_components.battery_bank.monitor.line.hub_survey import column_of, string_profile_of, survey
from custom_components.battery_bank.monitor.line.hub_table import Place
from custom_components.battery_bank.monitor.line.module import Module
from custom_components.battery_bank.monitor.line.profiles import PROFILES
from custom_components.battery_bank.monitor.line.timing import MODBUS_TCP
from simulator.bank import ScenarioError, build, load
from simulator.hubs import HUBS, hub_forms

pytestmark = pytest.mark.usefixtures("socket_enabled")
MOST = 24  # batteries, where a hub has room for so many


@pytest.mark.parametrize("family", sorted(HUBS.keys() & PROFILES.keys()))  # another one has a file, no built-in profile
async def test_a_simulated_hub_is_read_by_its_profile(family: str, tmp_path: Path) -> None:
    unit_id, profile = HUB_VECTORS[family].unit_id, PROFILES[family]
    size = min(MOST, column_of(profile).end)
    string = {"name": "A", "batteries": size, "hub": family, "unit_id": unit_id, "mains": False, "load": 12.0}
    bank = build({"seed": 1, "line": {"baud": 9600}, "string": [string]})
    number = 1 if column_of(profile).strings else 0
    places = [Place(unit_id, number, one) for one in range(1, size + 1)]
    modules = [Module(place.address, profile, pace=MODBUS_TCP, nominal_voltage=12.0) for place in places]
    of_string = string_profile_of(profile)
    assert of_string is not None
    on_string = Module(Place(unit_id, number, 0).address, of_string, pace=MODBUS_TCP, nominal_voltage=12.0)
    truth = bank.strings["A"]
    async with open_link(GATEWAY_TCP, bank, tmp_path) as plain:
        found = await survey(plain.read, profile, unit_id, 1, MODBUS_TCP)
        assert sorted(found.voltages) == [place.battery for place in places]
        assert found.string_module == Place(unit_id, number, 0)
        link = HubLink(plain._unit_for, [*modules, on_string])
        for module, battery in zip(modules, truth.batteries, strict=True):
            reading = module.read((await link.read(module.unit_id, *profile.block, 2.0)).words, at=0.0)
            assert reading.faults == {}
            assert reading.voltage == pytest.approx(battery.voltage(truth.current), abs=0.05)  # type: ignore[attr-defined]
            if "temperature" in profile.quantities:
                assert reading.temperature == pytest.approx(battery.temperature, abs=0.6)  # type: ignore[attr-defined]
            if "resistance" in profile.quantities:
                assert reading.resistance == pytest.approx(battery.ohmic_value, abs=1e-6)  # type: ignore[attr-defined]
        words = (await link.read(on_string.unit_id, *of_string.block, 2.0)).words
        current = on_string.read(words, at=0.0).current  # type: ignore[attr-defined]
        assert current == pytest.approx(truth.current, abs=0.2)
        assert not on_string.read(words, at=0.0).alarm_bits
        assert current < -10


def test_a_scenario_with_a_hub() -> None:
    bank = load("hub")
    assert list(bank.modules) == [1]
    assert bank.modules[1].read(11301) > 2000  # string B, cell 1
    with pytest.raises(ScenarioError, match="There is no hub 'acme'"):
        build({"string": [{"name": "A", "hub": "acme"}]})
    with pytest.raises(ScenarioError, match="Unit 1 is another module"):
        build({"string": [{"name": "A"}, {"name": "B", "hub": "sh980", "unit_id": 1}]})


def test_the_form_of_a_hub_is_filled_in_for_each_string_of_a_scenario() -> None:
    """So the demo shows a scenario with hubs."""

    def filled(*hubs: tuple[str, int]) -> list[tuple[object, ...]]:
        strings = [{"name": f"{n}", "hub": hub, "unit_id": at, "batteries": 8} for n, (hub, at) in enumerate(hubs)]
        keys = ("family", "unit_id", "string_number", "first_battery", "last_battery")
        return [tuple(form[key] for key in keys) for form in hub_forms(build({"string": strings}).modules)]

    assert filled(("maximuc", 1), ("maximuc", 1)) == [("maximuc", 1, 1, 1, 8), ("maximuc", 1, 2, 1, 8)]
    assert filled(("sh980", 1), ("sh980", 1), ("pbat600", 2)) == [
        ("sh980", 1, 1, 1, 8),
        ("sh980", 1, 1, 9, 16),
        ("pbat600", 2, 1, 1, 8),
    ]
    assert hub_forms(build({}).modules) == []
