"""Changes the monitor's code in one place at a time, and counts the changes that its fast tests find.

`python -m simulator.mutants --each 10 --seed 1` prints each change that they did not find, and for each module how many
they found. It works on a copy, with the tests that take few seconds: those that need nothing, and for the line also
those in virtual time. `--only` takes names of modules.
"""

import argparse
import ast
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from itertools import islice
import os
from pathlib import Path
from random import Random
import re
import resource
import shutil
import sys
import tempfile
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parent.parent
PACKAGE: Final = Path("custom_components/battery_bank/monitor")
FAST: Final = 8  # s of processor time that the tests of one file may take …
ENDLESS: Final = 40  # … and those of a change: it is found, if they take longer
CLOSEST: Final = 3  # files of tests, those first that name little else than the module
OPTIONS: Final = (
    *("-x", "-q", "--assert=plain", "-m", "not slow and not real_time"),
    *("-p", "no:cacheprovider", "-p", "no:xdist"),
)
ALONE: Final = ("--noconftest", "-p", "no:homeassistant")  # of tests that need nothing
IN_VIRTUAL_TIME: Final = ("--hypothesis-profile", "again")
SWAPS: Final[dict[type[ast.AST], type[ast.AST]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
NAMES: Final = {"min": "max", "max": "min", "all": "any", "any": "all"}


def changes(tree: ast.Module) -> Iterator[tuple[int, str, Callable[[], None]]]:
    """Yield the line, the description and the doing of each change of a module."""
    known = [getattr(node, name, None) for node in ast.walk(tree) for name in ("annotation", "returns")]
    known += [one for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for one in node.decorator_list]
    # A class that can be changed, or has no slots, behaves the same.
    left_out = {id(part) for one in known if isinstance(one, ast.AST) for part in ast.walk(one)}
    node: Any
    for node in ast.walk(tree):
        if id(node) in left_out:
            continue
        change: Callable[[], None]
        match node:
            case ast.Compare(ops=[op, *_]) if type(op) in SWAPS:
                change = partial(node.ops.__setitem__, 0, SWAPS[type(op)]())
            case ast.BinOp(op=op) | ast.BoolOp(op=op) if type(op) in SWAPS:
                change = partial(setattr, node, "op", SWAPS[type(op)]())
            case ast.UnaryOp(op=ast.Not()):
                change = partial(setattr, node, "op", ast.UAdd())
            case ast.Constant(value=bool(value)):
                change = partial(setattr, node, "value", not value)
            case ast.Constant(value=int(value)):
                change = partial(setattr, node, "value", value + 1)
            case ast.Constant(value=float(value)):
                change = partial(setattr, node, "value", value * 1.25 or 1.0)
            case ast.Name(id=name) if name in NAMES:
                change = partial(setattr, node, "id", NAMES[name])
            case _:
                continue
        yield node.lineno, ast.unparse(node), change


def passes(copy: Path, tests: tuple[str, ...], options: tuple[str, ...], seconds: int) -> bool:
    """Return whether tests pass in so much processor time, in a child that has imported Home Assistant already."""
    child = os.fork()
    if child == 0:
        failed = True
        try:
            for name in [name for name in sys.modules if name.startswith("custom_components")]:
                del sys.modules[name]
            os.chdir(copy)
            sys.path.insert(0, str(copy))
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            failed = pytest.main([*OPTIONS, *options, *(f"tests/{name}" for name in tests)]) != 0
        finally:
            os._exit(failed)
    return os.waitpid(child, 0)[1] == 0


@cache
def is_fast(copy: Path, test: str, options: tuple[str, ...]) -> bool:
    """Return whether the tests of a file pass with some options, and soon."""
    return passes(copy, (test,), options, FAST)


@cache
def tests_of(copy: Path, module: Path) -> Mapping[tuple[str, ...], tuple[str, ...]]:
    """Return the fast tests that name a module, or else one that imports it, by the options that they need."""
    texts = {file.name: file.read_text("utf-8") for file in sorted((copy / "tests").glob("test_*.py"))}
    path = re.escape(f"monitor.{module.parent.name}")
    used = {
        module.stem,
        *(one.stem for one in module.parent.glob("*.py") if f"from .{module.stem} " in one.read_text()),
    }
    ranks = dict[str, tuple[bool, int]]()
    for stem in used:
        names = re.compile(rf"{path}\.{stem} import|{path} import .*\b{stem}\b")
        for name, text in texts.items():
            if names.search(text):
                ranks[name] = min(ranks.get(name, (True, len(text))), (stem != module.stem, len(text)))
    named = sorted(ranks, key=ranks.__getitem__)
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for options in (ALONE, IN_VIRTUAL_TIME) if module.parent.name == "line" else (ALONE,):
        left = [name for name in named if not any(name in tests for tests in found.values())]
        if tests := tuple(islice((name for name in left if is_fast(copy, name, options)), CLOSEST)):
            found[options] = tests
    return found


def survivor(copy: Path, module: Path, number: int) -> str | None:
    """Make a change, and return its description if no test finds it."""
    text = module.read_text("utf-8")
    tree = ast.parse(text)
    line, what, change = list(changes(tree))[number]
    change()
    module.write_text(ast.unparse(tree), "utf-8")
    left = all(passes(copy, tests, options, ENDLESS) for options, tests in tests_of(copy, module).items())
    module.write_text(text, "utf-8")
    return f"{module.parent.name}/{module.name}:{line}: {what}" if left else None


def main() -> None:
    """Print the changes that were not found, and the share of those that were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[])
    options = parser.parse_args()
    sys.dont_write_bytecode = True
    tried = score = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        ignored = shutil.ignore_patterns(".*", "node_modules", "__pycache__", "docs")
        shutil.copytree(ROOT, copy, ignore=ignored, symlinks=True)
        shutil.copy(ROOT / "pyproject.toml", copy)
        for module in [one for part in ("battery", "line") for one in sorted((copy / PACKAGE / part).glob("*.py"))]:
            if options.only and module.stem not in options.only:
                continue
            places = range(len(list(changes(ast.parse(module.read_text("utf-8"))))))
            if not places:
                continue
            if not tests_of(copy, module):
                print(f"{module.parent.name}/{module.name}: no fast test names it", flush=True)
                continue
            chosen = Random(f"{options.seed} {module.stem}").sample(places, min(options.each, len(places)))
            left = [what for number in chosen if (what := survivor(copy, module, number))]
            tried, score = tried + len(chosen), score + len(chosen) - len(left)
            found = f"{len(chosen) - len(left)} of {len(chosen)} found, of {len(places)}"
            print(f"{module.parent.name}/{module.name}: {found}", *left, sep="\n  ", flush=True)
    print(f"{score} of {tried} found: {100 * score / max(1, tried):.0f} %")


if __name__ == "__main__":
    # Imported once, and not by each child; the harness first, because Home Assistant's recorder must not be there yet.
    # Our own `custom_components` comes before it, because it has an empty one.
    import custom_components  # isort: skip
    import pytest_homeassistant_custom_component.plugins  # noqa: F401 # isort: skip
    import custom_components.battery_bank  # noqa: F401

    main()
