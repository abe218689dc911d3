"""The page of a report: the templates, filled with the content."""

from collections.abc import Sequence
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .report_content import StringReport
from .report_texts import ReportTexts
from .turns import unhurried

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
    )


def section(texts: ReportTexts, string: StringReport, *, first: bool) -> str:
    """Return the section of a string. A large one takes a while, so this must not run in the event loop."""
    return _filled("string.html.jinja", texts, string=string, first=first)


def page(texts: ReportTexts, sections: Sequence[str]) -> bytes:
    """Return the report as an HTML document in UTF-8, made of the sections of its strings."""
    return _filled("report.html.jinja", texts, sections=sections).encode()


def _filled(template: str, texts: ReportTexts, **content: Any) -> str:
    language, number = texts.translations.language, texts.numbers.write
    parts = _templates().get_template(template).generate(language=language, text=texts.text, number=number, **content)
    text = StringIO()
    for part in unhurried(parts):
        text.write(part)
    return text.getvalue()
