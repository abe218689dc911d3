"""The figures of snapshots, for VictoriaMetrics."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
import json
from typing import Any, Final
from urllib.error import HTTPError
import urllib.request

from .messages import Received

TIMEOUT: Final = 10.0  # s
SERVER_ERROR: Final = 500
PREFIX: Final = "battery_bank_"


class Metrics:
    """The import API of VictoriaMetrics."""

    def __init__(self, url: str) -> None:
        """Write to a server, `http://HOST:8428`."""
        self._url = f"{url.rstrip('/')}/api/v1/import"

    async def write(self, messages: Sequence[Received]) -> None:
        """Write the figures of snapshots. Raises `OSError`, and `ValueError` where the server refuses them."""
        lines = "\n".join(json.dumps(series) for message in messages for series in series_of(message))
        await asyncio.to_thread(self._post, lines.encode())

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
