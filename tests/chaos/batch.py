"""Runs one batch of a scenario in folders of its own and gathers what there is to know of it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Callable, Dict, List, Optional, Set

import facts
import faults
import invariants
import processes
import project
from abilities import Abilities
from facts import Facts
from scenario import Scenario

STEP = 0.004  # seconds between two looks at the batch; the world sends no event for its faults
SMALL_DISK = "size=8m"  # the journal of an undisturbed batch takes a part of it


def take_ctrl_c() -> None:
    """On the main thread, before any batch: a shell starts what is to run in the background with
    Ctrl-C ignored, and every Proctor would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Batch:
    """One batch: its folders, its disks, its Proctor. Everything is undone by close()."""

    def __init__(self, scenario: Scenario, build: Path, abilities: Abilities, number: int) -> None:
        self._scenario, self._build, self._abilities = scenario, build, abilities
        self._undo = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="proctor-chaos-"))
        self._undo.callback(shutil.rmtree, self.folder, True)
        self._mark = f"{os.getpid()}-{number}-{scenario.seed}"
        self._port = _free_port()
        self._displays: Set[str] = set()

    def __enter__(self) -> "Batch":
        return self

    def __exit__(self, *_: object) -> None:
        processes.end_all(self._mark)
        self._undo.close()

    def run(self) -> Facts:
        """Runs it to its end, or to its limit."""
        self._make_folders()
        project.write(self._scenario, self.folder / "project", self._build, self._port)
        environment = self._environment()
        thief = faults.listen(self._port) if self._scenario.thief_first else None
        begin = time.monotonic()
        process = self._start(environment)
        try:
            world, overdue = self._watch(process, begin)
        finally:
            if thief:
                thief.close()
        return self._gather(process, time.monotonic() - begin, world, overdue, environment)

    def _make_folders(self) -> None:
        for name in ("state", "runtime", "tmp", "reports"):
            (self.folder / name).mkdir(mode=0o700)
        for name in self._scenario.small_disks + self._scenario.read_only:
            options = SMALL_DISK + (",ro" if name in self._scenario.read_only else "")
            folder = str(self.folder / name)
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "chaos", folder], check=True)
            self._undo.callback(subprocess.run, ["umount", "-l", folder], check=True)
        if self._scenario.clock:
            faults.set_clock(self.folder / "clock", 0)

    def _environment(self) -> Dict[str, str]:
        dropped = ("PROCTOR_URL", "PROCTOR_TOKEN", "PYTEST_CURRENT_TEST", "DISPLAY", "LD_PRELOAD")
        environment = {k: v for k, v in os.environ.items() if k not in dropped}
        environment.update({
            processes.MARK: self._mark, "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_RUNTIME_DIR": str(self.folder / "runtime"), "TMPDIR": str(self.folder / "tmp"),
            "PYTHONDONTWRITEBYTECODE": "1"})
        if self._scenario.clock:
            environment["LD_PRELOAD"] = str(self._build / "bin/children/libchaos_clock.so")
            environment["PROCTOR_CHAOS_CLOCK"] = str(self.folder / "clock")
        return environment

    def _start(self, environment: Dict[str, str]) -> "subprocess.Popen[bytes]":
        reports = self.folder / "reports"
        command = [str(self._build / "bin/proctor"), "run", str(self.folder / "project"),
                   "--json", str(reports / "report.json"), "--junit", str(reports / "junit.xml"),
                   "--events", str(self.folder / "events.jsonl")]
        with (self.folder / "stdout").open("wb") as out, (self.folder / "stderr").open("wb") as err:
            return subprocess.Popen(
                command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=out,
                stderr=err, start_new_session=True)

    def _watch(self, process: "subprocess.Popen[bytes]",
               begin: float) -> "tuple[faults.World, str]":
        """What was seen until Proctor ended, and the stacks of all if it did not in its time."""
        world = faults.World(self._mark, process.pid, self.folder, self._port,
                             self.folder / "events.jsonl")
        actors = [faults.actor_for(fault) for fault in self._scenario.faults]
        overdue = ""
        while process.poll() is None:
            world.look(time.monotonic() - begin)
            actors = [actor for actor in actors if not actor.step(world)]
            if self._scenario.display == "virtual":
                roles = processes.by_role(self._mark, process.pid)
                self._displays |= processes.display_sockets(roles.get("xvfb", []))
            if world.now > self._scenario.limit():
                overdue = processes.stacks(self._mark)
                process.kill()
                process.wait()
            time.sleep(STEP)
        for actor in actors:
            actor.close()
        return world, overdue

    def _gather(self, process: "subprocess.Popen[bytes]", seconds: float, world: faults.World,
                overdue: str, environment: Dict[str, str]) -> Facts:
        left = _after(1.0, lambda: processes.marked(self._mark))
        for name in self._scenario.small_disks:  # what is on the disk can be read again
            (self.folder / name / "filler").unlink(missing_ok=True)
        found = facts.gather(self.folder, process.returncode, seconds, world.happened)
        found.unanswered = world.unanswered
        found.overdue_stacks = overdue
        found.processes_left = [str(process) for process in left]
        found.displays_left = sorted(path for path in self._displays if _abandoned(path))
        processes.end_all(self._mark)
        if found.batch_row:
            found.shown = self._run("show", environment)
        if self._abilities.has("resume") and found.killed and found.batch_row:
            found.resumed = self._run("resume", environment)
            found.read_resumed_journal(self.folder)
        return found

    def _run(self, command: str, environment: Dict[str, str]) -> "subprocess.CompletedProcess[str]":
        words = [str(self._build / "bin/proctor"), command]
        try:
            return subprocess.run(
                words, env=environment, stdin=subprocess.DEVNULL, cwd=self.folder / "project",
                capture_output=True, text=True, errors="replace", timeout=120, check=False)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(words, 124, "", "it had not ended after 120 s")


def _after(seconds: float,
           look: Callable[[], List[processes.Process]]) -> List[processes.Process]:
    """What is still there after so long; nothing, as soon as nothing is."""
    deadline = time.monotonic() + seconds
    while True:
        left = look()
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(STEP)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _abandoned(path: str) -> bool:
    """A socket that is there, and that nobody listens on."""
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(path)
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


def run(scenario: Scenario, build: Path, abilities: Abilities, number: int,
        keep: Optional[Path] = None) -> "tuple[Facts, List[str]]":
    """The facts of a batch and what is wrong with them; a bad batch's folder is kept."""
    with Batch(scenario, build, abilities, number) as batch:
        found = batch.run()
        complaints = invariants.check(scenario, found)
        if complaints and keep:
            target = keep / scenario.name.replace(":", "-")
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(batch.folder, target, symlinks=True,
                            ignore=shutil.ignore_patterns("filler"))
            (target / "complaints").write_text("\n".join(complaints) + "\n")
    return found, complaints
