"""Runs one test through pytest and reports what comes of it. The run loop drives it."""

from __future__ import annotations

import enum
import traceback
from typing import Any, Callable, Optional

import pytest

from .channel import Channel, Disconnected, Message
from .holding import Holding
from .preflight import Preflight
from .proctor_subjects import ProctorSubjects
from .reports import is_outcome, milliseconds, one_line, phase_message, uses_subject
from .setup_stack import must_unwind, unwind_to

_NEXT_PHASE = {None: "setup", "setup": "call", "call": "teardown", "teardown": "teardown"}
_BARE_PHASE = 5  # members of a phase that has nothing to tell but its time
_BRIEF_MS = 5.0  # a bare phase that took no longer may be sent along with what comes next


class Verdict(enum.Enum):
    """What became of a test that the loop wanted run."""

    RAN = "ran"
    DROPPED = "dropped"  # Proctor took it back at the pre-flight
    NOT_BEGUN = "not begun"  # a stop came in during the pre-flight
    ASKED_TO_EXIT = "asked to exit"  # it ran, and called pytest.exit() or was interrupted


class Execution:
    """Also a plugin: pytest hands it the report of every phase."""

    def __init__(self, channel: Channel, subjects: ProctorSubjects, rootdir: str) -> None:
        self._channel = channel
        self._preflight = Preflight(channel, subjects)
        self.holding = Holding(channel)
        self._rootdir = rootdir
        self._last_phase: Optional[str] = None  # of the running test; None: before its set-up
        self._spent_ms = 0.0  # by the phases of the running test
        self._finalizers_follow = True  # whether the running test's teardown has work to do

    def run(
        self, item: Any, nextitem: Optional[Any], take_aside: Callable[[Message], bool]
    ) -> Verdict:
        """Runs `item`; `nextitem` decides which fixtures stay alive. It may be the item's parent:
        then all stay that are not the item's own.

        `take_aside` gets what Proctor says besides its answer to the pre-flight and the release
        of a hold, and is true where that means to stop. Errors: Disconnected.
        """
        self.unwind(item.session, item)
        answer: Optional[Message] = None
        if uses_subject(item):
            answer = self._preflight.ask(item, take_aside)
            if answer is None:
                return Verdict.NOT_BEGUN
            if answer["type"] == "drop":
                return Verdict.DROPPED
        self._preflight.take(item, answer)
        self.holding.begin(take_aside)
        self._last_phase = None
        self._spent_ms = 0.0
        # An item must not stay set up for itself: its parent keeps all that it shares.
        nextitem = item.parent if nextitem is item else nextitem
        shares = nextitem is not None and item.parent in (nextitem, nextitem.parent)
        self._finalizers_follow = not shares or bool(getattr(item, "fixturenames", True))
        self._channel.send({"type": "test_started", "test": item.nodeid})
        verdict = self._through_pytest(item, nextitem)
        self._channel.queue(
            {
                "type": "test_finished",
                "test": item.nodeid,
                "duration_ms": round(self._spent_ms, 3),
            }
        )
        return verdict

    def unwind(self, session: Any, target: Optional[Any]) -> None:
        """Tears down what `target` does not share (None: all) and reports what fails in it."""
        if must_unwind(session, target):
            self._channel.flush()  # it may take its time, and what is done is done
        for failure in unwind_to(session, target):
            self._channel.queue({"type": "teardown_failed", **failure._asdict()})

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Passes on a phase. One that passed silently and quickly waits for the next message,
        unless fixtures come after the call: sending wakes Proctor, which is most of the cost.
        """
        if not is_outcome(report):
            text = f"{report.nodeid}: another plugin reported {report.outcome!r} and goes on"
            self._channel.queue({"type": "warning", "message": text})
            return
        message = phase_message(report, self._rootdir)
        self._last_phase = report.when
        self._spent_ms += message["duration_ms"]
        self._channel.queue(message)
        brief = len(message) <= _BARE_PHASE and message["duration_ms"] <= _BRIEF_MS
        if not brief or (report.when == "call" and self._finalizers_follow):
            self._channel.flush()

    def _through_pytest(self, item: Any, nextitem: Optional[Any]) -> Verdict:
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
            return Verdict.RAN
        except Disconnected:
            raise
        except (KeyboardInterrupt, pytest.exit.Exception) as error:
            text = self._cut_short(item, error)
            self._channel.send({"type": "exit_requested", "message": text})
            return Verdict.ASKED_TO_EXIT
        except Exception as error:  # of a plugin's hook: pytest calls it an internal error
            text = self._cut_short(item, error)
            warning = f"{item.nodeid}: a plugin of pytest failed: {text}"
            self._channel.queue({"type": "warning", "message": warning})
            self.unwind(item.session, None)
            return Verdict.RAN

    def _cut_short(self, item: Any, error: BaseException) -> str:
        """Accounts for the phase that an exception took out of pytest's hands."""
        message = one_line(traceback.format_exception_only(type(error), error)[-1])
        item.session.testsfailed += 1
        if hasattr(item, "_request"):
            item._request = False  # as after a run that went well: made anew for the next
        self._channel.queue(
            {
                "type": "phase",
                "test": item.nodeid,
                "when": _NEXT_PHASE[self._last_phase],
                "outcome": "failed",
                "duration_ms": milliseconds(0),
                "message": message,
                "details": "".join(
                    traceback.format_exception(type(error), error, error.__traceback__)
                ),
            }
        )
        return message
