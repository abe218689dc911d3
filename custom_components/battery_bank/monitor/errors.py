"""What can go wrong on a line, split by what the caller does next."""


class MonitorError(Exception):
    """Everything that leaves the monitor on purpose."""


class LineDownError(MonitorError):
    """The line can't be used at all: try again later, and blame no module."""


class ModuleError(MonitorError):
    """One module failed one request: count it and go on with the next."""


class SilentError(ModuleError):
    """No answer within the time-out, or none but that the module is busy."""


class GarbledError(ModuleError):
    """An answer that can't be read: interference, or two modules at one address."""


class RefusedError(ModuleError):
    """The module answered, and said no."""


class UnknownCommandError(MonitorError):
    """This kind of module has no such command: nothing was put on the wire."""


class SavedStateError(MonitorError):
    """What was saved can't be read: begin afresh, and say so."""


class JournalError(MonitorError):
    """The journal could not be read or written: say so, go on watching, and try again with the next."""
