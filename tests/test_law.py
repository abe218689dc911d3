"""The law: below `monitor/` nothing knows of Home Assistant, and imports go one way; so they do in the glue."""

import ast
from collections import Counter
from pathlib import Path
import subprocess
import sys

import pytest

from homeassistant import components

INTEGRATION = Path(__file__).parent.parent / "custom_components" / "battery_bank"
MONITOR = INTEGRATION / "monitor"
FILES = sorted(MONITOR.rglob("*.py"))

# The glue from the ground up: a package or module imports only what stands in the rows before its own. What is not
# named here is one of Home Assistant's own files: it stands above all of these, and below `__init__`.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"const", "monitor"}),
    frozenset({"strings"}),
    frozenset({"texts"}),
    frozenset({"runtime"}),
    frozenset({"coordinator"}),
    frozenset({"event_bus", "figures", "repair_checks"}),
    frozenset({"plant_systems"}),
    frozenset({"actions", "centre", "dashboard", "entity", "device_trigger", "flows"}),
    frozenset({"reporting"}),
)

# What each part of the monitor may import of the others.
ALLOWED = {"": set(), "battery": {""}, "line": {""}, "journal": {"", "battery"}}


def imported(path: Path) -> set[str]:
    """Return the full names of the modules a file imports, relative ones resolved against the integration."""
    package = path.relative_to(INTEGRATION).parent.parts
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            names |= {".".join(part for part in (base, node.module or alias.name) if part) for alias in node.names}
    return names


def part_of(module: str) -> str:
    """Return the part of the monitor that a module is in; its own files are the part without a name."""
    name = module.split(".")[1] if "." in module else ""
    return name if name in ALLOWED else ""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(MONITOR)))
def test_imports_nothing_of_home_assistant_and_only_downwards(path: Path) -> None:
    part = part_of(".".join(path.relative_to(INTEGRATION).with_suffix("").parts))
    for module in imported(path):
        top = module.split(".")[0]
        assert top not in {"homeassistant", "custom_components", "simulator", "probatio", "voluptuous"}, module
        if top == "monitor":
            assert part_of(module) in ALLOWED[part] | {part}, f"{part or 'monitor'} must not import {module}"
        else:
            # A relative import that leaves the monitor would show up under a file of the glue.
            assert not (INTEGRATION / f"{top}.py").exists(), module


def layer_of(name: str) -> int:
    """Return how high a package or module of the glue stands; `__init__` stands on all the others."""
    return next((level for level, names in enumerate(LAYERS) if name in names), len(LAYERS) + (name == "__init__"))


@pytest.mark.parametrize(
    "path",
    sorted(path for path in INTEGRATION.rglob("*.py") if MONITOR not in path.parents),
    ids=lambda path: str(path.relative_to(INTEGRATION)),
)
def test_the_glue_imports_only_downwards(path: Path) -> None:
    own = path.relative_to(INTEGRATION).with_suffix("").parts[0]
    ours = {one.stem for one in INTEGRATION.iterdir() if one.is_dir() or one.suffix == ".py"}
    for module in imported(path):
        other = module.split(".")[0]
        if other in ours - {own}:
            assert layer_of(other) < layer_of(own), f"{own} must not import {module}"


def test_every_module_has_a_name_of_its_own() -> None:
    """No name is used twice, and none is that of a standard module or an integration: a search finds the module."""
    paths = [path for path in INTEGRATION.rglob("*") if path.suffix == ".py" or (path / "__init__.py").exists()]
    names = Counter(path.stem for path in paths if path.stem != "__init__")
    assert [name for name, times in names.items() if times > 1] == []
    of_home_assistant = {path.stem for path in INTEGRATION.glob("*.py")}  # the file of a platform has its name
    assert names.keys() & sys.stdlib_module_names - of_home_assistant == set()
    integrations = {path.name for path in Path(components.__path__[0]).iterdir() if path.is_dir()}
    # The monitor judges batteries: its package can have no other name.
    assert names.keys() & integrations - of_home_assistant == {"battery"}


def test_runs_without_home_assistant() -> None:
    """Import everything below the monitor where Home Assistant can't be found, and print the profiles."""
    program = (
        "import sys; sys.modules['homeassistant'] = None; sys.path.insert(0, sys.argv[1])\n"
        "from importlib import import_module\n"
        "for name in sys.argv[2:]: import_module(name)\n"
        "print(*sorted(sys.modules['monitor.line.profiles'].PROFILES))"
    )
    modules = [".".join(path.relative_to(INTEGRATION).with_suffix("").parts) for path in FILES]
    modules = [module.removesuffix(".__init__") for module in modules]
    done = subprocess.run(  # noqa: S603 - our own interpreter, our own words
        [sys.executable, "-c", program, str(INTEGRATION), *modules], capture_output=True, text=True, check=True
    )
    families = {path.stem for path in (MONITOR / "line" / "profiles").glob("*.py") if not path.stem.startswith("_")}
    assert {key.removesuffix("_string") for key in done.stdout.split()} == families >= {"ta", "tc", "tv"}


def test_the_page_of_the_architecture_names_each_file_of_the_monitor() -> None:
    page = (Path(__file__).parent.parent / "docs" / "architecture.md").read_text()
    tree = set(page.split("```")[1].replace("/", " ").split())
    missing = [
        str(path.relative_to(MONITOR))
        for path in FILES
        if path.stem not in tree and path.stem != "__init__" and path.parent.name != "profiles"
    ]
    assert not missing, "docs/architecture.md: name each of these files, with what it is for"
