"""One module: its profile, its last reading, and how well it answers."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from ..errors import ForeignAnswerError, ModuleError, NoAnswerError, NotCurrentError, UnreadableAnswerError
from ..model import Measures, Reading
from .module_profile import Profile
from .timing import AnswerTime, Pace

# Without an answer in this many poll rounds in a row, a module is offline, and its last reading is no longer shown.
OFFLINE_AFTER: Final = 3
# An answer with so many implausible values is the answer to another question, of a second master.
FOREIGN: Final = 2
# The weight of one answer in the share of unreadable answers.
WEIGHT: Final = 0.1
SLOW: Final = 0.2  # s; the firmware version of a module that answers later than this is not read with its first values


class Contact(StrEnum):
    """Whether a module is online. The values are part of the payload of the cards."""

    UNKNOWN = "unknown"  # until its first answers, or failures, after the start or after the line was down
    ONLINE = "answering"
    OFFLINE = "lost"


@dataclass(slots=True)
class Counts:
    """The requests to a module, by their result."""

    answered: int = 0
    no_answer: int = 0
    unreadable: int = 0
    refused: int = 0
    implausible: int = 0  # answers with an implausible value; they count as answered too

    @property
    def requests(self) -> int:
        """The number of all requests."""
        return self.answered + self.no_answer + self.unreadable + self.refused


class Module:
    """A module, at one Modbus address (`unit_id`)."""

    def __init__(
        self,
        unit_id: int,
        profile: Profile,
        *,
        pace: Pace,
        nominal_voltage: float,
        invert_current: bool = False,
    ) -> None:
        """Describe a module that was not polled yet; `nominal_voltage` is that of one battery, in V."""
        self.unit_id = unit_id
        self.profile = profile
        self.answer_time = AnswerTime(pace)
        self.contact = Contact.UNKNOWN
        self.reading: Reading | None = None  # None while there is no current one
        self.raw: tuple[int, ...] | None = None  # the registers of the last answer, even if it is old
        self.firmware: int | None = None
        self.counts = Counts()
        self.misses = 0  # polls without a reading, in a row
        self.unanswered = 0  # polls without any answer, not even an unreadable one, in a row
        self.unheard = 0  # the same, also while the line may be to blame
        self.function = profile.read_function  # that the module answers
        self.single = False  # whether it answers only requests for single registers
        self.foreign = 0  # answers to the questions of another master
        self.tries = 0  # requests of the present poll that failed and were repeated
        self.answered_at: float | None = None  # s of the monotonic clock of the line
        self.problem: str | None = None  # why there is no reading, or which of its values are implausible
        self.error: ModuleError | None = None  # why the last request brought no reading; None if it did
        self.unreadable_share = 0.0  # the share of its last answers that could not be read, 0 to 1
        self._heard = False  # whether a request of the present poll brought an answer, though an unreadable one
        # New implausible values of the last answer. A second one in a row has them too if the module has sent them; if
        # only one has them, it was the answer to the question of another master, with other values that look right.
        self._doubted = frozenset[str]()
        self._nominal_voltage = nominal_voltage
        self._invert_current = invert_current

    @property
    def is_battery(self) -> bool:
        """Whether it measures a battery, and not a string."""
        return self.profile.measures is Measures.BATTERY

    @property
    def failed(self) -> bool:
        """Whether the last request brought no reading."""
        return bool(self.tries or self.misses)

    @property
    def not_current(self) -> bool:
        """Whether it answered the last request with values that are not current."""
        return isinstance(self.error, NotCurrentError)

    @property
    def timeout(self) -> float:
        """The time-out of the next request, in s."""
        return self.answer_time.timeout(self.unanswered)

    def identifies(self, took: float) -> bool:
        """Return whether to read its firmware version after an answer that took `took` s.

        It is read once. On a slow line the first values of all modules come before it.
        """
        return self.firmware is None and (self.counts.answered > 0 or took < SLOW)

    def read(self, words: list[int], *, at: float) -> Reading:
        """Return the reading of an answer that came at `at` (s since 1970, UTC).

        Raises `NotCurrentError` if the module says that its values are not current, `ForeignAnswerError` if it is the
        answer to the question of another master, and `UnreadableAnswerError` if it may be one.
        """
        if not self.profile.is_current(words):
            raise NotCurrentError("its values are not current")
        reading = self.profile.decode(
            words, at=at, nominal_voltage=self._nominal_voltage, invert_current=self._invert_current
        )
        if len(reading.faults) >= FOREIGN and not self.profile.of_hub:  # a hub has zeros for a sensor that is gone
            self.foreign += 1
            faults = "; ".join(str(fault) for fault in reading.faults.values())
            raise ForeignAnswerError(f"the answer has {len(reading.faults)} implausible values: {faults}")
        before, self._doubted = self._doubted, frozenset(reading.faults) - frozenset((self.reading or reading).faults)
        if self._doubted - before and not self.profile.of_hub:
            raise UnreadableAnswerError("the answer has an implausible value for the first time")
        return reading

    def answered(self, words: list[int], reading: Reading, *, took: float) -> None:
        """Store an answer that took `took` s, and its reading."""
        self.answer_time.answered(took)
        self.counts.answered += 1
        self.error = None
        self.unreadable_share -= WEIGHT * self.unreadable_share
        self.misses = self.tries = self.unanswered = self.unheard = 0
        self._heard = False
        self.contact = Contact.ONLINE
        self.raw = tuple(words)
        self.reading = reading
        self.problem = "; ".join(str(fault) for fault in self.reading.faults.values()) or None
        if self.reading.faults:
            self.counts.implausible += 1

    def repeated(self, error: ModuleError) -> None:
        """Count a request that brought no reading and is repeated at once."""
        self.tries += 1
        self.error = error
        self._heard |= not isinstance(error, NoAnswerError)

    def missed(self, error: ModuleError) -> None:
        """Count a request that brought no reading and is not repeated: the poll has failed."""
        match error:
            case NoAnswerError():
                self.counts.no_answer += 1
            case UnreadableAnswerError():
                self.counts.unreadable += 1
            case NotCurrentError():
                self.counts.answered += 1
            case _:  # RefusedError
                self.counts.refused += 1
        heard = self._heard or not isinstance(error, NoAnswerError)
        self.unanswered = 0 if heard else self.unanswered + 1
        self.unheard = 0 if heard else self.unheard + 1
        self._heard = False
        self.tries = 0
        self.misses += 1
        self.error = error
        self.unreadable_share += WEIGHT * (isinstance(error, UnreadableAnswerError) - self.unreadable_share)
        self.problem = str(error)
        if self.misses >= OFFLINE_AFTER or isinstance(error, NotCurrentError):
            self.lost(error)

    def lost(self, error: ModuleError) -> None:
        """Take the module for offline from now on."""
        self.misses = max(self.misses, OFFLINE_AFTER)
        if isinstance(error, NoAnswerError):
            self.unanswered = max(self.unanswered, OFFLINE_AFTER)
        self.error, self.problem = error, str(error)
        self.reading = None
        self.contact = Contact.OFFLINE
        self.firmware = None  # the next module that answers here may be another one

    def forget_reading(self) -> None:
        """Remove the reading while the line is down, so that no old value looks current."""
        self.reading = None
        self.contact = Contact.UNKNOWN
        self.problem = None

    def diagnostics(self) -> dict[str, Any]:
        """Return all about the module and its requests; registers as the module sent them."""
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
