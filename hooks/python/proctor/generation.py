"""One start of the program, kept by plain pytest. The supervisor drives it."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Optional

from .config import SubjectConfig, expand
from .display import VirtualDisplay
from .errors import SubjectUnavailable
from .health import Health, read_health
from .http_client import TransportError, send
from .ports import free_port, holder_of, is_free
from .process_tree import MARK, kill_tree, start
from .process_watch import wait_for_exit
from .subject_info import SubjectInfo

_TAIL_BYTES = 8192
_TAIL_LINES = 20
_LOOK_AGAIN = 0.005  # seconds between two questions for a newer frame
_TRY_AGAIN = 0.05  # seconds between two tries at a program that does not answer
_QUICK_LOOK = 0.25  # seconds that a program known to hang gets to prove the contrary
_NEWER = 2  # frames; the second one began after the question was asked


@dataclass(frozen=True)
class Condition:
    """healthy, degraded, hung or dead, why, and the recorded assert."""

    state: str
    reason: str = ""
    details: str = ""

    @property
    def healthy(self) -> bool:
        """Whether a test may use it."""
        return self.state == "healthy"


class Generation:
    """A process with its port, token, workspace and log."""

    def __init__(
        self, config: SubjectConfig, number: int, lane: int, home: Path, display: VirtualDisplay
    ) -> None:
        """Starts it. `home` is an empty directory for its log and workspace.

        Errors: SubjectUnavailable.
        """
        self._config = config
        self.number = number
        self.token = secrets.token_hex(16)
        self.port = self._choose_port()
        self.workspace = config.workspace or home / "workspace"
        self.workspace.mkdir(parents=True, exist_ok=True)
        self._log = home / "output.log"
        self._values: Dict[str, object] = {
            "port": self.port,
            "workspace": self.workspace,
            "generation": number,
            "lane": lane,
        }
        self._last_health: Optional[Health] = None
        self._hung_at: Optional[Condition] = None
        self._process = self._start(display)

    @property
    def name(self) -> str:
        """How it is called in sentences."""
        return f"generation {self.number}"

    def await_ready(self) -> None:
        """Returns once it is ready and healthy. Errors: SubjectUnavailable."""
        deadline = time.monotonic() + self._config.ready_timeout
        reason = "it did not answer"
        while True:
            if self._process.poll() is not None:
                raise self._never_ready(f"it ended at once ({self.exit_text()})")
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                within = f"within {self._config.ready_timeout:g} s"
                raise self._never_ready(f"{reason} {within}")
            reason = self._what_is_missing(min(1.0, remaining))
            if not reason:
                return
            wait_for_exit(self._process.pid, _TRY_AGAIN)

    def awaited_condition(self) -> Condition:
        """Its condition by evidence newer than this call: a frame that began after it.

        Takes at most `hang_after`; what is known to hang gets only a quick look.
        """
        limit = self._config.hang_after if self._hung_at is None else _QUICK_LOOK
        deadline = time.monotonic() + limit
        first: Optional[int] = None
        while True:
            if self._process.poll() is not None:
                return self._death()
            if not self._config.health_url:
                return Condition("healthy")
            late = time.monotonic() >= deadline
            health = self._probe(max(_TRY_AGAIN, deadline - time.monotonic()))
            if health is not None:
                if not health.healthy:
                    return self._trouble(health)
                first = health.frame if first is None else first
                if first is None or (health.frame or 0) >= first + _NEWER:
                    self._hung_at = None
                    return Condition("healthy")
            if late:
                return self._death_within(_TRY_AGAIN) or self._hang(health, limit)
            wait_for_exit(self._process.pid, _LOOK_AGAIN if health else _TRY_AGAIN)

    def info(self) -> SubjectInfo:
        """What a test gets to know about it."""
        return SubjectInfo(
            generation=self.number,
            url=f"http://127.0.0.1:{self.port}",
            port=self.port,
            pid=self._process.pid,
            token=self.token,
            workspace=self.workspace,
            health=self._last_health.raw if self._last_health else {},
            health_url=expand(self._config.health_url, self._values),
            log_tail=self.log_tail,
            exit_text=self.exit_text,
            log=self._log,
        )

    def stop(self) -> None:
        """The ladder: ask over HTTP, SIGTERM, SIGKILL of all that it started."""
        grace = self._config.stop_grace
        try:
            if self._hung_at is None and self._asked_to_stop():
                wait_for_exit(self._process.pid, grace)
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGTERM)
                wait_for_exit(self._process.pid, grace)
        finally:
            self.kill()

    def kill(self) -> None:
        """Ends the whole tree at once. Harmless when repeated."""
        if self._process.returncode is None:
            kill_tree(self._process.pid, self.token)
            self._process.wait()
        kill_tree(self._process.pid, self.token)

    def exit_text(self) -> str:
        """How it ended, such as "SIGSEGV" or "exit code 3"; "" while it lives."""
        code = self._process.poll()
        if code is None and wait_for_exit(self._process.pid, 0.0):
            code = self._process.wait()
        if code is None:
            return ""
        if code >= 0:
            return f"exit code {code}"
        try:
            return signal.Signals(-code).name
        except ValueError:
            return f"signal {-code}"

    def log_tail(self) -> str:
        """The last lines of its output."""
        try:
            with self._log.open("rb") as log:
                log.seek(0, os.SEEK_END)
                log.seek(max(0, log.tell() - _TAIL_BYTES))
                text = log.read().decode("utf-8", "replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-_TAIL_LINES:])

    def _choose_port(self) -> int:
        port = self._config.port
        if port == 0:
            return free_port()
        if not is_free(port):
            raise SubjectUnavailable(
                f"port {port} is taken by {holder_of(port)}: end it, or set port = 0 in"
                f" {self._config.file}",
                consequence="",
            )
        return port

    def _start(self, display: VirtualDisplay) -> "subprocess.Popen[bytes]":
        config = self._config
        if not config.cwd.is_dir():
            raise SubjectUnavailable(
                f"cwd in {config.file} is no directory: {config.cwd}", consequence=""
            )
        env = self._environment()
        display.add_to(env)
        command = [expand(word, self._values) for word in config.command]
        try:
            with self._log.open("wb") as log:
                return start(command, env=env, cwd=config.cwd, output=log)
        except OSError as error:
            raise SubjectUnavailable(
                f"the command '{command[0]}' of {config.file} cannot be started: {error.strerror};"
                " is it built, and on PATH?",
                consequence="",
            ) from None

    def _environment(self) -> Dict[str, str]:
        env = dict(os.environ)
        env.pop("PYTEST_CURRENT_TEST", None)
        own_programs = env.get("PROCTOR_BIN_DIR")
        if own_programs:
            env["PATH"] = os.pathsep.join(filter(None, (own_programs, env.get("PATH"))))
        env.update({key: expand(text, self._values) for key, text in self._config.env.items()})
        env[MARK] = self.token
        env["PROCTOR_GENERATION"] = str(self.number)
        return env

    def _what_is_missing(self, timeout: float) -> str:
        """Why it is not ready yet; "" once it is."""
        if self._config.ready_url:
            url = expand(self._config.ready_url, self._values)
            try:
                answer = send("GET", url, timeout=timeout)
            except TransportError:
                return f"{url} did not answer"
            if not answer.ok:
                return f"{url} answered HTTP {answer.status}"
        if self._config.health_url:
            health = self._probe(timeout)
            if health is None:
                return "its health route did not answer"
            if not health.healthy:
                return f"it was not healthy: {health.state}, {health.reason};"
        return ""

    def _never_ready(self, reason: str) -> SubjectUnavailable:
        command = " ".join(expand(word, self._values) for word in self._config.command)
        tail = self.log_tail()
        self.kill()
        return SubjectUnavailable(
            f"{self.name} of the subject did not become ready: {reason}",
            f"command: {command}\nthe end of its output:\n{tail or '(it printed nothing)'}",
            consequence="",
        )

    def _probe(self, timeout: float) -> Optional[Health]:
        url = expand(self._config.health_url, self._values)
        try:
            answer = send("GET", url, timeout=min(timeout, self._config.health_timeout))
        except TransportError:
            return None
        self._last_health = read_health(answer.status, answer.text, self._config.pointers)
        return self._last_health

    def _asked_to_stop(self) -> bool:
        """Whether it took the request to end."""
        if not self._config.stop_url or self._process.poll() is not None:
            return False
        url = expand(self._config.stop_url, self._values)
        try:
            return send("POST", url, token=self.token, timeout=1.0).ok
        except TransportError:
            return False

    def _trouble(self, health: Health) -> Condition:
        state = "hung" if health.state == "hung" else "degraded"
        found = Condition(state, f"{self.name} is {state}: {health.reason}", health.details)
        self._hung_at = found if state == "hung" else None
        return found

    def _hang(self, health: Optional[Health], seconds: float) -> Condition:
        if self._hung_at is not None:
            return self._hung_at
        if health is None:
            what = f"it lives, but has not answered for {seconds:g} s"
        else:
            stands = f"has stood at {health.frame} for {seconds:g} s"
            what = f"it answers, but its frame counter {stands}"
        self._hung_at = Condition("hung", f"{self.name} is hung: {what}")
        return self._hung_at

    def _death_within(self, seconds: float) -> Optional[Condition]:
        return self._death() if wait_for_exit(self._process.pid, seconds) else None

    def _death(self) -> Condition:
        tail = self.log_tail()
        details = f"the end of its output:\n{tail}" if tail else ""
        return Condition("dead", f"{self.name} is dead: {self.exit_text()}", details)
