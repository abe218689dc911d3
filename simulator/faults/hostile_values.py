"""Values that no form or action expects: numbers at and beside every edge, texts of every kind, wrong types."""

from collections.abc import Iterator
from random import Random
from typing import Any, Final

EDGES: Final = (7, 8, 15, 16, 31, 32, 52, 53, 62, 63, 64, 127)  # powers of two at which a type of numbers ends
TEXTS: Final = (
    *("", " ", "\0", "a\0b", "a\nb", "\r\n", "\t", "\x1b[2J", "\u2028", "\u202e", "\ufeff", "\U0001f50b"),
    *(
        "0",
        "-0",
        "00",
        "1_0",
        "1_0.0",
        "1e308",
        "-1e308",
        "1e309",
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "0x10",
        "1,5",
        "½",
    ),
    *("true", "null", "None", "[]", "{}", "../../etc/passwd", "..\\..\\x", "/", "//", "~", "C:\\x", "%00", "%2e%2e%2f"),
    *("0001-01-01", "0001-01-01T00:00:00", "9999-12-31T23:59:59", "1969-12-31", "1970-01-01", "2026-02-30", "24:00:00"),
    *("0000-00-00", "2026-06-16T25:00", "2026-06-16T10:00:00+99:99", "-1:00:00", "00:00:-1", "99999999:00:00"),
    *(
        "' OR 1=1 --",
        '"; DROP TABLE alarms; --',
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "${7*7}",
        "=1+1",
        "@SUM(A1)",
    ),
)
LONG: Final = (256, 5_000, 100_000)  # characters


def numbers(random: Random) -> Iterator[float]:
    """Yield whole numbers and fractions at and beside every edge."""
    for power in EDGES:
        for beside in (-1, 0, 1):
            yield 2**power + beside
            yield -(2**power) + beside
    yield from (0, -0.0, 1, -1, 0.5, 1e-308, 5e-324, 1e16, 1e17, 1e308, -1e308)
    for _ in range(5):
        yield random.randint(-(2**63), 2**64 - 1)
        yield random.uniform(-1, 1) * 10.0 ** random.randint(-300, 300)


def texts(random: Random) -> Iterator[str]:
    """Yield texts of every kind, long ones too."""
    yield from TEXTS
    for length in LONG:
        yield from ("9" * length, "a" * length, "ä" * length, "\0" * length, "-" * length)
    for _ in range(5):
        length = random.randrange(1, 40)
        yield "".join(chr(random.choice((random.randrange(128), random.randrange(0xD800)))) for _ in range(length))


def others(random: Random) -> Iterator[Any]:
    """Yield values of other types than a text or a number."""
    yield from (None, True, False, [], {}, [[]], [None], [True], [{}], {"a": 1}, [""], ["a", 1])
    for key in ("hours", "minutes", "seconds", "days"):
        yield from ({key: 1e308}, {key: -1}, {key: "1e308"}, {key: None}, {key: True}, {key: 2**63})
    yield [random.random()] * 1000
    deep: Any = "deep"
    for _ in range(50):
        deep = [deep]
    yield deep


def hostile_values(random: Random) -> list[Any]:
    """Return values of all kinds, in an order of their own."""
    found = [*numbers(random), *texts(random), *others(random)]
    random.shuffle(found)
    return found
