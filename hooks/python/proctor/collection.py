"""Tells Proctor how collection goes. pytest collects by itself, all paths at once, so that
order, -k, package and session fixtures come out as under plain pytest.
"""

from __future__ import annotations

from typing import Any, Dict, Generator, List

import pytest

from .channel import Channel, as_sent
from .reports import collect_message, file_messages, file_part


class CollectionReporter:
    """Observes pytest's collection hooks; the run loop asks it for the result."""

    def __init__(self, channel: Channel, rootdir: str) -> None:
        self._channel = channel
        self._rootdir = rootdir
        self._deselected = 0

    @pytest.hookimpl(hookwrapper=True)
    def pytest_collection(self, session: Any) -> Generator[None, None, None]:
        """Lets a file that cannot be collected stop no other, whatever --maxfail says."""
        options = session.config.option
        maxfail, options.maxfail = getattr(options, "maxfail", 0), 0
        yield
        options.maxfail = maxfail

    @pytest.hookimpl(tryfirst=True)
    def pytest_collectstart(self, collector: Any) -> None:
        """Names the file first, so that one that kills or hangs the worker is known."""
        if isinstance(collector, pytest.File) and not isinstance(collector, pytest.Package):
            self._channel.send({"type": "collecting", "path": file_part(collector.nodeid)})

    def pytest_collectreport(self, report: Any) -> None:
        """Passes on what failed or was skipped as a whole."""
        if report.outcome != "passed":
            self._channel.send(collect_message(report, self._rootdir))

    def pytest_deselected(self, items: List[Any]) -> None:
        """Counts what -k, -m and plugins took out."""
        self._deselected += len(items)

    def announce(self, items: List[Any]) -> Dict[str, Any]:
        """Sends the files and their tests; answers the tests by their ids."""
        by_id: Dict[str, Any] = {}
        for item in items:
            if by_id.setdefault(as_sent(item.nodeid), item) is not item:
                self._channel.queue(
                    {
                        "type": "warning",
                        "message": f"{item.nodeid} was collected twice; it runs once",
                    }
                )
        for message in file_messages(list(by_id.values())):
            self._channel.queue(message)
        self._channel.send(
            {"type": "collected", "tests": len(by_id), "deselected": self._deselected}
        )
        return by_id
