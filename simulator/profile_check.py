"""The check of a profile file that a user has written: `python -m simulator.profile_check check FILE`.

With the address of a gateway or a serial port, it reads the batteries of a hub once, and prints what their registers
hold beside the values. The status is 0 if the file can be used and the hub answers, else 1.
"""

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path
import sys

from modbus_connection import ModbusSerialParams, ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection

from custom_components.battery_bank.monitor.errors import MonitorError, NotCurrentError
from custom_components.battery_bank.monitor.line.hub import HubLink
from custom_components.battery_bank.monitor.line.hub_survey import column_of
from custom_components.battery_bank.monitor.line.hub_table import Place
from custom_components.battery_bank.monitor.line.module import Module
from custom_components.battery_bank.monitor.line.module_profile import Profile
from custom_components.battery_bank.monitor.line.profile_content import ProfileFileError
from custom_components.battery_bank.monitor.line.profile_file import read_file
from custom_components.battery_bank.monitor.line.timing import MODBUS_TCP
from custom_components.battery_bank.monitor.model import Measures

TIMEOUT = 2.0  # s


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the file, and read the hub if its address is given. Return the status."""
    options = _parser().parse_args(arguments)
    try:
        profiles = read_file(options.file)
    except ProfileFileError as err:
        print(f"{options.file}:{err.line}: {err.field or 'YAML'}: allowed is {err.allowed}")
        return 1
    except OSError as err:
        print(f"{options.file}: {err.strerror}")
        return 1
    for profile in profiles:
        print(f"{profile.manufacturer} {profile.model}: {', '.join(profile.quantities)}")
    if not options.host and not options.port:
        return 0
    return asyncio.run(_read(profiles, options))


async def _read(profiles: list[Profile], options: argparse.Namespace) -> int:
    """Read the string and its batteries once, and print them. Return the status."""
    if options.host:
        host, _, port = options.host.partition(":")
        params: ModbusTcpParams | ModbusSerialParams = ModbusTcpParams(host=host, port=int(port or 502))
    else:
        params = ModbusSerialParams(device=options.port, baudrate=options.baud)
    modules = [
        Module(address, profile, pace=MODBUS_TCP, nominal_voltage=options.nominal_voltage)
        for profile in reversed(profiles)
        for address in _addresses(profile, options)
    ]
    connection = ModbusConnection(params)
    link = HubLink(connection.for_unit, modules)
    failed = False
    try:
        for module in modules:
            place = Place.of(module.unit_id)
            number = place.battery if place else module.unit_id
            name = f"battery {number}" if module.is_battery else "string"
            try:
                words = (await link.read(module.unit_id, *module.profile.block, TIMEOUT)).words
                print(f"{name}: {_values(module, words)}")
            except NotCurrentError as err:
                failed = True
                print(f"{name}: {err} [{' '.join(f'0x{word:04X}' for word in words)}]")
            except MonitorError as err:
                failed = True
                print(f"{name}: {err}")
    finally:
        await connection.close()
    return int(failed)


def _addresses(profile: Profile, options: argparse.Namespace) -> list[int]:
    if not profile.of_hub:
        last = options.last or options.first
        return [options.unit] if profile.measures is Measures.STRING else [*range(options.first, last + 1)]
    column = column_of(profile)
    string = options.string if column.strings else 0
    if profile.measures is Measures.STRING:
        return [Place(options.unit, string, 0).address]
    last = min(options.last or column.end, column.end)
    return [Place(options.unit, string, number).address for number in range(options.first, last + 1)]


def _values(module: Module, words: list[int]) -> str:
    """Return the values of a module, each with its registers."""
    reading = module.read(words, at=0.0)
    parts, at = [], 0
    for name, quantity in module.profile.quantities.items():
        if not module.profile.of_hub:
            at = quantity.register.address - module.profile.block[0]
        raw = " ".join(f"0x{word:04X}" for word in words[at : at + quantity.register.count])
        at += quantity.register.count
        value = getattr(reading, name)
        if fault := reading.faults.get(name):
            parts.append(f"{fault} [{raw}]")
        else:
            parts.append(f"{name} {'no value' if value is None else f'{value:g} {quantity.unit}'} [{raw}]")
    return ", ".join(parts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Check a profile file of a hub, and try it on a line.")
    parser.add_argument("what", choices=["check"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--host", help="address of a gateway with Modbus TCP, such as 192.168.1.20:502")
    parser.add_argument("--port", help="serial port, such as /dev/ttyUSB0")
    parser.add_argument("--baud", type=int, default=9600)
    parser.add_argument("--unit", type=int, default=1, help="unit id of the hub, or of the string module")
    parser.add_argument("--string", type=int, default=1, help="number of the string in the hub")
    parser.add_argument("--first", type=int, default=1, help="first battery, or address of its module")
    parser.add_argument("--last", type=int, help="last one; default: the last battery of the hub")
    parser.add_argument("--nominal-voltage", type=float, default=2.0, help="of one battery, in V")
    return parser


if __name__ == "__main__":
    sys.exit(main())
