"""Subscriptions to the changes of a line, a string or a battery."""

from collections import defaultdict
from functools import partial

from homeassistant.core import CALLBACK_TYPE, callback


class Updates:
    """Subscriptions to changes, by the id of a line, string or battery."""

    def __init__(self) -> None:
        """Begin without subscribers."""
        self._listeners: defaultdict[str, list[CALLBACK_TYPE]] = defaultdict(list)

    @callback
    def async_subscribe(self, subject_id: str, listener: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call the listener at each change of a line, string or battery; return what ends the subscription."""
        listeners = self._listeners[subject_id]
        listeners.append(listener)
        return partial(listeners.remove, listener)

    @callback
    def async_notify(self, *subject_ids: str) -> None:
        """Notify the subscribers of these lines, strings or batteries."""
        for subject_id in subject_ids:
            for listener in self._listeners.get(subject_id, ()):
                listener()

    @callback
    def async_notify_all(self) -> None:
        """Notify all subscribers."""
        self.async_notify(*list(self._listeners))
