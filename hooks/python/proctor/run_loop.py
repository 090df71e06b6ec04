"""The worker's run loop: runs the tests that Proctor names, one after the other.

It replaces pytest's own loop and decides nothing: which test, in which order, whether to go on
and whether to try again is Proctor's business. Every test goes through pytest's normal
`pytest_runtest_protocol` hook, so that other plugins do their work as always.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import Any, Deque, Dict, Generator, List, NoReturn, Optional, Tuple

import pytest

from .channel import Channel, Disconnected, Message
from .collection import CollectionReporter
from .execution import Execution, Verdict
from .preflight import ANSWERS, LET_GO
from .startup import StartupWatch

_exit = os._exit
_LATE = (*ANSWERS, LET_GO, "release", "stop")  # between two runs they come late and mean nothing
_LEAVE_SECONDS = 3.0  # what finalizers get once Proctor is gone


class RunLoop:
    """Driven by pytest's hooks on one side and by Proctor's messages on the other."""

    def __init__(
        self,
        channel: Channel,
        execution: Execution,
        collection: CollectionReporter,
        watch: StartupWatch,
    ) -> None:
        self._channel = channel
        self._execution = execution
        self._collection = collection
        self._watch = watch
        self._session: Any = None
        self._items: Dict[str, Any] = {}
        self._commands: Deque[Message] = deque()  # received, not yet obeyed
        self._dropped: List[Message] = []  # runs that a stop overtook
        self._stopping = False
        self._keeping = False  # whether the stop left alive what the next test shares

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: Any) -> bool:
        """Obeys Proctor until it says `finish`."""
        self._session = session
        self._watch.started()
        try:
            self._items = self._collection.announce(session.items)
            while True:
                command = self._commands.popleft() if self._commands else self._channel.receive()
                if command["type"] == "finish":
                    self._execution.unwind(session, None)
                    return True
                self._obey(command)
        except Disconnected:
            self._leave()

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, None, None]:
        """Says goodbye once every fixture is torn down and every other plugin has finished."""
        yield
        if self._session is None:
            return  # it never began: the start-up watch says why
        try:
            self._channel.send({"type": "bye"})
        except Disconnected:
            pass  # the session is over anyway

    def _obey(self, command: Message) -> None:
        kind = command["type"]
        if kind == "run":
            self._run(command)
        elif kind == "teardown":
            self._execution.unwind(self._session, None)
            self._channel.send({"type": "torn_down"})
        elif kind == "hold":
            self._execution.holding.switch(command)
        elif kind not in _LATE:
            text = f"the worker cannot read this message: {command.get('error') or command}"
            self._channel.send({"type": "warning", "message": text})

    def _run(self, command: Message) -> None:
        """One `run`: its tests in order, until they are through or somebody asks to stop.

        With `fresh` it begins with nothing set up, and so with no failure remembered; with `keep`
        the last test's class, module and session fixtures stay alive for another run of it.
        """
        left, following = self._plan(command)
        keep, fresh = bool(command.get("keep")), bool(command.get("fresh"))
        asked_before = self._pytest_asks_to_stop()
        self._stopping = self._keeping = False
        while left:
            self._listen()
            if self._stopping or self._pytest_asks_to_stop() != asked_before:
                self._stopping = True
                break
            if fresh:
                self._execution.unwind(self._session, None)
                fresh = False
            last = left[0].parent if keep else following
            nextitem = left[1] if len(left) > 1 else last
            verdict = self._execution.run(left[0], nextitem, self._take)
            if verdict is not Verdict.NOT_BEGUN:
                left.popleft()
            if verdict is Verdict.ASKED_TO_EXIT:
                self._stopping, self._keeping = True, False
        if not keep and self._pytest_asks_to_stop() != asked_before:
            self._stopping = True  # by its last test
        self._end_run([item.nodeid for item in left])

    def _end_run(self, left: List[str]) -> None:
        """Accounts for the run, and for those that the stop overtook."""
        if self._stopping and not self._keeping:
            self._execution.unwind(self._session, None)
            self._listen()
            self._drop_runs()
        self._tell_done(self._stopping, left)
        for run in self._dropped:
            plan, _ = self._plan(run)
            self._tell_done(True, [item.nodeid for item in plan])
        self._dropped.clear()
        self._channel.flush()

    def _tell_done(self, stopped: bool, left: List[str]) -> None:
        message: Message = {"type": "run_done", "stopped": stopped, "left": left}
        if self._keeping:
            message["kept"] = True
        self._channel.queue(message)

    def _plan(self, command: Message) -> Tuple[Deque[Any], Optional[Any]]:
        """The items of a run, and the one that is to follow it."""
        found = [self._find(test) for test in command.get("tests") or []]
        return deque(item for item in found if item is not None), self._find(command.get("next"))

    def _find(self, test: Optional[str]) -> Optional[Any]:
        item = self._items.get(test) if test is not None else None
        if item is None and test is not None:
            self._channel.queue({"type": "unknown_test", "test": test})
        return item

    def _listen(self) -> None:
        """Takes in what has arrived meanwhile, without waiting."""
        message = self._channel.poll()
        while message is not None:
            self._take(message)
            message = self._channel.poll()

    def _take(self, message: Message) -> bool:
        """Keeps a command for later. True for a stop, which drops the runs that came before it."""
        if message["type"] == "hold":
            self._execution.holding.switch(message)
            return False
        if message["type"] != "stop":
            self._commands.append(message)
            return False
        # Once somebody stopped for good, as by pytest.exit(), nothing can be kept any more.
        self._keeping = bool(message.get("keep")) and (self._keeping or not self._stopping)
        self._stopping = True
        self._drop_runs()
        return True

    def _drop_runs(self) -> None:
        """Runs that were told ahead are not begun; each is accounted for all the same."""
        self._dropped += [command for command in self._commands if command["type"] == "run"]
        self._commands = deque(c for c in self._commands if c["type"] != "run")

    def _pytest_asks_to_stop(self) -> Tuple[Any, Any]:
        """What --maxfail, --stepwise and plugins have to say; it stays set once it was."""
        return self._session.shouldfail, self._session.shouldstop

    def _leave(self) -> NoReturn:
        """Proctor is gone: gives the fixtures a short time to clean up, and ends at once."""
        timer = threading.Timer(_LEAVE_SECONDS, _exit, (1,))
        timer.daemon = True
        timer.start()
        try:
            self._execution.unwind(self._session, None)
        finally:
            _exit(1)
