"""What the polling of a line yields."""

from dataclasses import dataclass

from .module import Module


@dataclass(frozen=True, slots=True)
class ModulePolled:
    """A module was polled: its contact and its reading may have changed."""

    module: Module


@dataclass(frozen=True, slots=True)
class FirmwareRead(ModulePolled):
    """The firmware version of a module was read."""


@dataclass(frozen=True, slots=True)
class RoundEnded:
    """A poll round ended: every module was polled once."""


@dataclass(frozen=True, slots=True)
class LineDown:
    """The line can't be used. Its modules have no readings from now on."""

    reason: str


@dataclass(frozen=True, slots=True)
class LineUp:
    """The line can be used again."""


@dataclass(frozen=True, slots=True)
class LineSilent:
    """No module answers any more, although the port is open: all are offline from now on."""


type LineEvent = ModulePolled | RoundEnded | LineDown | LineUp | LineSilent
