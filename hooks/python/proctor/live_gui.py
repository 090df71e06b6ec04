"""The handle that a test holds to the live program."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, TypeVar

from .errors import RequestFailed, SubjectDied, SubjectHung, SubjectUnavailable, WaitTimeout
from .health import Health, Pointers, read_health
from .http_client import Response, TransportError, send
from .process_watch import wait_for_exit
from .subject_info import SubjectInfo
from .ui import Drivable

Value = TypeVar("Value")

_DYING_SECONDS = 0.5  # what a process that broke a connection may take to be gone
_HEALTH_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 0.02
_FRESH = "The next test that uses live_gui gets a fresh one where the restart policy allows it."


class LiveGui(Drivable):
    """The program under test, as the fixture `live_gui` gives it to one test.

    Good for the generation it was made for: it never turns into another one under the test.
    """

    def __init__(self, info: SubjectInfo, pointers: Pointers = Pointers()) -> None:
        self._info = info
        self._pointers = pointers

    def __repr__(self) -> str:
        return f"<LiveGui {self.url} generation {self.generation} pid {self.pid}>"

    @property
    def url(self) -> str:
        """Where its HTTP server listens, such as http://127.0.0.1:8080."""
        return self._info.url

    @property
    def port(self) -> int:
        """The port of its HTTP server."""
        return self._info.port

    @property
    def pid(self) -> int:
        """Its process."""
        return self._info.pid

    @property
    def generation(self) -> int:
        """Which start of the program this is: 1, 2, 3 …"""
        return self._info.generation

    @property
    def workspace(self) -> Path:
        """The directory that was made for it."""
        return self._info.workspace

    @property
    def token(self) -> str:
        """The bearer token of its routes."""
        return self._info.token

    def request(self, method: str, path: str, json: Any = None, timeout: float = 10.0) -> Response:
        """Sends a request with the token; every status is an answer.

        Errors: SubjectDied, SubjectHung, RequestFailed, each with what is known about why.
        """
        __tracebackhide__ = True
        try:
            return self._send(method, path, json, timeout)
        except TransportError as error:
            raise self._explained(f"{method} {path}", error, timeout) from None

    def health(self) -> Health:
        """The program's health now. Errors: SubjectDied, SubjectHung, RequestFailed."""
        __tracebackhide__ = True
        url = self._info.health_url or f"{self.url}/api/gui_health"
        try:
            answer = send("GET", url, timeout=_HEALTH_SECONDS)
        except TransportError as error:
            raise self._explained("the health check", error, _HEALTH_SECONDS) from None
        if answer.status == 404 and not self._info.health_url:
            return Health(healthy=True, state="unknown", pid=self.pid, generation=self.generation)
        return read_health(answer.status, answer.text, self._pointers)

    def ensure_healthy(self) -> None:
        """Does nothing for a healthy program. Errors: SubjectUnavailable with reason, recorded
        assert and backtrace; also where the program is dead or hung."""
        __tracebackhide__ = True
        try:
            health = self.health()
        except (SubjectDied, SubjectHung, RequestFailed) as error:
            raise SubjectUnavailable(str(error)) from None
        if not health.healthy:
            raise SubjectUnavailable(
                f"{self._name()} is {health.state}: {health.reason}", health.details
            )

    def wait_until(
        self, predicate: Callable[[], Value], timeout: float = 5.0, message: str = ""
    ) -> Value:
        """Calls `predicate` until it answers something true, and returns that.

        Errors: WaitTimeout, and whatever the predicate raises.
        """
        __tracebackhide__ = True
        deadline = time.monotonic() + timeout
        while True:
            value = predicate()
            if value:
                return value
            if time.monotonic() >= deadline:
                what = message or getattr(predicate, "__name__", repr(predicate))
                raise WaitTimeout(f"waited {timeout:g} s for {what}; the last answer was {value!r}")
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _send(self, method: str, path: str, json: Any, timeout: float) -> Response:
        separator = "" if path.startswith("/") else "/"
        url = f"{self.url}{separator}{path}"
        return send(method, url, token=self.token, json=json, timeout=timeout)

    def _name(self) -> str:
        return f"the subject (generation {self.generation}, pid {self.pid})"

    def _explained(self, what: str, error: BaseException, timeout: float) -> Exception:
        """The error that says in what condition the program is."""
        timed_out = isinstance(error, TimeoutError) or "timed out" in str(error)
        if self.pid and wait_for_exit(self.pid, 0.0 if timed_out else _DYING_SECONDS):
            return SubjectDied(self._death_text(what))
        happened = f"no answer within {timeout:g} s" if timed_out else f"{error!r}"
        try:
            health = self._answered_health()
        except TransportError:
            return SubjectHung(
                f"{what}: {happened}. {self._name()} lives but answers nothing, not even its"
                f" health route at {self.url}. {_FRESH}"
            )
        return self._living(f"{what}: {happened}", health)

    def _living(self, what: str, health: Health) -> Exception:
        if health.state == "hung":
            return SubjectHung(
                f"{what}. The frame loop of {self._name()} hangs: {health.reason}. {_FRESH}"
            )
        text = f"{what}. {self._name()} is alive"
        if not health.healthy:
            return RequestFailed(f"{text} but {health.state}: {health.reason}\n{health.details}")
        advice = "the route itself is slow or broken; give it more time with timeout="
        return RequestFailed(f"{text} and healthy (frame {health.frame}): {advice}")

    def _answered_health(self) -> Health:
        url = self._info.health_url or f"{self.url}/api/gui_health"
        answer = send("GET", url, timeout=_HEALTH_SECONDS)
        return read_health(answer.status, answer.text, self._pointers)

    def _death_text(self, what: str) -> str:
        how = self._info.exit_text() if self._info.exit_text else ""
        text = f"{what}: {self._name()} ended before it had answered"
        text += f" ({how})." if how else "."
        tail = self._info.log_tail() if self._info.log_tail else ""
        if tail:
            text += f"\nThe end of its output:\n{tail}"
        return f"{text}\n{_FRESH}"
