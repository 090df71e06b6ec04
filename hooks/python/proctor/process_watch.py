"""Knowing that a process has ended, as an event and not by asking again and again."""

from __future__ import annotations

import os
import select
import time

_RECHECK_SECONDS = 0.01  # only where the kernel has no pidfd


def wait_for_exit(pid: int, seconds: float) -> bool:
    """True once the process has ended, reaped or not; False if it lives after `seconds`."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    except (AttributeError, OSError):
        return _wait_without_pidfd(pid, seconds)
    try:
        poll = select.poll()
        poll.register(watched, select.POLLIN)
        return bool(poll.poll(max(0.0, seconds) * 1000))
    finally:
        os.close(watched)


def _wait_without_pidfd(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not _has_ended(pid):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_RECHECK_SECONDS)
    return True


def _has_ended(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rpartition(b")")[2].split()[0] in (b"Z", b"X")
    except (OSError, IndexError):
        return True
