"""The errors of a line, its modules and its journal, split by what the caller does next."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a request failed, for the texts of every language. Errors without a reason have only their own text."""

    # Of a line
    CLOSED = "closed"  # by the monitor itself
    CONNECTION_LOST = "connection_lost"
    CONNECTION_REFUSED = "connection_refused"
    INVALID_ADDRESS = "invalid_address"  # of a port or gateway
    IO_ERROR = "io_error"
    NETWORK_UNREACHABLE = "network_unreachable"
    NO_ROUTE = "no_route"
    NO_SUCH_PORT = "no_such_port"
    NOT_SERIAL = "not_serial"
    PERMISSION_DENIED = "permission_denied"
    PORT_IN_USE = "port_in_use"
    TIMED_OUT = "timed_out"
    UNKNOWN_HOST = "unknown_host"
    # Of one module
    NOT_CURRENT = "not_current"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    # Of a file or folder, besides a missing permission
    BACKUP = "backup"  # the journal is being copied
    CANNOT_OPEN = "cannot_open"
    DAMAGED = "damaged"
    DISK_ERROR = "disk_error"
    DISK_FULL = "disk_full"
    FILE_GONE = "file_gone"  # deleted or moved while it was in use
    FILE_IN_USE = "file_in_use"
    FILE_REPLACED = "file_replaced"  # by another one while it was in use
    IS_FILE = "is_file"  # a file has the name of the folder
    IS_FOLDER = "is_folder"  # a folder has the name of the file
    NEWER_VERSION = "newer_version"
    NO_SUCH_FOLDER = "no_such_folder"
    READ_ONLY = "read_only"


class MonitorError(Exception):
    """The base of all errors that leave the monitor."""

    reason: Reason | None = None

    def __init__(self, text: str, reason: Reason | None = None) -> None:
        """Take the text for the log, in English, and the reason for all other texts."""
        super().__init__(text)
        if reason is not None:
            self.reason = reason


class LineDownError(MonitorError):
    """The line can't be used: try again later. No module is at fault."""


class ModuleError(MonitorError):
    """One request to one module failed: count it and go on with the next module."""


class NoAnswerError(ModuleError):
    """The module did not answer within the time-out, or only that it is busy."""

    reason = Reason.NO_ANSWER


class UnreadableAnswerError(ModuleError):
    """The answer can't be read, because of interference or two modules at one address."""

    reason = Reason.UNREADABLE


class ForeignAnswerError(UnreadableAnswerError):
    """The answer is readable, but most of its values are implausible: it answers the question of another master."""


class RefusedError(ModuleError):
    """The module refused the request."""

    reason = Reason.REFUSED

    def __init__(self, text: str, code: int | None = None) -> None:
        """Take the text for the log, and the exception code of the Modbus protocol."""
        super().__init__(text)
        self.code = code


class NotCurrentError(ModuleError):
    """The hub or module answered, and says that its values of this battery or string are not current."""

    reason = Reason.NOT_CURRENT


class UnknownCommandError(MonitorError):
    """The module family does not have this command. Nothing was sent."""


class SavedStateError(MonitorError):
    """A saved state can't be read: log that, and begin without it."""


class JournalError(MonitorError):
    """The journal can't be read or written: report it, keep monitoring, and try again later."""
