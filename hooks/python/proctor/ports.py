"""TCP ports on this machine: a free one, and who holds one that is taken."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Iterator, Optional

_LISTENING = "0A"


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether a server could listen on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def holder_of(port: int) -> str:
    """The process that listens on the port, for a person to read."""
    inode = _listening_inode(port)
    if inode is not None:
        for process in _processes():
            if _holds(process, inode):
                return f"'{_command_of(process)}' (pid {process.name})"
    return "another process"


def _listening_inode(port: int) -> Optional[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in (line.split() for line in lines):
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                return fields[9]
    return None


def _processes() -> Iterator[Path]:
    return (entry for entry in Path("/proc").iterdir() if entry.name.isdigit())


def _holds(process: Path, inode: str) -> bool:
    try:
        return any(
            os.readlink(descriptor) == f"socket:[{inode}]"
            for descriptor in (process / "fd").iterdir()
        )
    except OSError:
        return False


def _command_of(process: Path) -> str:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
        return b" ".join(words).decode("utf-8", "replace").strip() or "?"
    except OSError:
        return "?"
