"""What this machine and this Proctor can do: one table, asked once, before any batch.

A later Proctor that can more makes more batches possible: its row says how to ask it.
"""

from __future__ import annotations

import ctypes.util
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, FrozenSet


@dataclass(frozen=True)
class Abilities:
    there: FrozenSet[str]

    def has(self, name: str) -> bool:
        assert name in PROBES, f"no row for {name}"
        return name in self.there

    def lacking(self) -> str:
        return ", ".join(sorted(set(PROBES) - self.there))


def probe(build: Path) -> Abilities:
    return Abilities(frozenset(name for name, has in PROBES.items() if has(build)))


def _accepts(build: Path, subject: str, batch: str) -> bool:
    """Whether a proctor.toml with these lines is run, and not refused as not supported yet."""
    with tempfile.TemporaryDirectory(prefix="chaos-probe-") as folder:
        Path(folder, "test_a.py").write_text("def test_a(): pass\n")
        Path(folder, "proctor.toml").write_text(
            f'[subject]\ncommand = ["/bin/true"]\n{subject}\n[batch]\n{batch}\n'
            '[[suite]]\nname = "s"\nrunner = "pytest"\npaths = ["test_a.py"]\n')
        done = subprocess.run(
            [str(build / "bin/proctor"), "run", folder], capture_output=True, text=True, timeout=60,
            check=False, stdin=subprocess.DEVNULL,
            env={**os.environ, "XDG_STATE_HOME": folder, "TMPDIR": folder})
    assert done.returncode in (0, 4), f"the probe project did not run: {done.stdout}{done.stderr}"
    return done.returncode == 0


def _can_mount(_build: Path) -> bool:
    if os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory(prefix="chaos-probe-") as folder:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "chaos", folder], capture_output=True,
                                 check=False).returncode == 0
        if mounted:
            subprocess.run(["umount", folder], check=True)
    return mounted


def _has_resume(build: Path) -> bool:
    return "resume" in subprocess.run([str(build / "bin/proctor"), "--help"], capture_output=True,
                                      text=True, check=True).stdout


def _can_preload(build: Path) -> bool:
    """A sanitizer insists on being loaded first."""
    cache = (build / "CMakeCache.txt").read_text(errors="replace")
    return "PROCTOR_SANITIZE:STRING=\n" in cache and ctypes.util.find_library("c") is not None


PROBES: Dict[str, Callable[[Path], bool]] = {
    "lanes": lambda build: _accepts(build, "", "lanes = 2"),
    "spares": lambda build: _accepts(build, "[subject.restart]\nspares = 1", ""),
    "resume": _has_resume,
    "mount": _can_mount,
    "clock": _can_preload,
    "xvfb": lambda _build: shutil.which("Xvfb") is not None,
    "gdb": lambda _build: shutil.which("gdb") is not None,
}
