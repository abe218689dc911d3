"""The page of a report: the templates, filled with the content."""

from collections.abc import Sequence
from functools import cache
from io import StringIO
from pathlib import Path
import re
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .report_content import SECTIONS, StringReport
from .report_source import Edition, Source
from .report_texts import ReportTexts
from .turns import unhurried

# A value and its unit stay on one line: 13.60 V, 1 h 05 min.
BREAK_BEFORE_UNIT: Final = re.compile(r"(?<=\d) (?=(mV|V|Ah?|k?Wh|mΩ|°C|°F|K|s|min|h|d|%|×|天)(?!\w))|(?<=\d h) (?=\d)")
TEMPLATES: Final = Path(__file__).parent / "templates"


@cache
def _templates() -> Environment:
    """Return the templates. They are read from the disk, so this must not run in the event loop."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_unbroken,
    )


def _unbroken(value: Any) -> Any:
    return BREAK_BEFORE_UNIT.sub("\u00a0", value) if type(value) is str else value


def section(texts: ReportTexts, source: Source, number: int) -> str:
    """Return the section of the string that has this number in the report, from 1.

    A large one takes a while, so this must not run in the event loop.
    """
    numbers = {key: at for at, key in enumerate(SECTIONS, 1)}
    string = StringReport(texts, source, number)
    return _filled("string.html.jinja", texts, string=string, anchor=string.anchor, titles=SECTIONS, numbers=numbers)


def page(texts: ReportTexts, edition: Edition, sections: Sequence[str]) -> bytes:
    """Return the report as an HTML document in UTF-8, made of the sections of its strings."""
    return _filled("report.html.jinja", texts, sections=sections, edition=edition).encode()


def _filled(template: str, texts: ReportTexts, **content: Any) -> str:
    language, number_text = texts.translations.language, texts.numbers.write
    parts = (
        _templates().get_template(template).generate(language=language, text=texts.text, number=number_text, **content)
    )
    text = StringIO()
    for part in unhurried(parts):
        text.write(part)
    return text.getvalue()
