"""Run a simulated bank that any Modbus master can ask: `python -m simulator --help`."""

import argparse
import asyncio
import contextlib
from pathlib import Path
import signal
import sys

from .bank import SCENARIOS, Bank, ScenarioError, load
from .wire import ANSWER_DELAY, Gateway, Terminal, Wire


def arguments() -> argparse.Namespace:
    """Read the command line."""
    scenarios = ", ".join(sorted(file.stem for file in SCENARIOS.glob("*.toml")))
    parser = argparse.ArgumentParser(prog="python -m simulator", description="A simulated battery bank on one line.")
    parser.add_argument("--scenario", default="float", help=f"one of {scenarios}, or a file (default: float)")
    line = parser.add_mutually_exclusive_group()
    line.add_argument("--link", type=Path, metavar="PATH", help="a serial port, to be found at PATH")
    line.add_argument("--rtu-over-tcp", type=int, metavar="PORT", help="a transparent gateway on 127.0.0.1:PORT")
    line.add_argument("--modbus-tcp", type=int, metavar="PORT", help="a Modbus TCP gateway on 127.0.0.1:PORT")
    parser.add_argument("--speed", type=float, help="simulated seconds in a real one (default: the scenario's)")
    parser.add_argument("--delay", type=float, default=ANSWER_DELAY, help="s until a module answers (default: 0.002)")
    parser.add_argument("--log", type=Path, help="write a line for each question answered: time, unit id, register")
    return parser.parse_args()


async def run(options: argparse.Namespace, bank: Bank) -> None:
    """Serve until SIGINT or SIGTERM."""
    done = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    with contextlib.ExitStack() as stack:
        observer = None
        if options.log:
            log = stack.enter_context(options.log.open("w", buffering=1))
            observer = lambda at, unit_id, register: print(f"{at:.6f} {unit_id} {register}", file=log)  # noqa: E731
        wire = Wire(bank, delay=options.delay, exact=True, observer=observer)
        if options.rtu_over_tcp is not None or options.modbus_tcp is not None:
            modbus_tcp = options.modbus_tcp is not None
            port = options.modbus_tcp if modbus_tcp else options.rtu_over_tcp
            gateway = Gateway(wire, modbus_tcp=modbus_tcp, port=port)
            print(f"127.0.0.1:{await gateway.start()}", flush=True)
            await done.wait()
            await gateway.stop()
        else:
            terminal = Terminal(wire, options.link or Path("simulated-line"))
            terminal.plug()
            print(terminal.link, flush=True)
            await done.wait()
            await terminal.pull()


def main() -> None:
    """Start from the command line."""
    options = arguments()
    try:
        bank = load(options.scenario)
    except ScenarioError as err:
        sys.exit(str(err))
    if options.speed is not None:
        bank.speed = options.speed
    asyncio.run(run(options, bank))


if __name__ == "__main__":
    main()
