"""Starting a process that does not outlive this one, and ending all that came of it.

What a process starts may leave its group and its session and lose its parent. It keeps its
environment: every process whose environment holds the tree's secret mark belongs to the tree.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import warnings
from pathlib import Path
from typing import IO, Dict, List, Optional, Sequence, Union

MARK = "PROCTOR_HOOKS_TOKEN"

_PR_SET_PDEATHSIG = 1
_SWEEPS = 50  # a process may fork while the others are ended
_prctl = ctypes.CDLL(None, use_errno=True).prctl


def start(
    command: Sequence[str],
    *,
    env: Dict[str, str],
    cwd: Optional[Path] = None,
    output: Union[int, IO[bytes]] = subprocess.DEVNULL,
    pass_fds: Sequence[int] = (),
) -> "subprocess.Popen[bytes]":
    """Starts a process in a session of its own; it dies when this thread does.

    Errors: OSError where it cannot be executed.
    """
    parent = os.getpid()

    def die_with_parent() -> None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the call above could know
            os._exit(1)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of forks where there are threads
        return subprocess.Popen(
            command,
            env=env,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=pass_fds,
            preexec_fn=die_with_parent,
        )


def kill_tree(pid: int, mark: str) -> int:
    """Ends, with SIGKILL, the process's group and all that carry the mark; answers how many
    other processes than `pid` there were."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass  # it has ended; what it left is found by its mark
    found = set()
    for _ in range(_SWEEPS):
        carriers = _marked(mark)
        if not carriers:
            break
        for carrier in carriers:
            try:
                os.kill(carrier, signal.SIGKILL)
            except ProcessLookupError:
                pass
        found.update(carriers)
    return len(found - {pid})


def _marked(mark: str) -> List[int]:
    """The living processes whose environment holds MARK=mark; a zombie's is empty."""
    entry = f"{MARK}={mark}".encode()
    pids = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/environ", "rb") as environ:
                    if entry in environ.read().split(b"\0"):
                        pids.append(int(name))
            except OSError:
                pass  # it has ended, or is another user's
    return pids
