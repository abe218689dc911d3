"""The table of the stories: each is played, and what was said of it is held against what is expected."""

from collections.abc import Sequence
import time
from typing import Final

from .checks import Story, Verdict
from .stories import stories

HEAD: Final = "| story | expected | seen | | s |\n|---|---|---|---|---:|"


def run(story: Story) -> tuple[list[Verdict], float]:
    """Play a story; return what each check saw and how many s it took."""
    began = time.perf_counter()
    monitor = story.run()
    return [check.look(monitor) for check in story.checks], time.perf_counter() - began


def run_nth(place: int) -> tuple[list[Verdict], float]:
    """Play a story by its place; other processes can be asked for that."""
    return run(list(stories())[place])


def row(story: Story, verdicts: Sequence[Verdict], seconds: float) -> str:
    """Return a row of the table."""
    ok = all(verdict.ok for verdict in verdicts)
    expected = "; ".join(check.expected for check in story.checks)
    shown = "; ".join(verdict.seen for verdict in verdicts)
    name = f"**{story.name}**" if story.reported else story.name
    return f"| {story.number}. {name} | {expected} | {shown} | {'ok' if ok else 'NOT OK'} | {seconds:.1f} |"
