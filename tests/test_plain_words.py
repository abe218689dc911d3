"""Plain words: phrases that stood in our texts and that a reader had to guess at, each with the better word."""

import ast
from collections.abc import Iterator
import io
import json
from pathlib import Path
import re
import tokenize
from typing import Any, Final

import pytest

ROOT: Final = Path(__file__).parent.parent
INTEGRATION: Final = ROOT / "custom_components" / "battery_bank"
CARDS: Final = ROOT / "frontend" / "src"
PAGES: Final = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]

BANNED: Final = {
    # A person, or the passive: "nobody knows" hides that the value is unknown.
    r"(no|some|every)body": "name the person (technician, caller), or the state (unknown, not monitored)",
    r"who hears|\bheard\b": "notified; online",
    r"\btold\b": "published, notified, shown, or known",
    # One word for each state of a module and of a value.
    r"\bsilent\b": "offline",
    r"\bgarbled\b": "unreadable",
    r"\bwhat (cannot|can't|can) be\b": "implausible, or plausible",
    r"\bwatched\b": "monitored",
    # One word for each thing.
    r"\bohmic value\b": "internal resistance",
    r"\bupkeep\b": "maintenance settings",
    r"\bdeeds?\b": "operation",
    r"\bkeeper\b": "journal writer",
    r"\bpatience\b": "timeout",
    # Old-fashioned English, which a reader from another country does not know.
    r"\b(begins?|began|begun) (anew|afresh)\b|\bafresh\b": "starts again, or is created",
    r"\bgoes? on to\b": "continues",
    r"\b(is|are) there no more\b|\bof no matter\b": "no longer exists; does not matter",
    # Pictures.
    r"\bcry wolf\b|\briddles?\b|\bhiccups?\b": "say what happens",
}
# Names that are stored in the automations of users, or belong to Home Assistant or npm.
ALLOWED: Final = re.compile(r"^ *patience:$|!input patience$|^max_exceeded: silent$|\bnpm .*--silent\b")


def python_texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the comments, docstrings and messages of a module; a text of one or two words is a key."""
    source = path.read_text()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(node.value.split()) > 2:
            yield node.lineno, node.value


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a file; of TypeScript, the comments."""
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if path.suffix != ".ts":
            yield number, line
        elif comment := re.search(r"//.*|/\*.*|^\s*\* .*", line):
            yield number, comment[0]


def translations(texts: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of a translation file."""
    for text in texts.values():
        if isinstance(text, dict):
            yield from translations(text)
        else:
            yield text


def all_texts() -> Iterator[tuple[str, str]]:
    """Yield every text that a person reads, with its place."""
    folders = [INTEGRATION, ROOT / "simulator", ROOT / "tests"]
    for path in sorted(path for folder in folders for path in folder.rglob("*.py") if path != Path(__file__)):
        yield from ((f"{path.relative_to(ROOT)}:{line}", text) for line, text in python_texts(path))
    others = [*INTEGRATION.rglob("*.yaml"), *INTEGRATION.rglob("*.jinja"), *CARDS.rglob("*.ts"), *PAGES]
    for path in sorted(others):
        yield from ((f"{path.relative_to(ROOT)}:{line}", text) for line, text in lines(path))
    english = json.loads((INTEGRATION / "translations" / "en.json").read_text())
    yield from (("en.json", text) for text in translations(english))


TEXTS: Final = [(place, text) for place, text in all_texts() if not ALLOWED.search(text)]

SCRIPTS: Final = [
    (f"scripts/{path.name}:{line}", text)
    for path in sorted((ROOT / "scripts").iterdir())
    for line, text in lines(path)
    if not ALLOWED.search(text)
]


@pytest.mark.parametrize(("phrase", "instead"), BANNED.items(), ids=[*BANNED.values()])
def test_plain_words(phrase: str, instead: str) -> None:
    pattern = re.compile(phrase, re.IGNORECASE)
    found = [f"{place}: {match[0]}" for place, text in [*TEXTS, *SCRIPTS] if (match := pattern.search(text))]
    assert found == [], f"write instead: {instead}"


def test_the_texts_are_found() -> None:
    """The search would find a phrase in each kind of file."""
    endings = {place.partition(":")[0].rpartition(".")[2] for place, _ in TEXTS}
    assert endings == {"py", "yaml", "ts", "jinja", "md", "json"}
