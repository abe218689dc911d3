"""Subscriptions to the changes of a line, a string or a battery."""

from collections import defaultdict
from functools import partial

from homeassistant.core import CALLBACK_TYPE, callback


class Updates:
    """Subscriptions to changes, by the id of a line, string or battery."""

    def __init__(self) -> None:
        """Begin without subscribers."""
        self._polls: defaultdict[str, list[CALLBACK_TYPE]] = defaultdict(list)  # listeners that each poll concerns
        self._others: defaultdict[str, list[CALLBACK_TYPE]] = defaultdict(list)

    @callback
    def async_subscribe(self, subject_id: str, listener: CALLBACK_TYPE, *, polls: bool = True) -> CALLBACK_TYPE:
        """Call the listener at each change of a line, string or battery; return what ends the subscription.

        With `polls=False`, a listener is left out when the module was only polled. Most entities do not depend on what
        the module itself measures, and polls are most of the updates.
        """
        listeners = (self._polls if polls else self._others)[subject_id]
        listeners.append(listener)
        return partial(listeners.remove, listener)

    @callback
    def async_notify_polled(self, subject_id: str) -> None:
        """Notify the subscribers of a string or battery that its module was polled."""
        for listener in self._polls.get(subject_id, ()):
            listener()

    @callback
    def async_notify(self, *subject_ids: str) -> None:
        """Notify the subscribers of these lines, strings or batteries."""
        for subject_id in subject_ids:
            for listener in (*self._polls.get(subject_id, ()), *self._others.get(subject_id, ())):
                listener()
