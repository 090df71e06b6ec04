"""Keeps one subject for plain pytest: starts it, and replaces it as the restart policy says."""

from __future__ import annotations

import tempfile
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Deque, List, Optional

from .config import SubjectConfig
from .display import VirtualDisplay
from .errors import SubjectUnavailable
from .file_policy import POLICIES
from .generation import Condition, Generation
from .subject_info import SubjectInfo


@dataclass(frozen=True)
class Place:
    """Where a test stands, as far as restart policies care."""

    file: str
    class_name: str  # "" outside of classes
    test: str
    restart: str = ""  # its own policy or that of its file; "": proctor.toml's


class Supervisor:
    """Passive between tests: `give` is called before each one that uses the subject."""

    def __init__(self, config: SubjectConfig, lane: int, let_go: Callable[[], None]) -> None:
        """`let_go` is called before a generation is ended, for what still hangs on it."""
        self.config = config
        self._let_go = let_go
        self._lane = lane
        self._display = VirtualDisplay(config.display)
        self._home = tempfile.TemporaryDirectory(prefix="proctor-")
        self._generation: Optional[Generation] = None
        self._started = 0  # generations so far
        self._restarts: Deque[float] = deque()  # when, by the monotonic clock
        self._given_up: Optional[SubjectUnavailable] = None
        self._last: Optional[Place] = None  # the test that had the subject before
        self.notes: List[str] = []

    def give(self, place: Place) -> SubjectInfo:
        """A healthy generation for a test. Errors: SubjectUnavailable."""
        if self._given_up is not None:
            given_up = self._given_up
            raise SubjectUnavailable(given_up.reason, given_up.details, given_up.consequence)
        word, reason = self._make_ready(place)
        if self._generation is None:
            raise RuntimeError("a generation was started, and is not there")
        if word != "reused" or self._last is None or self._last.file != place.file:
            because = f": {reason}" if reason else ""
            self.notes.append(f"{place.file}: {word}, {self._generation.name}{because}")
        self._last = place
        return self._generation.info()

    def close(self) -> None:
        """Ends the program, its display and what they left on disk."""
        try:
            if self._generation is not None:
                self._generation.stop()
                self._generation = None
        finally:
            self._display.close()
            self._home.cleanup()

    def _make_ready(self, place: Place) -> "tuple[str, str]":
        """The note's word, and why."""
        if self._generation is None:
            self._start()
            return "fresh", ""
        boundary = self._crossed_boundary(place)
        if boundary:
            self._replace()
            return "fresh", boundary
        condition = self._generation.awaited_condition()
        if condition.healthy:
            return "reused", ""
        self._refuse_by_policy(condition, place)
        self._spend_budget()
        self._replace()
        return "respawned", condition.reason

    def _refuse_by_policy(self, condition: Condition, place: Place) -> None:
        if self._policy(place) == "never":
            said = f"{place.file} says restart=never" if place.restart else ""
            why = said or '[subject.restart] when = "never"'
            raise SubjectUnavailable(f"{condition.reason}, and {why}", condition.details)

    def _policy(self, place: Place) -> str:
        return place.restart or self.config.restart_when

    def _crossed_boundary(self, place: Place) -> str:
        """The sentence for the note where the policy wants a fresh generation here; else ""."""
        last, when = self._last, self._policy(place)
        if last is None or POLICIES.index(when) < POLICIES.index("file"):
            return ""
        crossed = {
            "file": place.file != last.file,
            "class": (place.file, place.class_name) != (last.file, last.class_name),
            "test": True,
        }
        return f"every {when} gets a fresh generation" if crossed[when] else ""

    def _replace(self) -> None:
        if self._generation is not None:
            self._let_go()
            self._generation.stop()
            self._generation = None
        self._start()

    def _spend_budget(self) -> None:
        """For what the program's troubles cost; the restarts that a policy wants are free."""
        restarts, period = self.config.budget
        now = time.monotonic()
        while self._restarts and now - self._restarts[0] > period:
            self._restarts.popleft()
        if len(self._restarts) >= restarts:
            self._give_up(
                SubjectUnavailable(
                    f"the subject needed more than {restarts} restarts in {period:g} s,"
                    " and is not started again"
                )
            )
        self._restarts.append(now)

    def _start(self) -> None:
        self._started += 1
        home = Path(self._home.name) / f"generation-{self._started}"
        home.mkdir()
        try:
            self._generation = Generation(
                self.config, self._started, self._lane, home, self._display
            )
            self._generation.await_ready()
        except SubjectUnavailable as error:
            self._generation = None
            self._give_up(error)

    def _give_up(self, error: SubjectUnavailable) -> None:
        """From here on every test is refused at once, with this reason."""
        self._given_up = error
        raise error
