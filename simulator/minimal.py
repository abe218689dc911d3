"""Home Assistant itself, started with what a bank needs and nothing else: `python -m simulator.minimal -c FOLDER`.

By itself it sets up every base platform, also those for cameras, voices and calendars; their packages need compilers
and minutes, and without them each start complains. Here they are left out before it starts.
"""

import sys
from typing import Final

from homeassistant import bootstrap
from homeassistant.__main__ import main

NEEDED: Final = {
    "analytics",  # a step of the onboarding
    "automation",
    "binary_sensor",
    "brands",
    "button",
    "frontend",
    "labs",
    "logger",
    "network",
    "person",
    "sensor",
    "system_health",
    "zone",
}

if __name__ == "__main__":
    bootstrap.DEFAULT_INTEGRATIONS = NEEDED
    sys.exit(main())
