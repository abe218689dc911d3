"""The files of the cards: served under a path with their version. Every page loads one, which loads the rest."""

from hashlib import sha256
from pathlib import Path
from typing import Final

from homeassistant.components import frontend
from homeassistant.components.http import StaticPathConfig
from homeassistant.core import HomeAssistant
from homeassistant.loader import async_get_integration

from ..const import DASHBOARD_LINK, DOMAIN
from ..repair_checks.issues import async_report_cards_missing

FOLDER: Final = Path(__file__).parent / "built"  # what `scripts/build-frontend` makes of `frontend/`
LOADER: Final = "battery-bank.js"
PANEL: Final = "dashboard-panel"  # the file, and the element in it, of the page that opens or creates the dashboard
SERVED: Final = {".js"}


async def async_setup_cards(hass: HomeAssistant) -> str:
    """Serve the cards, have pages load them, and return their version: of the integration, and a digest of the files.

    They are not a dashboard resource: Home Assistant stores resources, so they would outlive the integration and its
    updates. Without the files, which are not in the repository, there are no cards; all else works.
    """
    integration = await async_get_integration(hass, DOMAIN)
    shown = frontend.DOMAIN in hass.config.components
    digest = await hass.async_add_executor_job(_digest)
    if digest is None:
        if shown:
            async_report_cards_missing(hass, f"{integration.documentation}/releases")
        return str(integration.version)
    version = f"{integration.version}-{digest}"
    url = f"/{DOMAIN}/{version}"
    # Browsers may cache them for a month: changed files have another path.
    await hass.http.async_register_static_paths([StaticPathConfig(url, str(FOLDER), cache_headers=True)])
    if shown:
        frontend.add_extra_js_url(hass, f"{url}/{LOADER}")
        _register_panel(hass, f"{url}/{PANEL}.js")
    return version


def _register_panel(hass: HomeAssistant, module: str) -> None:
    """Register the page behind the link at the end of the set-up; `panel_custom` can't leave it out of the sidebar."""
    panel = {"name": f"battery-bank-{PANEL}", "module_url": module, "embed_iframe": False, "trust_external": False}
    frontend.async_register_built_in_panel(
        hass,
        "custom",
        frontend_url_path=DASHBOARD_LINK.removeprefix("/"),
        config={"_panel_custom": panel},
        require_admin=False,  # a notification leads here, too
        show_in_sidebar=False,
    )


def _digest() -> str | None:
    """Return a digest of the files; None without them."""
    if not (FOLDER / LOADER).is_file():
        return None
    files = sorted(path for path in FOLDER.iterdir() if path.suffix in SERVED)
    return sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()[:8]
