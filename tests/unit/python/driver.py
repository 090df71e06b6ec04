"""A small stand-in for Proctor: starts a worker and talks to it over a socketpair."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Set

HOOKS = Path(__file__).resolve().parents[3] / "hooks" / "python"
LIMIT = 30.0  # seconds that anything here may take before a test is failed for it

Message = Dict[str, Any]


def python_environment(**more: str) -> Dict[str, str]:
    """The environment of a pytest that finds the package `proctor`."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("PROCTOR_")}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(HOOKS), env.get("PYTHONPATH"))))
    for variable in ("PYTEST_CURRENT_TEST", "PYTEST_ADDOPTS"):
        env.pop(variable, None)
    env.update(more)
    return env


class WorkerDriver:
    """One worker. `messages` is the public log of all that it said."""

    def __init__(
        self,
        directory: Path,
        *args: str,
        env: Optional[Dict[str, str]] = None,
        pass_fds: Sequence[int] = (),
    ) -> None:
        ours, theirs = socket.socketpair()
        self.stacks, stacks_writer = os.pipe()
        self.messages: List[Message] = []
        self._socket = ours
        self._buffer = b""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "proctor.worker", *args],
            cwd=directory,
            env=python_environment(
                PROCTOR_CONTROL_FD=str(theirs.fileno()),
                PROCTOR_STACKS_FD=str(stacks_writer),
                **(env or {}),
            ),
            pass_fds=[theirs.fileno(), stacks_writer, *pass_fds],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        theirs.close()
        os.close(stacks_writer)

    def send(self, kind: str, **members: Any) -> None:
        """Says something to the worker."""
        self.send_raw(json.dumps({"type": kind, **members}).encode() + b"\n")

    def send_raw(self, data: bytes) -> None:
        """Says something that need not make sense."""
        self._socket.sendall(data)

    def receive(self) -> Optional[Message]:
        """The worker's next message; None once it has closed the socket."""
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self._socket], [], [], LIMIT)
            if not ready:
                raise AssertionError(f"the worker says nothing more after {self.messages[-5:]}")
            try:
                data = self._socket.recv(1 << 16)
            except ConnectionError:
                data = b""
            if not data:
                return None
            self._buffer += data
        line, self._buffer = self._buffer.split(b"\n", 1)
        message: Message = json.loads(line.decode("ascii"))
        self.messages.append(message)
        return message

    def says_nothing(self, seconds: float = 0.2) -> bool:
        """Whether it stays silent for so long; what it has to say is there much sooner."""
        return not self._buffer and not select.select([self._socket], [], [], seconds)[0]

    def until(self, kind: str, **matching: Any) -> Message:
        """The next message of a kind with these members; what comes before is in the log."""
        while True:
            message = self.receive()
            if message is None:
                raise AssertionError(f"the worker left before {kind!r}: {self.messages[-5:]}")
            if message["type"] == kind and matching.items() <= message.items():
                return message

    def collect(self) -> List[str]:
        """Waits for the end of collection; answers the ids in order."""
        self.until("collected")
        return [test["id"] for file in self.all("file") for test in file["tests"]]

    def run(
        self,
        tests: Sequence[str],
        next: Optional[str] = None,
        answer: Optional[Callable[[str], Message]] = None,
        **more: Any,
    ) -> List[Message]:
        """Runs tests and answers all that was said meanwhile, the `run_done` last.

        `answer` makes the answer to a pre-flight from the test's id; `more` goes into the `run`.
        """
        start = len(self.messages)
        self.send("run", tests=list(tests), next=next, **more)
        while True:
            message = self.receive()
            if message is None:
                raise AssertionError(f"the worker left in mid-run: {self.messages[-5:]}")
            if message["type"] == "preflight" and answer is not None:
                self.send_raw(json.dumps(answer(message["test"])).encode() + b"\n")
            if message["type"] == "run_done":
                return self.messages[start:]

    def all(self, kind: str) -> List[Message]:
        """Everything of a kind that was said so far."""
        return [message for message in self.messages if message["type"] == kind]

    def last(self, kind: str) -> Message:
        """The last of a kind that was said so far."""
        return self.all(kind)[-1]

    def finish(self) -> int:
        """Ends the session as Proctor does; answers the exit code."""
        self.send("finish")
        return self.drain()

    def drain(self) -> int:
        """Takes in what is said until the worker has left; answers its exit code."""
        while self.receive() is not None:
            pass
        return self.process.wait(LIMIT)

    def output(self) -> str:
        """What the worker printed to stdout and stderr, after it has left."""
        out, err = self.process.communicate(timeout=LIMIT)
        return out.decode() + err.decode()

    def hang_up(self) -> None:
        """Closes the socket, as when Proctor dies."""
        self._socket.close()

    def until_asleep(self, mark: Path) -> None:
        """Waits until a test has left a file and every thread sleeps after that: only then do
        faulthandler's stacks cost nothing, as it reads those of running threads unguarded."""
        deadline = time.monotonic() + LIMIT
        while not (mark.exists() and self._thread_states() == {"S"}):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError(f"the test does not hang: {self.messages[-5:]}")
            time.sleep(0.01)  # the kernel tells nobody when a thread falls asleep

    def _thread_states(self) -> Set[str]:
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/stat")
        return {stat.read_text().rpartition(")")[2].split()[0] for stat in tasks}

    def stacks_with(self, wanted: str) -> str:
        """Asks for the stacks of all threads, as Proctor does, until the text is among them."""
        text = ""
        deadline = time.monotonic() + LIMIT
        while wanted not in text and time.monotonic() < deadline:
            os.kill(self.process.pid, 41)
            while select.select([self.stacks], [], [], 0.2)[0]:
                data = os.read(self.stacks, 1 << 16)
                if not data:
                    code = self.process.wait(LIMIT)
                    raise AssertionError(f"the worker left with {code} while asked for: {text}")
                text += data.decode()
        return text

    def close(self) -> None:
        """Ends the worker, whatever it does."""
        self._socket.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(LIMIT)
        os.close(self.stacks)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


def outcome(messages: Sequence[Message], test: str) -> str:
    """The outcome of a test as junitxml would name it, from its phases."""
    phases = [m for m in messages if m["type"] == "phase" and m["test"] == test]
    verdict = "missing"
    for phase in phases:
        if phase["outcome"] == "failed":
            return "failed" if phase["when"] == "call" else "error"
        if phase["outcome"] == "skipped":
            verdict = "skipped"
        elif phase["when"] == "call" or verdict == "missing":
            verdict = "passed" if verdict != "skipped" else verdict
    return verdict
