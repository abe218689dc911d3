"""The log of the Modbus library: one line for each condition, and all of them in debug."""

import logging
import time
from typing import Final, override

LOGGERS: Final = (
    "tmodbus.transport.async_rtu",
    "tmodbus.transport.async_rtu_over_tcp",
    "tmodbus.transport.async_smart",
    "tmodbus.transport.async_tcp",
)
QUIET: Final = 3600.0  # s without a message of a kind until it is logged again


class OnceEach(logging.Filter):
    """Passes the first message of a kind, and the next one after an hour without. In debug it passes all.

    A line with interference brings some hundred warnings a minute. The link quality shows it all the time.
    """

    def __init__(self) -> None:
        """Begin without messages."""
        super().__init__()
        self._last: dict[object, float] = {}  # by kind; s of the monotonic clock

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the message is logged."""
        if logging.getLogger(record.name).isEnabledFor(logging.DEBUG):
            return True
        now, kind = time.monotonic(), (record.name, record.msg)
        last, self._last[kind] = self._last.get(kind), now
        return last is None or now - last >= QUIET


def limit_library_log() -> None:
    """Let the library log each condition once. Does nothing if that was done before."""
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, OnceEach) for one in logger.filters):
            logger.addFilter(OnceEach())
