"""Why a line is down: the errors of the operating system and of the library as an error of the monitor."""

import errno
import os
import re
import socket
from typing import Final

from modbus_connection import ModbusError
from tmodbus.exceptions import TModbusError

from ..errors import LineDownError, Reason

REASONS: Final = {  # by the number of the operating system's error
    errno.EAGAIN: Reason.PORT_IN_USE,  # the lock of a serial port
    errno.EACCES: Reason.PERMISSION_DENIED,
    errno.EPERM: Reason.PERMISSION_DENIED,
    errno.EBUSY: Reason.PORT_IN_USE,
    errno.ECONNABORTED: Reason.CONNECTION_LOST,
    errno.ECONNREFUSED: Reason.CONNECTION_REFUSED,
    errno.ECONNRESET: Reason.CONNECTION_LOST,
    errno.EHOSTDOWN: Reason.NO_ROUTE,
    errno.EHOSTUNREACH: Reason.NO_ROUTE,
    errno.EIO: Reason.IO_ERROR,
    errno.EISDIR: Reason.NOT_SERIAL,
    errno.ENAMETOOLONG: Reason.INVALID_ADDRESS,
    errno.ENETDOWN: Reason.NETWORK_UNREACHABLE,
    errno.ENETUNREACH: Reason.NETWORK_UNREACHABLE,
    errno.ENODEV: Reason.NO_SUCH_PORT,
    errno.ENOENT: Reason.NO_SUCH_PORT,
    errno.ENOTDIR: Reason.NO_SUCH_PORT,
    errno.ENOTTY: Reason.NOT_SERIAL,
    errno.ENXIO: Reason.NO_SUCH_PORT,
    errno.EPIPE: Reason.CONNECTION_LOST,
    errno.ETIMEDOUT: Reason.TIMED_OUT,
}


def line_down(err: BaseException) -> LineDownError:
    """Return the error with the reason and text of the operating system, or else the text of the library."""
    chain = [err]
    while chain[-1].__cause__ is not None:
        chain.append(chain[-1].__cause__)
    cause = next((one for one in reversed(chain) if isinstance(one, OSError | ValueError)), None)
    match cause:
        case None:
            only_libraries = all(isinstance(one, ModbusError | TModbusError) for one in chain)
            return LineDownError(str(err), Reason.CONNECTION_LOST if only_libraries else None)
        case socket.gaierror():
            return LineDownError(cause.strerror or str(cause), Reason.UNKNOWN_HOST)
        case UnicodeError():  # a part of the host name is empty or too long
            return LineDownError(str(cause), Reason.UNKNOWN_HOST)
        case OSError():
            return _of_system(cause, str(err))
        case _:
            return LineDownError(str(cause), Reason.INVALID_ADDRESS)


def _of_system(cause: OSError, otherwise: str) -> LineDownError:
    # asyncio replaces the text of the system by the address. For a host with several addresses it raises an error
    # without a number; the numbers of all addresses are in its text.
    code, text = cause.errno, cause.strerror
    if found := re.match(r".*?\[Errno (\d+)\] Connect call failed", str(cause)):
        code = int(found[1])
        text = os.strerror(code)
    return LineDownError(text or otherwise, REASONS.get(code) if code else None)
