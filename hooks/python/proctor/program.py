"""What a program tells and does besides its user interface: its named actions, its state, its trace.

    app.action("project/select", name="Basalt")
    assert app.state("counter") == 3
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Union
from urllib.parse import quote, urlencode

from .errors import ActionRefused
from .http_client import Response
from .recording import Recording
from .refusals import refuse
from .trace import Events, Frame, read_events

DEFAULT_TIMEOUT = 5.0  # seconds
SPARE_SECONDS = 5.0  # what an answer may take beyond the wait it reports on


@dataclass(frozen=True)
class Action:
    """A named action that the program has added."""

    name: str
    description: str
    runs_on: str  # frame_thread or server_thread


class Program(ABC):
    """A live program with the hooks."""

    @abstractmethod
    def request(self, method: str, path: str, json: Any = None, timeout: float = 10.0) -> Response:
        """Sends a request with the token; every status is an answer."""

    def action(
        self, action_name: str, /, *, action_timeout: float = DEFAULT_TIMEOUT, **arguments: Any
    ) -> Any:
        """Runs one of the program's named actions; what it answers.

        Errors: TargetNotFound with the nearest names, ActionRefused with the program's words,
        SubjectHung where the frame loop did not get to it in time.
        """
        __tracebackhide__ = True
        path = f"/api/actions/{quote(action_name)}?timeout_ms={round(action_timeout * 1000)}"
        answer = self.request("POST", path, arguments, action_timeout + SPARE_SECONDS)
        if not answer.ok:
            refuse(answer)
        return answer.json()["result"]

    def actions(self) -> List[Action]:
        """The named actions that the program has, in the order of adding."""
        answer = self._ask("/api/actions")
        return [Action(**one) for one in answer["actions"]]

    def state(self, name: Optional[str] = None, *, timeout: float = DEFAULT_TIMEOUT) -> Any:
        """A piece of the state that the program lets be read; without a name all, as a dict.

        Errors: as of `action`; ActionRefused where some of it could not be read.
        """
        __tracebackhide__ = True
        query = f"?timeout_ms={round(timeout * 1000)}"
        if name is not None:
            path = f"/api/state/{quote(name)}{query}"
            return self._ask(path, timeout + SPARE_SECONDS)["value"]
        answer = self._ask(f"/api/state{query}", timeout + SPARE_SECONDS)
        if answer["errors"]:
            failed = "; ".join(f"{name}: {why}" for name, why in answer["errors"].items())
            raise ActionRefused(f"some of the state could not be read: {failed}")
        return answer["state"]

    def trace(self) -> Dict[str, Any]:
        """All that the program's trace holds, in Chrome's trace format."""
        __tracebackhide__ = True
        return self._ask("/api/trace")

    def save_trace(self, path: Union[str, Path]) -> Path:
        """Writes the trace to a file, for https://ui.perfetto.dev or chrome://tracing."""
        __tracebackhide__ = True
        answer = self.request("GET", "/api/trace")
        if not answer.ok:
            refuse(answer)
        Path(path).write_bytes(answer.content)
        return Path(path)

    def events(self, since: int = 0, kind: Optional[str] = None) -> Events:
        """The trace's events from a sequence number on, of all kinds or of one (request, ui,
        action, frame, health, assert, log; several with commas); pass `next` on as `since`."""
        __tracebackhide__ = True
        wanted: Dict[str, Any] = {"since": since, **({"cat": kind} if kind else {})}
        return read_events(self._ask(f"/api/trace?{urlencode(wanted)}"))

    def frames(self, last: int = 120) -> List[Frame]:
        """The timing of the last frames, the oldest first."""
        __tracebackhide__ = True
        return [Frame(**one) for one in self._ask(f"/api/frames?last={last}")["frames"]]

    def recording(self) -> Recording:
        """Records what a person does: `with app.recording() as recording: …`, after which
        `recording.python` is the test that does it again."""
        return Recording(self)

    def _ask(self, path: str, timeout: float = 10.0) -> Dict[str, Any]:
        """The JSON of a GET."""
        __tracebackhide__ = True
        answer = self.request("GET", path, None, timeout)
        if not answer.ok:
            refuse(answer)
        content: Dict[str, Any] = answer.json()
        return content
