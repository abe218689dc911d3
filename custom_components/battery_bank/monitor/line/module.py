"""One module: what it is, what it said last, and how well it answers."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from ..errors import GarbledError, ModuleError, RefusedError, SilentError
from ..model import Reading
from .module_profile import Profile
from .timing import AnswerTime, Pace

# Rounds without an answer until what the module said last no longer stands.
PATIENCE: Final = 3
# What one answer weighs in the share of those that could not be read.
WEIGHT: Final = 0.1


class Contact(StrEnum):
    """Whether a module can be reached."""

    UNKNOWN = "unknown"  # nothing heard yet since the start, or since the line came back
    ANSWERING = "answering"
    LOST = "lost"


@dataclass(slots=True)
class Counts:
    """What became of the requests to a module."""

    answered: int = 0
    silent: int = 0
    garbled: int = 0
    refused: int = 0
    implausible: int = 0  # answers with a value that cannot be

    @property
    def requests(self) -> int:
        """How many there were."""
        return self.answered + self.silent + self.garbled + self.refused


class Module:
    """What answers at one unit id."""

    def __init__(
        self,
        unit_id: int,
        profile: Profile,
        *,
        pace: Pace,
        nominal_voltage: float,
        invert_current: bool = False,
    ) -> None:
        """Describe a module that was not heard yet; `nominal_voltage` is that of one battery, in V."""
        self.unit_id = unit_id
        self.profile = profile
        self.answer_time = AnswerTime(pace)
        self.contact = Contact.UNKNOWN
        self.reading: Reading | None = None  # None while there is none to be shown as current
        self.raw: tuple[int, ...] | None = None  # the registers of the last answer, however long ago
        self.firmware: int | None = None
        self.counts = Counts()
        self.misses = 0  # in a row
        self.problem: str | None = None  # why there is no reading, or which of its values cannot be
        self.error: ModuleError | None = None  # why the last request brought no reading; None if it did
        self.garbled = 0.0  # the share of its last answers that could not be read, 0 to 1
        self._nominal_voltage = nominal_voltage
        self._invert_current = invert_current

    @property
    def timeout(self) -> float:
        """How long to wait for its next answer, in s."""
        return self.answer_time.timeout(self.misses)

    def answered(self, words: list[int], *, at: float, took: float) -> None:
        """Take an answer that took `took` s and came at `at` (s since 1970, UTC)."""
        self.answer_time.answered(took)
        self.counts.answered += 1
        self.error = None
        self.garbled -= WEIGHT * self.garbled
        self.misses = 0
        self.contact = Contact.ANSWERING
        self.raw = tuple(words)
        self.reading = self.profile.decode(
            words, at=at, nominal_voltage=self._nominal_voltage, invert_current=self._invert_current
        )
        self.problem = "; ".join(str(fault) for fault in self.reading.faults.values()) or None
        if self.reading.faults:
            self.counts.implausible += 1

    def missed(self, error: ModuleError) -> None:
        """Take a request that brought no reading."""
        match error:
            case SilentError():
                self.counts.silent += 1
            case GarbledError():
                self.counts.garbled += 1
            case RefusedError():
                self.counts.refused += 1
        self.misses += 1
        self.error = error
        self.garbled += WEIGHT * (isinstance(error, GarbledError) - self.garbled)
        self.problem = str(error)
        if self.misses >= PATIENCE:
            self.reading = None
            self.contact = Contact.LOST
            self.firmware = None  # what answers one day may be another module

    def unheard(self) -> None:
        """Forget what it said: the line is down, and nothing old may look current."""
        self.reading = None
        self.contact = Contact.UNKNOWN
        self.problem = None

    def diagnostics(self) -> dict[str, Any]:
        """Tell everything about the module and its link; registers as the module sent them."""
        return {
            "unit_id": self.unit_id,
            "profile": self.profile.key,
            "contact": self.contact,
            "problem": self.problem,
            "firmware": self.firmware,
            "answer_time": self.answer_time.smoothed,
            "timeout": self.timeout,
            "registers": {"first": self.profile.block[0], "last_answer": self.raw},
            "requests": asdict(self.counts),
        }
