"""Changes the monitor's code in one place at a time, and counts the changes that its tests find.

First record which test runs which line, with the tests that take few seconds:
`COVERAGE_CORE=ctrace COVERAGE_FILE=lines python -m pytest -m "not slow and not long" --cov-context=test
--cov=custom_components/battery_bank/monitor --cov-report= tests/test_*.py`.
Then `python -m simulator.mutants lines --each 4 --seed 1` works on a copy. For each change it runs the tests that run
the changed line, those first that run little else. It prints each change that they do not find, and for each module
how many they found. `--only` takes names of modules, and `--at` places like `battery/alarms:120`.
"""

import argparse
import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
import os
from pathlib import Path
from random import Random
import re
import resource
import shutil
import sys
import tempfile
import time
from typing import Any, Final

from coverage import CoverageData
from hypothesis import settings
import pytest

ROOT: Final = Path(__file__).parent.parent
MONITOR: Final = Path("custom_components/battery_bank/monitor")
PARTS: Final = ("battery", "line")
MOST: Final = 200  # tests of one change
NAMING: Final = 3  # files of tests of a table, the shortest ones
ENDLESS: Final = 40  # s of processor time that the last one may take: a change that loops for ever is found
OPTIONS: Final = (
    *("-x", "-q", "--assert=plain", "--hypothesis-seed", "1"),
    *("-p", "no:cacheprovider", "-p", "no:xdist"),
)
IN_VIRTUAL_TIME: Final = ("--hypothesis-profile", "again")
# Tests that need no event loop and nothing of Home Assistant begin ten times as fast without its harness.
ALONE: Final = ("--noconftest", "-p", "no:homeassistant", "-W", "ignore::DeprecationWarning")
NOT_ALONE: Final = re.compile(r"async def |hass\b|conftest|tmp_path|caplog")
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


class Coverage:
    """Which tests run which lines of the monitor."""

    def __init__(self, files: Iterable[Path]) -> None:
        """Read the coverage files of runs of the present code."""
        self._tests: dict[tuple[str, int], set[str]] = {}  # by the path of a module in the monitor, and the line
        self._lines: dict[str, int] = {}  # that a test runs
        for file in files:
            data = CoverageData(basename=str(file))
            data.read()
            for path in data.measured_files():
                module = path.partition(f"{MONITOR}/")[2]
                for line, contexts in data.contexts_by_lineno(path).items():
                    for test in {one.rpartition("|")[0] for one in contexts} - {""}:
                        self._tests.setdefault((module, line), set()).add(test)
                        self._lines[test] = self._lines.get(test, 0) + 1

    def tests(self, modules: Mapping[str, ast.Module], module: str, line: int) -> list[str]:
        """Return the tests that run a line, or else those that use what it defines; those that run few lines first."""
        first, last, names = _statement(modules[module], line)
        lines, naming = {(module, one) for one in range(first, last + 1)}, list[str]()
        if not any(one in self._tests for one in lines):  # it runs when the module is imported
            naming = _naming(Path(module))
            lines = {
                (other, node.lineno)
                for other, tree in modules.items()
                for node in ast.walk(tree)
                if (isinstance(node, ast.Name) and node.id in names)
                or (isinstance(node, ast.Attribute) and node.attr in names)
            }
        if not any(one in self._tests for one in lines):
            importing = f".{Path(module).stem} import "
            users = {module} | {name for name, tree in modules.items() if importing in ast.unparse(tree)}
            lines = {one for one in self._tests if one[0] in users}
        found = set[str]().union(*(self._tests.get(one, ()) for one in lines))
        return [*naming, *sorted(found, key=lambda test: (self._lines[test], test))]


def _naming(module: Path) -> list[str]:
    """Return the files of tests that name a module: such a test may read a table without running a line of it."""
    path = re.escape(f"monitor.{module.parent.name}")
    names = re.compile(rf"{path}\.{module.stem} import|{path} import .*\b{module.stem}\b")
    texts = {f"tests/{file.name}": file.read_text("utf-8") for file in (ROOT / "tests").glob("test_*.py")}
    named = [file for file, text in texts.items() if names.search(text)]
    return sorted(named, key=lambda file: len(texts[file]))[:NAMING]


def _statement(tree: ast.Module, line: int) -> tuple[int, int, set[str]]:
    """Return the first and last line of the statement at a line, without the statements in it, and what it defines."""
    first, last, names = line, line, set[str]()
    for node in ast.walk(tree):  # from the outside inwards
        if isinstance(node, ast.stmt | ast.match_case | ast.ExceptHandler):
            begin = node.pattern.lineno if isinstance(node, ast.match_case) else node.lineno
            inner: Sequence[ast.stmt] = getattr(node, "body", ())
            end = max(begin, inner[0].lineno - 1) if inner else getattr(node, "end_lineno", None) or begin
            if begin <= line <= end:
                first, last = begin, end
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
                names = {one.id for one in targets if isinstance(one, ast.Name)}
                names |= {node.name} if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else set()
    return first, last, names


@dataclass(frozen=True, kw_only=True)
class _Enough:
    """Ends the run when the tests have had their time."""

    seconds: float

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        if time.process_time() > self.seconds:
            item.session.shouldstop = "enough"


def passes(copy: Path, tests: Sequence[str], seconds: int, *, alone: bool) -> bool:
    """Return whether the tests pass that there is time for, in a child that has imported Home Assistant already."""
    child = os.fork()
    if child == 0:
        failed = True
        try:
            package = "custom_components.battery_bank"
            sys.modules[package].__path__ = [str(copy / package.replace(".", "/"))]
            again = (f"{package}.monitor", "simulator") if alone else ("custom_components", "simulator")
            for name in [name for name in sys.modules if name.startswith(again)]:
                del sys.modules[name]
            os.chdir(copy)
            sys.path.insert(0, str(copy))
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, 1)
            os.dup2(nothing, 2)
            limit = int(time.process_time()) + seconds + ENDLESS
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
            options = ALONE if alone else IN_VIRTUAL_TIME
            ended = pytest.main([*OPTIONS, *options, *tests], [_Enough(seconds=time.process_time() + seconds)])
            failed = ended not in (pytest.ExitCode.OK, pytest.ExitCode.INTERRUPTED)
        finally:
            os._exit(failed)
    return os.waitpid(child, 0)[1] == 0


@dataclass(frozen=True, kw_only=True)
class Modules:
    """The copy of the code, and which tests run it."""

    copy: Path
    trees: dict[str, ast.Module]
    coverage: Coverage
    seconds: int  # of processor time for the tests of a change; after that no further one begins

    def passes(self, tests: Sequence[str]) -> bool:
        """Return whether tests pass; those that begin fast are run first."""
        files = {test.partition("::")[0] for test in tests}
        slower = {file for file in files if NOT_ALONE.search((self.copy / file).read_text("utf-8"))}
        of_each = [
            [one for one in tests if (one.partition("::")[0] in slower) is slow][:MOST] for slow in (False, True)
        ]
        return all(passes(self.copy, some, self.seconds, alone=not slow) for slow, some in enumerate(of_each) if some)

    def survivor(self, module: str, number: int) -> str | None:
        """Make a change, and return its description if no test finds it."""
        file = self.copy / MONITOR / module
        text = file.read_text("utf-8")
        tree = ast.parse(text)
        line, what, change = list(changes(tree))[number]
        change()
        tests = self.coverage.tests(self.trees, module, line)
        file.write_text(ast.unparse(tree), "utf-8")
        left = not tests or self.passes(tests)
        file.write_text(text, "utf-8")
        return f"{module}:{line}: {what} ({len(tests)} tests)" if left else None


def main() -> None:
    """Print the changes that were not found, and the share of those that were."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("coverage", nargs="+", type=Path, help="which tests run which lines")
    parser.add_argument("--each", type=int, default=4, help="changes of each module")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=40, help="of processor time for the tests of a change")
    parser.add_argument("--only", nargs="*", default=[], help="names of modules")
    parser.add_argument("--at", nargs="*", default=[], help="all changes of these lines, as battery/alarms:120")
    options = parser.parse_args()
    sys.dont_write_bytecode = True
    settings.register_profile("alone", deadline=None, max_examples=10)
    settings.load_profile("alone")
    tried = score = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        ignored = shutil.ignore_patterns(".*", "node_modules", "docs")
        shutil.copytree(ROOT, copy, ignore=ignored, symlinks=True)
        files = sorted((copy / MONITOR).rglob("*.py"))
        trees = {str(file.relative_to(copy / MONITOR)): ast.parse(file.read_text("utf-8")) for file in files}
        modules = Modules(copy=copy, trees=trees, coverage=Coverage(options.coverage), seconds=options.seconds)
        for module, tree in trees.items():
            part, stem = Path(module).parent.name, Path(module).stem
            lines = [line for line, _, _ in changes(tree)]
            if part not in PARTS or not lines or (options.only and stem not in options.only):
                continue
            chosen = Random(f"{options.seed} {stem}").sample(range(len(lines)), min(options.each, len(lines)))
            if options.at:
                chosen = [number for number, line in enumerate(lines) if f"{part}/{stem}:{line}" in options.at]
            left = [what for number in chosen if (what := modules.survivor(module, number))]
            if chosen:
                found = f"{len(chosen) - len(left)} of {len(chosen)} found, of {len(lines)}"
                print(f"{module}: {found}", *left, sep="\n  ", flush=True)
            tried, score = tried + len(chosen), score + len(chosen) - len(left)
    print(f"{score} of {tried} found: {100 * score / max(1, tried):.0f} %")


if __name__ == "__main__":
    # Imported once, and not by each child; the harness first, because Home Assistant's recorder must not be there yet.
    # Our own `custom_components` comes before it, because it has an empty one.
    import custom_components  # isort: skip
    import pytest_homeassistant_custom_component.plugins  # noqa: F401 # isort: skip
    import custom_components.battery_bank  # noqa: F401

    main()
