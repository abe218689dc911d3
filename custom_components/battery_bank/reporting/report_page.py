"""The page of a report: the templates, filled with the content."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from .report_content import StringReport
from .report_texts import ReportTexts

TEMPLATES: Final = Path(__file__).parent / "templates"
PAGE: Final = "report.html.jinja"


@cache
def _template() -> Template:
    """Load the template of the page. It is read from the disk, once, so this must not run in the event loop."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(PAGE)


def page(texts: ReportTexts, strings: Sequence[StringReport]) -> str:
    """Return the report as an HTML document. A large bank takes a while, so this must not run in the event loop."""
    return _template().render(
        language=texts.translations.language, text=texts.text, number=texts.numbers.write, strings=strings
    )
