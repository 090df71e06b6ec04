"""What running code in a kernel costs, beside jupyter_client's blocking client.

Three clients take turns, one request each: ours in Python through `proctor kernels`, our C++ client
alone (`kernel_bench`), jupyter_client. Each has a kernel of its own of the same kernelspec, started
with the same environment: what a kernel publishes goes to every client that is connected to it, and
the others would have to read it in their own turn.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Tuple

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # seconds; only a hang is longer
MESSAGES = 10_000
CODES = {  # the same as in kernel_bench.cc
    "execute": "1+1",
    "lines": "for i in range(50000): print(i)",
    "characters": "print('a' * 500000)",
    "messages": "publish = get_ipython().display_pub.publish\n"
                f"for i in range({MESSAGES}): publish({{'text/plain': str(i)}})",
    "interrupt": "print('on', flush=True)\nwhile True: pass",
}
LINES = sum(len(str(i)) + 1 for i in range(50_000))

Figure = Dict[str, Any]


class Turn(NamedTuple):
    """What came of one request."""

    ms: float
    chunks: int
    characters: int


class Ours:
    """Our blocking client, and the host that it started."""

    name = "Python"

    def __init__(self, client: Any) -> None:
        self.client = client

    def take(self, what: str) -> Turn:
        begin = time.perf_counter()
        result = self.client.execute(CODES[what])
        ms = (time.perf_counter() - begin) * 1000
        return Turn(ms, len(result.chunks), len(result.stdout))

    def interrupt(self) -> float:
        begin = 0.0
        for item in self.client.stream(CODES["interrupt"], raise_on_error=False):
            if begin == 0.0:
                begin = time.perf_counter()
                self.client.interrupt()
        assert item.end == "interrupted", item
        return (time.perf_counter() - begin) * 1000


class Direct:
    """Our C++ client in a process of its own."""

    name = "C++"

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def take(self, what: str) -> Turn:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        line = json.loads(self.process.stdout.readline())
        assert line["end"] == ("interrupted" if what == "interrupt" else "ok"), line
        return Turn(line["ms"], line["chunks"], line["characters"])

    def interrupt(self) -> float:
        return self.take("interrupt").ms


class Jupyter:
    """jupyter_client's blocking client, its output kept as ours keeps it."""

    name = "jupyter_client"

    def __init__(self, manager: Any, client: Any) -> None:
        self.manager, self.client = manager, client

    def take(self, what: str) -> Turn:
        outputs: List[Dict[str, Any]] = []
        begin = time.perf_counter()
        reply = self.client.execute_interactive(
            CODES[what], output_hook=outputs.append, allow_stdin=False, timeout=PATIENCE)
        ms = (time.perf_counter() - begin) * 1000
        assert reply["content"]["status"] == "ok", reply
        said = [o for o in outputs if o["msg_type"] in ("stream", "display_data", "execute_result")]
        return Turn(ms, len(said), sum(len(o["content"].get("text", "")) for o in said))

    def bare(self) -> float:
        """Its execute(), which waits for the reply and leaves the output where it is."""
        begin = time.perf_counter()
        self.client.execute(CODES["execute"], reply=True, timeout=PATIENCE)
        ms = (time.perf_counter() - begin) * 1000
        while self.client.get_iopub_msg(timeout=PATIENCE)["content"].get("execution_state") != "idle":
            continue
        return ms

    def interrupt(self) -> float:
        begin = 0.0

        def on_output(message: Dict[str, Any]) -> None:
            nonlocal begin
            if begin == 0.0 and message["msg_type"] == "stream":
                begin = time.perf_counter()
                self.manager.interrupt_kernel()

        self.client.execute_interactive(
            CODES["interrupt"], output_hook=on_output, allow_stdin=False, timeout=PATIENCE)
        return (time.perf_counter() - begin) * 1000


@contextlib.contextmanager
def managed() -> Iterator[Tuple[Any, Any]]:
    """A kernel that jupyter_client started, and its client, which has seen that it is ready."""
    from jupyter_client import KernelManager

    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    client = manager.blocking_client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=PATIENCE)
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@contextlib.contextmanager
def direct(build: Path) -> Iterator[Direct]:
    """kernel_bench, attached to a kernel that nobody else is connected to."""
    with managed() as (manager, client):
        client.stop_channels()
        command = [str(build / "bin/kernel_bench"), manager.connection_file,
                   str(manager.provisioner.pid)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as process:
            try:
                yield Direct(process)
            finally:
                process.kill()


def settle(client: Any) -> None:
    """Until a spare is ready."""
    deadline = time.monotonic() + PATIENCE
    while not client.status()["spare_ready"]:
        assert time.monotonic() < deadline, "no spare became ready"
        time.sleep(0.02)


def hand_over(rounds: int) -> List[Figure]:
    """From reset() to the first result, with a spare; the cold start of both clients beside it."""
    from proctor import BlockingKernelClient

    taken, cold, theirs = [], [], []
    with BlockingKernelClient(spares=1) as spared:
        for _ in range(rounds):
            settle(spared)
            time.sleep(0.5)  # its process has gone quiet, and its predecessor's has ended
            begin = time.perf_counter()
            spared.reset()
            spared.execute(CODES["execute"])
            taken.append((time.perf_counter() - begin) * 1000)
        settle(spared)
        for _ in range(rounds):
            begin = time.perf_counter()
            with BlockingKernelClient() as client:
                client.execute(CODES["execute"])
                cold.append((time.perf_counter() - begin) * 1000)
            begin = time.perf_counter()
            with managed() as (_, client):
                client.execute(CODES["execute"], reply=True, timeout=PATIENCE)
                theirs.append((time.perf_counter() - begin) * 1000)
    return [{"name": "kernel: reset() to the first result, with a spare, median",
             "value": round(statistics.median(taken), 2), "unit": "ms", "target": "under 10",
             "beside": f"least {min(taken):.2f} ms; cold start {statistics.median(cold):.0f} ms, "
                       f"jupyter_client's {statistics.median(theirs):.0f} ms"}]


def compared(names: str, target: str, ours: List[float], theirs: List[float], more: str) -> Figure:
    """A median of ratios, each of two turns that followed each other."""
    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    beside = f"{statistics.median(ours):.2f} ms to {statistics.median(theirs):.2f} ms"
    return {"name": f"kernel: {names}, to jupyter_client", "value": round(ratio, 3), "unit": "x",
            "target": target, "beside": beside + (f"; {more}" if more else "")}


def turns(what: str, rounds: int, clients: List[Any], warm: int) -> Dict[str, List[Turn]]:
    """Each client's turns at it, the first ones left out; who begins changes."""
    took: Dict[str, List[Turn]] = {client.name: [] for client in clients}
    for number in range(-warm, rounds):
        shift = number % len(clients)
        for client in clients[shift:] + clients[:shift]:
            turn = client.take(what)
            if number >= 0:
                took[client.name].append(turn)
    return took


def execute(rounds: int, ours: Ours, bare: Direct, theirs: Jupyter) -> List[Figure]:
    took = turns("execute", rounds, [ours, bare, theirs], 30)
    ms = {name: [turn.ms for turn in each] for name, each in took.items()}
    replies = statistics.median(theirs.bare() for _ in range(rounds))
    note = f"its execute(), without output: {replies:.2f} ms"
    return [compared("execute('1+1') in Python", "at most 0.7", ms[ours.name], ms[theirs.name], note),
            compared("execute('1+1') in C++", "at most 0.7", ms[bare.name], ms[theirs.name], "")]


def output(what: str, title: str, expected: int, rounds: int, clients: List[Any]) -> List[Figure]:
    took = turns(what, rounds, clients, 2)
    for name, each in took.items():
        assert all(turn.characters == expected for turn in each), (name, what)
    ms = {name: [turn.ms for turn in each] for name, each in took.items()}
    return [compared(f"{title} in {client.name}", "at most 1.0", ms[client.name], ms["jupyter_client"],
                     "") for client in clients[:-1]]


def messages(rounds: int, clients: List[Any]) -> List[Figure]:
    took = turns("messages", rounds, clients, 0)
    ms = {name: [turn.ms for turn in each] for name, each in took.items()}
    figures = []
    for client in clients:
        least = min(turn.chunks for turn in took[client.name])
        figures.append({
            "name": f"kernel: of {MESSAGES} messages came, {client.name}", "value": least,
            "unit": "messages", "target": "all" if client.name != "jupyter_client" else "beside ours",
            "beside": f"{statistics.median(ms[client.name]):.0f} ms"})
    return figures


def interrupts(rounds: int, clients: List[Any]) -> List[Figure]:
    took: Dict[str, List[float]] = {client.name: [] for client in clients}
    for number in range(-2, rounds):
        for client in clients:
            ms = client.interrupt()
            if number >= 0:
                took[client.name].append(ms)
    theirs = f"jupyter_client: {statistics.median(took['jupyter_client']):.2f} ms"
    return [{"name": f"kernel: interrupt of a busy loop to its result, {client.name}, median",
             "value": round(statistics.median(took[client.name]), 2), "unit": "ms",
             "target": "under 20", "beside": f"least {min(took[client.name]):.2f} ms; {theirs}"}
            for client in clients[:-1]]


def kernels(build: Path, env: Dict[str, str], quick: bool) -> List[Figure]:
    """All of it. Needs ipykernel and jupyter_client, which the system's Python has."""
    try:
        import jupyter_client  # noqa: F401
    except ImportError:
        print("kernels: left out; this needs python3-jupyter-client and python3-ipykernel")
        return []
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # kernels complain on stderr otherwise
    os.environ.update(env)
    os.environ["PROCTOR_BIN"] = str(build / "bin/proctor")
    for name in ("PROCTOR_URL", "PROCTOR_TOKEN"):
        os.environ.pop(name, None)
    sys.path.insert(0, str(ROOT / "hooks/python"))
    from proctor import BlockingKernelClient

    def times(usual: int) -> int:
        return max(2, usual // 5) if quick else usual

    with BlockingKernelClient() as client, direct(build) as bare, managed() as peer:
        ours, theirs = Ours(client), Jupyter(*peer)
        clients = [ours, bare, theirs]
        parts: List[Callable[[], List[Figure]]] = [
            lambda: execute(times(300), ours, bare, theirs),
            lambda: output("lines", "50,000 printed lines", LINES, times(15), clients),
            lambda: output("characters", "500,000 characters", 500_001, times(40), clients),
            lambda: messages(times(3), clients),
            lambda: interrupts(times(20), clients),
        ]
        figures = [figure for part in parts for figure in part()]
    return figures + hand_over(times(10))
