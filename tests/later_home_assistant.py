"""Plugin of pytest, loaded before all others: it makes the test helpers fit a later Home Assistant.

The package of test helpers is published some time after each release. Until then its helpers are of the release in
pyproject.toml, and this module puts what has moved since then to where they look for it.
"""

# Imported before any plugin imports httpx: since 2026.11 Home Assistant gives that name to another package.
from homeassistant.components import logger
from homeassistant.components.logger import helpers

if not hasattr(logger, "_clear_logger_overwrites"):  # moved in 2026.11
    setattr(logger, "_clear_logger_overwrites", helpers._clear_logger_overwrites)  # noqa: B010
