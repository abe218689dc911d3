"""What was tried, and what was lost: the result of a trial, and the sum of all."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Tally:
    """What became of the trials of one part."""

    name: str
    tried: Counter[str] = field(default_factory=Counter)  # by what was done
    counted: Counter[str] = field(default_factory=Counter)  # what else there is to say, such as readings
    lost: list[str] = field(default_factory=list)  # each is a failure: with the seed, so that it can be repeated

    def lines(self) -> list[str]:
        """Return the summary of this part."""
        tried = ", ".join(f"{count} × {what}" for what, count in sorted(self.tried.items())) or "nothing"
        counted = ", ".join(f"{count:,} {what}" for what, count in sorted(self.counted.items()))
        return [
            f"{self.name}: {tried}",
            *([f"  {counted}"] if counted else []),
            *(f"  LOST: {one}" for one in self.lost),
        ]
