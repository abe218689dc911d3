"""A process that writes a journal until it is killed: `python writing.py INTEGRATION FILE`. See `hostile_disk`.

It runs without Home Assistant, so that it starts in a fraction of a second. After each batch that the journal has taken
it prints the number of the batch. A batch that the journal refuses is written again, as the integration does it.
"""

import asyncio
from importlib import import_module
from pathlib import Path
import sys
from typing import Any


async def _write(path: Path) -> None:
    events: Any = import_module("monitor.battery.events")
    kinds: Any = import_module("monitor.battery.alarm_kinds")
    store: Any = import_module("monitor.journal.store")
    errors: Any = import_module("monitor.errors")
    journal = await store.Journal.open(path)
    number = len(await journal.resistance_tests("A"))
    while True:
        number += 1
        alarm = events.Alarm(
            kind=kinds.AlarmKind.DEVIATION,
            battery="b1",
            level=events.Level.WARNING,
            value=0.06,
            limit=0.05,
            raised=float(number),
            worst=events.Level.WARNING,
        )
        point = events.CurvePoint(battery="b1", seconds=float(number), voltage=12.0, drawn=1.0)
        batch = [
            events.ResistanceTested(test=events.ResistanceTest(battery="b1", at=float(number), ohmic_value=0.004)),
            events.AlarmRaised(alarm=alarm),
            events.DischargePoints(start=1.0, points=(point,)),
        ]
        while True:
            try:
                await journal.write("A", batch, {"running": str(number).encode()})
            except errors.JournalError as err:
                print("refused", err, flush=True)
                await asyncio.sleep(0.05)
            else:
                break
        print(number, flush=True)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    asyncio.run(_write(Path(sys.argv[2])))
