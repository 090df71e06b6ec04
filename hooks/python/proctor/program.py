"""What a program tells and does besides its user interface: its named actions and its state.

    app.action("project/select", name="Basalt")
    assert app.state("counter") == 3
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Dict, List, Optional
from urllib.parse import quote

from .errors import ActionRefused
from .http_client import Response
from .refusals import refuse

DEFAULT_TIMEOUT = 5.0  # seconds
_SPARE_SECONDS = 5.0  # what an answer may take beyond the wait it reports on


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
        answer = self.request("POST", path, arguments, action_timeout + _SPARE_SECONDS)
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
            return self._ask(path, timeout + _SPARE_SECONDS)["value"]
        answer = self._ask(f"/api/state{query}", timeout + _SPARE_SECONDS)
        if answer["errors"]:
            failed = "; ".join(f"{name}: {why}" for name, why in answer["errors"].items())
            raise ActionRefused(f"some of the state could not be read: {failed}")
        return answer["state"]

    def _ask(self, path: str, timeout: float = 10.0) -> Dict[str, Any]:
        """The JSON of a GET."""
        __tracebackhide__ = True
        answer = self.request("GET", path, None, timeout)
        if not answer.ok:
            refuse(answer)
        content: Dict[str, Any] = answer.json()
        return content
