"""What the resistance tests of a battery say, put together."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Ohmic:
    """Placeholder."""

    ratio: float | None = None
    string_ratio: float | None = None
    rise: float | None = None
