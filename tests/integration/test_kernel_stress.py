"""Kernels restarted, interrupted, killed and closed many times: nothing hangs, nothing is left.

PROCTOR_STRESS=1 does it as often as the issue asks for, and prints what it measured (`-s`).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator, List, Set

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "hooks" / "python"))

from proctor import BlockingKernelClient, KernelDied  # noqa: E402

STRESS = os.environ.get("PROCTOR_STRESS") == "1"
RESTARTS = 500 if STRESS else 10
INTERRUPTS = 50 if STRESS else 5  # at each delay
DEATHS = 50 if STRESS else 5
CLIENTS = 100 if STRESS else 8
LIMIT = 120.0  # seconds; only a hang is longer

ENDLESS = "while True: pass"


@pytest.fixture(autouse=True)
def world(tmp_path: Path, bin_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The built program, and nothing of the user's state."""
    for name in ("PROCTOR_URL", "PROCTOR_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PROCTOR_BIN", str((ROOT / bin_dir / "proctor").resolve()))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "runtime").mkdir(mode=0o700)


@pytest.fixture
def kernel() -> Iterator[BlockingKernelClient]:
    with BlockingKernelClient() as client:
        yield client


@contextlib.contextmanager
def ends(*pids: int) -> Iterator[None]:
    """Holds that each of those processes ends once the block is through."""
    with contextlib.ExitStack() as stack:
        pidfds = {}
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):  # ended on its own by now
                pidfds[pid] = os.pidfd_open(pid)
                stack.callback(os.close, pidfds[pid])
        yield
        for pid, pidfd in pidfds.items():
            assert select.select([pidfd], [], [], LIMIT)[0], f"process {pid} still lives"


def host_pid() -> int:
    """The `proctor kernels` that this process has started."""
    found = [int(pid) for pid in children(os.getpid()) if b"kernels" in command_of(pid)]
    assert len(found) == 1, found
    return found[0]


def children(parent: int) -> List[int]:
    found = []
    for task in Path(f"/proc/{parent}/task").iterdir():
        found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


def command_of(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def tree(root: int) -> Set[int]:
    found: Set[int] = set()
    waiting = [root]
    while waiting:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fresh = children(waiting.pop())
            found.update(fresh)
            waiting += fresh
    return found


def test_restarts_give_a_fresh_process_each_time(kernel: BlockingKernelClient) -> None:
    pids, took = set(), []
    for number in range(RESTARTS):
        kernel.execute(f"x = {number}", timeout=LIMIT)
        begin = time.monotonic()
        kernel.restart()
        assert kernel.execute("'x' in globals()", timeout=LIMIT).text == "False"
        took.append(time.monotonic() - begin)
        pids.add(kernel.status()["pid"])
    assert len(pids) == RESTARTS
    assert kernel.status()["starts"] == RESTARTS + 1
    print(f"\n{RESTARTS} restarts, median {statistics.median(took) * 1000:.0f} ms,"
          f" most {max(took) * 1000:.0f} ms")


def test_resets_with_spares_give_a_fresh_process_each_time() -> None:
    pids = set()
    with BlockingKernelClient(spares=1) as kernel:
        for number in range(RESTARTS // 5):
            kernel.execute(f"x = {number}", timeout=LIMIT)
            kernel.reset()  # a spare takes over where it is ready by now; else it is a restart
            result = kernel.execute("'x' in globals()", timeout=LIMIT)
            assert result.text == "False" and result.execution_count == 1
            pids.add(kernel.status()["pid"])
    assert len(pids) == RESTARTS // 5


@pytest.mark.parametrize("delay_ms", range(6))
def test_an_interrupt_right_after_execute_ends_it_and_not_the_next(
    kernel: BlockingKernelClient, delay_ms: int
) -> None:
    took = []
    for _ in range(INTERRUPTS):
        kernel.loop.start()  # the request's number is known before it begins
        request = kernel.loop.enqueue(ENDLESS)
        assert kernel.loop.step() == request
        time.sleep(delay_ms / 1000)
        begin = time.monotonic()
        kernel.interrupt()
        assert kernel.result_of(request, LIMIT).end == "interrupted"
        took.append(time.monotonic() - begin)
        kernel.loop.stop()
        # Not its text: IPython says a line where the interrupt met the writing of its history.
        assert kernel.execute("6 * 7", timeout=LIMIT).data == {"text/plain": "42"}
    print(f"\n{INTERRUPTS} interrupts {delay_ms} ms after, median"
          f" {statistics.median(took) * 1000:.0f} ms, most {max(took) * 1000:.0f} ms")


def test_interrupts_right_after_one_another_are_none_of_them_lost(
    kernel: BlockingKernelClient,
) -> None:
    """A request that is held back for a moment, until the signal before has arrived, is the one
    that an interrupt without a number means."""
    for _ in range(INTERRUPTS * 4):
        with ThreadPoolExecutor(1) as pool:
            ended = pool.submit(kernel.execute, ENDLESS, raise_on_error=False)
            while kernel.status()["request"] is None:
                pass
            kernel.interrupt()
            assert ended.result(LIMIT).end == "interrupted"


def test_a_death_in_mid_cell_is_known_soon(kernel: BlockingKernelClient) -> None:
    took = []
    for _ in range(DEATHS):
        kernel.execute("import time", timeout=LIMIT)
        begin, pid = 0.0, kernel.status()["pid"]
        with pytest.raises(KernelDied, match="SIGKILL"):
            for _chunk in kernel.stream("print('on', flush=True)\n" + ENDLESS):
                begin = time.monotonic()
                os.kill(pid, signal.SIGKILL)
        took.append(time.monotonic() - begin)
        kernel.reset()
    print(f"\n{DEATHS} deaths, known after: median {statistics.median(took) * 1000:.1f} ms,"
          f" most {max(took) * 1000:.1f} ms")
    # Without an event it would be the next heartbeats that tell, after seconds. The machine may
    # be loaded with anything here; the figure to hold is under 100 ms.
    assert statistics.median(took) < 2.0


def counts(pid: int) -> "tuple[int, int]":
    """Descriptors and threads of a process."""
    return len(os.listdir(f"/proc/{pid}/fd")), len(os.listdir(f"/proc/{pid}/task"))


def settled(pid: int, goal: "tuple[int, int]") -> "tuple[int, int]":
    """The counts once they are no more than those; what ends has some time for it."""
    deadline = time.monotonic() + 30
    while (now := counts(pid)) > goal or now[1] > goal[1]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return now


def test_clients_that_come_and_go_leave_no_descriptor_and_no_thread() -> None:
    with BlockingKernelClient() as first:
        first.execute("1")
        host = host_pid()

        def come_and_go() -> None:
            with BlockingKernelClient() as client, ends(client.status()["pid"]):
                client.execute("print(1)", timeout=LIMIT)
                client.close()

        come_and_go()  # what is made once
        first.execute("1")
        time.sleep(1)  # its connections are let go of, too
        before = counts(host)
        for _ in range(CLIENTS):
            come_and_go()
        first.execute("1")
        after = settled(host, before)
        print(f"\n{CLIENTS} clients: descriptors and threads {before} before, {after} after")
        assert after <= before and after[1] <= before[1]


@pytest.mark.parametrize("sandbox", ["none", "bwrap"])
def test_a_killed_host_leaves_no_process_behind(sandbox: str) -> None:
    kernel = BlockingKernelClient(sandbox=sandbox, spares=1)
    try:
        kernel.start()
        kernel.execute("import subprocess; child = subprocess.Popen(['sleep', '600'])")
        host = host_pid()
        of_host = tree(host)
        assert len(of_host) >= 3, of_host  # the tether, the kernel, its child
        with ends(host, *of_host):
            os.kill(host, signal.SIGKILL)
    finally:
        kernel.close()


HOSTING = """
import sys, time
sys.path.insert(0, {path!r})
from proctor import BlockingKernelClient
client = BlockingKernelClient()
client.start()
print(client.status()["pid"], flush=True)
client.execute("while True: pass")
"""


def test_killing_the_python_that_hosts_leaves_no_kernel() -> None:
    program = HOSTING.format(path=str(ROOT / "hooks" / "python"))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as owner:
        try:
            assert owner.stdout is not None
            kernel = int(owner.stdout.readline())
            with ends(kernel, *tree(owner.pid)):
                owner.kill()
        finally:
            owner.kill()
