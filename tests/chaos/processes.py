"""Whose processes live, who they are, and where they stand still. Reads /proc alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Set

MARK = "PROCTOR_CHAOS"  # in the environment of everything that a batch starts


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    state: str  # R S D T Z
    command: str

    def __str__(self) -> str:
        return f"pid {self.pid} (parent {self.parent}, {self.state}): {self.command[:160]}"


def marked(mark: str) -> List[Process]:
    """Every living process that carries the mark of a batch."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            if wanted not in Path(entry.path, "environ").read_bytes().split(b"\0"):
                continue
            found.append(_read(int(entry.name)))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended while we looked
    return [process for process in found if process.state not in "ZX"]


def _read(pid: int) -> Process:
    stat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    command = b" ".join(words).decode(errors="replace").strip()
    return Process(pid, int(stat[1]), stat[0], command)


def by_role(mark: str, proctor: int) -> Dict[str, List[int]]:
    """The processes of a batch by what they are to Proctor."""
    processes = marked(mark)
    roles: Dict[str, List[int]] = {"proctor": [proctor]}
    tethers = {p.pid for p in processes if p.parent == proctor and _is_tether(p)}
    for process in processes:
        role = _role(process, proctor, tethers)
        if role:
            roles.setdefault(role, []).append(process.pid)
    return roles


def _is_tether(process: Process) -> bool:
    return "proctor-tether" in process.command.split(" ")[0]


def _role(process: Process, proctor: int, tethers: Set[int]) -> str:
    if process.pid == proctor:
        return ""
    if process.pid in tethers:
        return "tether"
    if _is_tether(process):
        return "nest"
    program = os.path.basename(process.command.split(" ")[0])
    if "proctor.worker" in process.command:
        return "worker"
    return {"chaos_subject": "subject", "Xvfb": "xvfb"}.get(program, "")


def display_sockets(pids: List[int]) -> Set[str]:
    """The sockets of X servers that these processes listen on."""
    inodes = set()
    for pid in pids:
        try:
            links = [os.readlink(fd.path) for fd in os.scandir(f"/proc/{pid}/fd")]
        except OSError:
            continue  # it ended while we looked
        inodes |= {link[8:-1] for link in links if link.startswith("socket:[")}
    rows = (line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:])
    return {row[7] for row in rows if len(row) > 7 and row[6] in inodes and ".X11-unix" in row[7]
            and not row[7].startswith("@")}


def stacks(mark: str) -> str:
    """Where every thread of a batch's processes stands."""
    text = []
    for process in marked(mark):
        text.append(str(process))
        for task in sorted(Path(f"/proc/{process.pid}/task").glob("*")):
            text.append(f"  {task.name} {_word(task / 'comm')} waits in {_word(task / 'wchan')}")
        if shutil.which("gdb") and process.state != "T":
            done = subprocess.run(
                ["gdb", "-p", str(process.pid), "--batch", "-nx", "-ex", "thread apply all bt 14"],
                capture_output=True, text=True, errors="replace", timeout=60, check=False)
            text += [line[:140] for line in done.stdout.splitlines()
                     if line.startswith(("#", "Thread"))]
    return "\n".join(text)


def _word(path: Path) -> str:
    try:
        return path.read_text().strip() or "-"
    except OSError:
        return "?"


def end_all(mark: str) -> None:
    """Ends what a batch left, and nothing else."""
    for process in marked(mark):
        try:
            os.kill(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
