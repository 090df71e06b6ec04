"""How the worker takes over what Proctor hands down, and reports a start that failed.

Proctor names two inherited file descriptors in the environment: PROCTOR_CONTROL_FD, the
control socket, and PROCTOR_STACKS_FD, a pipe that takes the stacks of all threads whenever
Proctor sends STACKS_SIGNAL, which works while a test hangs in C code too. Seldom, where other
threads come and go at that moment, faulthandler ends the process over it, and the stacks are
lost; Proctor sends the signal only to a worker that it is about to end.
"""

from __future__ import annotations

import atexit
import faulthandler
import io
import os
import sys
from typing import List, Optional, TextIO, Tuple

from .channel import Channel, Disconnected

CONTROL_FD = "PROCTOR_CONTROL_FD"
STACKS_FD = "PROCTOR_STACKS_FD"
STACKS_SIGNAL = 41  # SIGRTMIN + 7 as glibc counts; nothing else is known to use it

_KEPT_CHARS = 1 << 16


def take_over_channel() -> Optional[Channel]:
    """The control channel, or None where Proctor did not start this process."""
    control = _take_fd(CONTROL_FD)
    stacks = _take_fd(STACKS_FD)
    # Inherited where Proctor itself was started from a test; pytest sets it anew for each test.
    os.environ.pop("PYTEST_CURRENT_TEST", None)
    if stacks is not None:
        faulthandler.register(STACKS_SIGNAL, file=stacks, all_threads=True)
    if control is None:
        return None
    channel = Channel(control)

    def forget_in_child() -> None:
        channel.abandon()
        if stacks is not None:
            faulthandler.unregister(STACKS_SIGNAL)
            os.close(stacks)

    os.register_at_fork(after_in_child=forget_in_child)
    return channel


def _take_fd(variable: str) -> Optional[int]:
    """Removes the variable, so that no child finds it, and keeps its fd from being inherited."""
    text = os.environ.pop(variable, None)
    if text is None:
        return None
    fd = int(text)
    os.set_inheritable(fd, False)
    return fd


class _RecordingStream(io.TextIOWrapper):
    """stderr as it was, but for keeping what passes through while the session starts."""

    def __init__(self, original: TextIO) -> None:
        super().__init__(
            original.buffer,
            encoding=original.encoding,
            errors=original.errors or "backslashreplace",
            line_buffering=True,
            write_through=True,
        )
        self.kept: Optional[List[str]] = []

    def write(self, text: str) -> int:
        if self.kept is not None:
            self.kept.append(text)
        return super().write(text)


class StartupWatch:
    """Reports `startup_failed` when the process ends before it has run its loop.

    pytest prints usage errors and errors of a conftest.py after every plugin is gone, so its
    stderr is the only place where their text can be had.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._done = False
        self._error: Optional[Tuple[str, str]] = None
        self._pid = os.getpid()
        self._stream: Optional[_RecordingStream] = None
        if isinstance(sys.stderr, io.TextIOWrapper):
            self._stream = _RecordingStream(sys.stderr)
            sys.stderr = self._stream
        atexit.register(self._at_exit)

    def explain(self, message: str, details: str) -> None:
        """Keeps an error that ends the session and may not be written to stderr."""
        self._error = self._error or (message, details)

    def started(self) -> None:
        """The run loop was entered: from here on it does the reporting."""
        self._done = True
        if self._stream is not None:
            self._stream.kept = None

    def _at_exit(self) -> None:
        if self._done or os.getpid() != self._pid:
            return
        printed = "".join(self._stream.kept or ()) if self._stream is not None else ""
        message, details = self._error or (_headline(printed), printed)
        details = details.strip()[-_KEPT_CHARS:]
        try:
            self._channel.send({"type": "startup_failed", "message": message, "details": details})
        except Disconnected:
            pass  # Proctor is gone too: nobody is left to tell


def _headline(details: str) -> str:
    """The one line of pytest's complaint that says most."""
    lines = [line.strip() for line in details.splitlines() if line.strip()]
    for line in reversed(lines):
        if line.startswith("E   ") or line.startswith("E  "):
            return line[1:].strip()
    for mark in ("error: ", "ERROR: "):
        for line in lines:
            if mark in line:
                return line.split(mark, 1)[1]
    return lines[-1] if lines else "pytest ended before it had run anything, and said nothing"
