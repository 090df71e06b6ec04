"""Holding on failure: the worker stops between a failure and the teardown of the test, so that
program and fixtures stay as the failure left them. Proctor says when it is to go on.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

import pytest

from .channel import Channel, Message, as_sent
from .reports import is_outcome

_HELD_PHASES = ("setup", "call")  # after a failed teardown there is nothing left to look at


class Holding:
    """A plugin that gets each report after all others. The run loop switches it."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._on_failure = False
        self._take_aside: Optional[Callable[[Message], bool]] = None  # None: no test runs

    def switch(self, message: Message) -> None:
        """A `hold` message: counts from the next failure on."""
        self._on_failure = bool(message.get("on_failure"))

    def begin(self, take_aside: Callable[[Message], bool]) -> None:
        """A test begins. `take_aside` gets what is said during its hold besides the release, and
        is true where that means to stop."""
        self._take_aside = take_aside

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        """Waits after a real failure; once for each run of a test. Errors: Disconnected."""
        failed = is_outcome(report) and report.failed and report.when in _HELD_PHASES
        if failed and self._on_failure and self._take_aside is not None:
            take_aside, self._take_aside = self._take_aside, None
            self._channel.send({"type": "held", "test": report.nodeid, "when": report.when})
            self._await_release(as_sent(report.nodeid), take_aside)

    def _await_release(self, test: str, take_aside: Callable[[Message], bool]) -> None:
        while True:
            message = self._channel.receive()
            if message["type"] == "release":
                if message.get("test") == test:
                    return
            elif take_aside(message):
                return
