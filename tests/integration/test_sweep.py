"""`proctor sweep`: what a killed Proctor left is named, then ended and removed; nothing else is."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Callable, Dict, Iterator, List

import pytest

from conftest import is_alive

WAITS = ("def test_1(live_gui):\n    open({reached!r}, 'w').close()\n"
         "    with open({go!r}) as go: go.read()\n")


def start_ticks(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19])


def below(pid: int) -> List[int]:
    """All that descends from a process."""
    children: List[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        children += map(int, (task / "children").read_text().split())
    return children + [each for child in children for each in below(child)]


def await_end(pid: int, seconds: float = 20) -> None:
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([pidfd], [], [], seconds)[0], f"process {pid} still lives"
    finally:
        os.close(pidfd)


class Batch:
    """A `proctor run` whose only test waits; what it wrote down of itself."""

    def __init__(self, process: subprocess.Popen, root: Path, runs: Path) -> None:
        self.process = process
        self.go = root / "go"
        with open(root / "reached"):  # until the test has begun
            pass
        [self.record] = runs.glob(f"{process.pid}-*.run")
        self.facts = [line.split(" ") for line in self.record.read_text().splitlines()]
        self.tether = int(self.of("tether")[0][1])
        self.runtime = Path(" ".join(self.of("runtime")[0][3:]))
        self.family = [self.tether, *below(self.tether)]

    def of(self, what: str) -> List[List[str]]:
        return [fact for fact in self.facts if fact[0] == what]

    def x_socket(self) -> Path:
        return Path("/tmp/.X11-unix/X" + self.of("display")[0][1])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=20)


@pytest.fixture
def begin(suite, bin_dir: Path, environment: Dict[str, str],
          tmp_path: Path) -> Iterator[Callable[[], Batch]]:
    """Begins a batch that stands in its test; each in a project of its own."""
    begun: List[Batch] = []

    def start() -> Batch:
        first = suite({})
        root = first.rename(tmp_path / f"project-{len(begun)}")
        for name in ("reached", "go"):
            os.mkfifo(root / name)
        (root / "tests/test_a.py").write_text(
            WAITS.format(reached=str(root / "reached"), go=str(root / "go")))
        toml = root / "proctor.toml"
        toml.write_text(toml.read_text().replace('display = "inherit"', 'display = "virtual"'))
        process = subprocess.Popen([str(bin_dir / "proctor"), "run", str(root)], env=environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        begun.append(Batch(process, root, tmp_path / "state/proctor/runs"))
        return begun[-1]

    yield start
    for batch in begun:
        if batch.process.poll() is None:
            batch.kill()
        for pid in batch.family:
            if is_alive(pid) and batch.record.exists():  # still proven to be ours
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def sweep(bin_dir: Path, environment: Dict[str, str]) -> Callable[..., str]:
    def run(*arguments: str) -> str:
        done = subprocess.run([str(bin_dir / "proctor"), "sweep", *arguments], env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stderr == ""
        return done.stdout

    return run


def test_a_killed_proctor_whose_tether_stands_is_swept_and_a_living_one_is_not(begin, sweep):
    killed, living = begin(), begin()
    os.kill(killed.tether, signal.SIGSTOP)  # so that it cannot end what it holds
    killed.kill()
    assert len(killed.family) >= 7  # a tether; nest and child of worker, subject, Xvfb
    said = sweep()
    assert f"Proctor (pid {killed.process.pid}) was killed, and left:" in said
    assert f"Proctor (pid {living.process.pid}) lives, and is left alone." in said
    for pid in killed.family:
        assert f"process {pid}: " in said
    for file in (killed.runtime, killed.x_socket(), killed.record):
        assert f" {file} (" in said and file.exists()
    assert all(map(is_alive, killed.family))
    assert not any(f"process {pid}: " in said for pid in living.family)
    assert "Nothing was touched: 'proctor sweep --yes' does it." in said

    sweep("--yes")
    assert not any(map(is_alive, killed.family))
    for file in (killed.runtime, killed.x_socket(), killed.record):
        assert not file.exists()
    assert "was killed" not in sweep()

    assert all(map(is_alive, living.family))
    assert living.runtime.is_dir() and living.x_socket().exists()
    living.go.write_text("go")
    assert living.process.wait(timeout=60) == 0
    assert not living.record.exists() and not living.runtime.exists()


def test_files_that_outlive_a_killed_proctor_and_its_tether_are_swept(begin, sweep):
    killed = begin()
    killed.kill()
    for pid in killed.family:
        await_end(pid)
    assert killed.runtime.is_dir()
    said = sweep("--yes")
    assert "process " not in said.split("Programs with the hooks")[0]
    assert f"removed directory {killed.runtime} (its runtime directory)" in " ".join(said.split())
    assert not killed.runtime.exists() and not killed.x_socket().exists()
    assert not killed.record.exists()


def test_a_process_that_got_a_dead_ones_number_is_not_touched(sweep, tmp_path):
    runs = tmp_path / "state/proctor/runs"
    runs.mkdir(parents=True)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    gone = subprocess.Popen([sys.executable, "-c", "pass"], stdin=subprocess.DEVNULL)
    gone.wait()
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        ticks = start_ticks(stranger.pid)
        record = runs / "1-forged.run"
        record.write_text(f"proctor-run 1\nworld {boot}/{os.readlink('/proc/self/ns/pid')}\n"
                          f"proctor {gone.pid} 5\ntether {stranger.pid} {ticks - 1}\n"
                          f"child {stranger.pid} {ticks + 1}\n"
                          f"runtime 1 2 {tmp_path}\n")
        record.chmod(0o600)
        said = sweep("--yes")
        assert f"Proctor (pid {gone.pid}) was killed, and left:" in said
        assert str(stranger.pid) not in said.replace(str(gone.pid), "")
        assert stranger.poll() is None
        assert tmp_path.is_dir() and not record.exists()
    finally:
        stranger.kill()
        stranger.wait()


def test_discovery_files_of_the_dead_go_and_those_of_the_living_stay(sweep, tmp_path):
    directory = tmp_path / "runtime/proctor"
    directory.mkdir(mode=0o700)
    gone = subprocess.Popen([sys.executable, "-c", "pass"], stdin=subprocess.DEVNULL)
    gone.wait()
    stale, living = directory / f"{gone.pid}.json", directory / f"{os.getpid()}.json"
    for file in (stale, living, directory / "notes.json"):
        file.write_text("{}")
    assert f"{stale} (tells of a process that is no more)" in sweep()
    assert stale.exists()
    sweep("--yes")
    assert not stale.exists()
    assert living.exists() and (directory / "notes.json").exists()


def test_a_batch_that_ends_leaves_no_record(proctor, suite, sweep, tmp_path):
    root = suite({"test_a.py": "def test_1(live_gui): pass\n"})
    assert proctor(str(root)).code == 0
    assert list((tmp_path / "state/proctor/runs").iterdir()) == []
    assert "was killed" not in sweep()
