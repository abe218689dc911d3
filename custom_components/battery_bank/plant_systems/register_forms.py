"""The forms of the registers: how a value becomes words of 16 bits, and which words stand for an unknown value."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

WORD: Final = 0xFFFF


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """How a number is written into words, the high word first. A value beyond an end reads as this end."""

    name: str
    words: int
    low: int
    high: int
    unknown: int  # what stands for an unknown value; no value reads like this

    def encode(self, value: float | str | None, scale: float = 1.0) -> list[int]:
        """Return the words of a value times `scale`; None and what is not finite are unknown."""
        if value is None or isinstance(value, str) or not isfinite(value):
            return self._split(self.unknown)
        return self._split(round(min(self.high, max(self.low, value * scale))))

    def decode(self, words: Sequence[int]) -> int | None:
        """Return the number of words as the register has it; None is unknown."""
        number = 0
        for word in words:
            number = number << 16 | word
        if number == self.unknown and self.unknown > 0:
            return None
        sign = 1 << 16 * self.words - 1
        return number - 2 * sign if self.low < 0 and number & sign else number

    def _split(self, number: int) -> list[int]:
        return [number >> 16 * place & WORD for place in reversed(range(self.words))]


@dataclass(frozen=True, kw_only=True, slots=True)
class TextForm:
    """Text in UTF-8, two bytes in each word, filled up with zeros."""

    name: str
    words: int

    def encode(self, value: float | str | None, _: float = 1.0) -> list[int]:
        """Return the words of a text; a character for which there is no room is left out."""
        text = value if isinstance(value, str) else ""
        room = 2 * self.words
        whole = text.encode(errors="replace")[:room].decode(errors="ignore").encode().ljust(room, b"\0")
        return [int.from_bytes(whole[at : at + 2]) for at in range(0, room, 2)]

    def decode(self, words: Sequence[int]) -> str:
        """Return the text of words."""
        return b"".join(word.to_bytes(2) for word in words).rstrip(b"\0").decode(errors="ignore")


U16: Final = Form(name="uint16", words=1, low=0, high=0xFFFE, unknown=0xFFFF)
S16: Final = Form(name="int16", words=1, low=-0x7FFF, high=0x7FFF, unknown=0x8000)
U32: Final = Form(name="uint32", words=2, low=0, high=0xFFFFFFFE, unknown=0xFFFFFFFF)
S32: Final = Form(name="int32", words=2, low=-0x7FFFFFFF, high=0x7FFFFFFF, unknown=0x80000000)
BITS: Final = Form(name="16 bits", words=1, low=0, high=0xFFFF, unknown=0)
NAME: Final = TextForm(name="text", words=20)
