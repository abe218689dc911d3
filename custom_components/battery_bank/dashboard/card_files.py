"""The files of the cards: served under a path with their version, and loaded by every page."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from homeassistant.components import frontend
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from ..const import DOMAIN

FOLDER: Final = Path(__file__).parent / "cards"
ENTRY: Final = "battery-bank.js"  # it imports the others
SERVED: Final = {".js"}


async def async_setup_cards(hass: HomeAssistant) -> str:
    """Serve the cards, have pages load them, and return their version: of the integration, and a digest of the files.

    They are not a dashboard resource: Home Assistant stores resources, so they would outlive the integration and its
    updates.
    """
    integration = await async_get_integration(hass, DOMAIN)
    digest = await hass.async_add_executor_job(_digest)
    version = f"{integration.version}-{digest}"
    url = f"/{DOMAIN}/{version}"
    # Browsers may cache them for a month: changed files have another path.
    await hass.http.async_register_static_paths([StaticPathConfig(url, str(FOLDER), cache_headers=True)])
    if frontend.DOMAIN in hass.config.components:
        frontend.add_extra_js_url(hass, f"{url}/{ENTRY}")
    return version


def _digest() -> str:
    """Return a digest of the files."""
    files = sorted(path for path in FOLDER.iterdir() if path.suffix in SERVED)
    return sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()[:8]
