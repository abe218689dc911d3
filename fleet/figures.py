"""The figures of snapshots, for VictoriaMetrics."""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
import json
import logging
from typing import Any, Final
from urllib.error import HTTPError
import urllib.request

from .messages import Received

LOGGER: Final = logging.getLogger(__name__)

TIMEOUT: Final = 10.0  # s
LONGEST_QUEUE: Final = 2000  # snapshots
SERVER_ERROR: Final = 500
PREFIX: Final = "battery_bank_"


class Metrics:
    """The import API of VictoriaMetrics."""

    def __init__(self, url: str) -> None:
        """Write to a server, `http://HOST:8428`."""
        self._url = f"{url.rstrip('/')}/api/v1/import"
        self._waiting: deque[str] = deque(maxlen=LONGEST_QUEUE)

    async def write(self, messages: Sequence[Received]) -> None:
        """Write the figures of snapshots. While the server is away they wait, and the oldest are left out in the end.

        Raises `ValueError` where the server refuses them.
        """
        self._waiting += ["\n".join(json.dumps(series) for series in series_of(message)) for message in messages]
        try:
            await asyncio.to_thread(self._post, "\n".join(self._waiting).encode())
        except OSError as err:
            LOGGER.warning("%d snapshots wait for VictoriaMetrics: %s", len(self._waiting), err)
            return
        except ValueError:
            self._waiting.clear()
            raise
        self._waiting.clear()

    def _post(self, body: bytes) -> None:
        request = urllib.request.Request(self._url, body, method="POST")  # noqa: S310 - of our own configuration
        try:
            urllib.request.urlopen(request, timeout=TIMEOUT).close()  # noqa: S310
        except HTTPError as err:
            if err.code < SERVER_ERROR:
                raise ValueError(str(err)) from err
            raise


def series_of(message: Received) -> Iterator[dict[str, Any]]:
    """Return each number of a snapshot as one sample, with labels for site, line, string and battery."""
    content = message.content
    at = round(1000 * content["at"])
    line = {"site": message.line[0], "line": message.line[1]}
    yield from _series(content["values"], line, at)
    for string in content["strings"]:
        of_string = line | {"string": string["name"]}
        yield from _series(string["values"], of_string, at)
        for battery in string["batteries"]:
            yield from _series(battery["values"], of_string | {"battery": str(battery["number"])}, at)


def _series(values: Mapping[str, Any], labels: Mapping[str, str], at: int) -> Iterator[dict[str, Any]]:
    for key, value in values.items():
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield {"metric": {"__name__": PREFIX + key, **labels}, "values": [value], "timestamps": [at]}
