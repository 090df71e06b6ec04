"""Benchmarks against peers on the same machine in the same run, as ratios; kept as JSON.

    ./dev bench [--quick] [--only PART] [--out FILE] [--rounds N]

Nothing here passes or fails: a target stands beside each figure, and the reader compares.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import batches
import kernels

ROOT = Path(__file__).resolve().parents[2]
FILES, TESTS = 200, 5


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--build", type=Path, required=True)
    arguments.add_argument("--out", type=Path, default=None)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--quick", action="store_true", help="shorter, and so less exact")
    arguments.add_argument("--only", choices=PARTS, help="one part of it")
    given = arguments.parse_args()
    given.build = given.build.resolve()
    home = Path(tempfile.mkdtemp(prefix="proctor-bench-"))
    try:
        figures = [figure for name, part in PARTS.items() if given.only in (None, name)
                   for figure in part(given, home)]
    finally:
        shutil.rmtree(home, ignore_errors=True)
    out = given.out or given.build / "bench.json"
    out.write_text(json.dumps(figures, indent=1) + "\n")
    for figure in figures:
        print(f"{figure['name']}: {figure['value']} {figure['unit']} (target {figure['target']})"
              f"  {figure.get('beside', '')}")
    print(f"kept in {out}")
    return 0


def environment(home: Path) -> Dict[str, str]:
    """Bytecode is written and read, as it is for users."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    env["XDG_STATE_HOME"] = str(home / "state")
    env["XDG_RUNTIME_DIR"] = str(home / "runtime")
    (home / "runtime").mkdir(mode=0o700, exist_ok=True)
    return env


def timed(command: List[str], cwd: Path, env: Dict[str, str]) -> float:
    begin = time.monotonic()
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, check=False)
    seconds = time.monotonic() - begin
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return seconds


def plain_suite(build: Path, home: Path, rounds: int) -> Dict[str, Any]:
    """The cost of running under Proctor, for a suite that needs none of it."""
    folder = home / "plain"
    folder.mkdir()
    for number in range(FILES):
        body = "".join(f"def test_{i}(): assert {i} == {i}\n" for i in range(TESTS))
        (folder / f"test_{number:03}.py").write_text(body)
    env = environment(home)
    peer = ["/usr/bin/python3", "-m", "pytest", "-q", "plain"]
    ours = [str(build / "bin/proctor"), "run", "--headless", "plain"]
    timed(peer, home, env), timed(ours, home, env)  # bytecode and disk caches
    pairs = [(timed(ours, home, env), timed(peer, home, env)) for _ in range(rounds)]
    ratio = statistics.median(a / b for a, b in pairs)
    beside = f"{statistics.median(a for a, _ in pairs):.3f} s to {statistics.median(b for _, b in pairs):.3f} s"
    return {"name": f"{FILES} files of {TESTS} trivial tests, to plain pytest", "value": round(ratio, 3),
            "unit": "x", "target": "at most 1.15", "beside": beside}


CRASHES = 20
SERVICE = (
    "import sys\nfrom http.server import BaseHTTPRequestHandler, HTTPServer\n"
    "class H(BaseHTTPRequestHandler):\n"
    " def do_GET(self):\n  self.send_response(200); self.end_headers()\n"
    " def log_message(self, *a): pass\n"
    "HTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()\n"
)


def crash_to_event(build: Path, home: Path) -> Dict[str, Any]:
    """From the signal that ends the subject to the event of its end in the engine."""
    folder = home / "crash"
    folder.mkdir()
    (folder / "service.py").write_text(SERVICE)
    (folder / "proctor.toml").write_text(
        '[subject]\ncommand = ["/usr/bin/python3", "service.py", "{port}"]\ndisplay = "inherit"\n'
        '[subject.ready]\nurl = "http://127.0.0.1:{port}/"\n'
        '[subject.health]\nurl = "http://127.0.0.1:{port}/"\n'
        f'[subject.restart]\nbudget = "{CRASHES + 1} in 600s"\n[[suite]]\npaths = ["test_crash.py"]\n')
    (folder / "test_crash.py").write_text(
        "import os, signal, time, pytest\n"
        f"@pytest.mark.parametrize('n', range({CRASHES}))\n"
        "def test_crash(live_gui, n):\n"
        " with open('times', 'a') as f: f.write(f'{time.time()}\\n')\n"
        " os.kill(live_gui.pid, signal.SIGKILL)\n time.sleep(0.1)\n")
    events = home / "events.jsonl"
    timed([str(build / "bin/proctor"), "run", str(folder), "--events", str(events)], home,
          environment(home))
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    start = next(line for line in lines if line["type"] == "BatchStarted")
    exits = [start["wall_ms"] + line["at_ms"] - start["at_ms"]
             for line in lines if line["type"] == "SubjectExited"]
    kills = [float(word) * 1000 for word in (folder / "times").read_text().split()]
    late = statistics.median(b - a for a, b in zip(kills, exits))
    return {"name": "crash of the subject to the event in the engine, median", "value": round(late, 2),
            "unit": "ms", "target": "under 10", "beside": f"{len(kills)} crashes, clocks agree to 1 ms"}


@contextlib.contextmanager
def displayed(home: Path) -> Iterator[Dict[str, str]]:
    """The environment of a program that gets a display of its own."""
    read_end, write_end = os.pipe()
    display = subprocess.Popen(["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1400x900x24"],
                               pass_fds=[write_end], stderr=subprocess.DEVNULL)
    try:
        os.close(write_end)
        with os.fdopen(read_end) as pipe:
            yield {**environment(home), "DISPLAY": ":" + pipe.readline().strip()}
    finally:
        display.terminate()
        display.wait()


def dashboard(build: Path, home: Path) -> List[Dict[str, Any]]:
    """What a frame costs with 100,000 tests, and how soon the first one is there."""
    if shutil.which("Xvfb") is None:
        return []
    with displayed(home) as env:
        done = subprocess.run([str(build / "bin/dashboard_preview"), "large", "--frames", "300"],
                              env=env, capture_output=True, text=True, check=True)
        line = json.loads(done.stdout.strip().splitlines()[-1])
        first = json.loads(subprocess.run(
            [str(build / "bin/dashboard_preview"), "empty", "--frames", "5"], env=env,
            capture_output=True, text=True, check=True).stdout.strip().splitlines()[-1])
    return [
        {"name": "dashboard frame with 100,000 tests, CPU, median", "value": line["cpu_ms"]["p50"],
         "unit": "ms", "target": "under 1", "beside": json.dumps(line)},
        {"name": "start to first frame", "value": first["first_frame_ms"], "unit": "ms",
         "target": "under 300", "beside": ""},
    ]


def hooks(build: Path) -> List[Dict[str, Any]]:
    """What watching and driving a program costs, beside a bare handler of the same HTTP library."""
    done = subprocess.run([str(build / "bin/hooks_bench")], capture_output=True, text=True, check=True)
    line = json.loads(done.stdout)
    beside = f"{line['ours']:.0f} to {line['bare']:.0f} requests a second"
    return [
        {"name": "throughput of /api/gui_health, to a bare handler", "value": line["ratio"],
         "unit": "x", "target": "at least 0.8", "beside": beside},
        {"name": "/api/gui_health at 1,000 requests a second, p99", "value": line["p99_ms"],
         "unit": "ms", "target": "under 2", "beside": f"p50 {line['p50_ms']} ms"},
        {"name": "/api/ui with 2,000 items", "value": line["tree_ms"], "unit": "ms",
         "target": "under 5", "beside": ""},
    ]


def clicks(build: Path, home: Path) -> List[Dict[str, Any]]:
    """A click from Python to its confirmed effect, in frames, and what it takes beside them."""
    if shutil.which("Xvfb") is None:
        return []
    sys.path.insert(0, str(ROOT / "hooks/python"))
    from proctor import App

    with displayed(home) as env:
        demo = subprocess.Popen(
            [str(build / "bin/proctor_demo"), "--workspace", str(home / "demo")], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env={**env, "PROCTOR_HOOKS_TOKEN": "bench"})
        try:
            app = App(demo.stdout.readline().split()[-1], "bench")
            took = []
            for _ in range(100):
                begin = time.monotonic()
                done = app.perform("click", {"target": "Counter/+ 1"}, 5.0)
                took.append(((time.monotonic() - begin) * 1000 - done["took_ms"], done["frames"]))
        finally:
            demo.terminate()
            demo.wait()
    return [
        {"name": "click from Python to its effect", "value": max(frames for _, frames in took),
         "unit": "frames", "target": "at most 4", "beside": f"{len(took)} clicks"},
        {"name": "the same, beside its frames, median", "unit": "ms", "target": "at most 1",
         "value": round(statistics.median(beside for beside, _ in took), 2), "beside": ""},
    ]


WATCHED = "import pytest, time\n@pytest.mark.parametrize('n', range(200))\n" \
    "def test_waits(live_gui, n): time.sleep(0.1); assert live_gui.health().healthy\n"


def watched(build: Path, home: Path) -> List[Dict[str, Any]]:
    """The health route of a dashboard that draws while its batch runs, polled 1,000 times a second."""
    if shutil.which("Xvfb") is None:
        return []
    sys.path.insert(0, str(ROOT / "hooks/python"))
    from proctor import Dashboard

    folder = home / "watched"
    (folder / "tests").mkdir(parents=True)
    shutil.copy(ROOT / "assets/demo/proctor.toml", folder)
    (folder / "tests/test_watched.py").write_text(WATCHED)
    with displayed(home) as env:
        env["XDG_RUNTIME_DIR"] = os.environ["XDG_RUNTIME_DIR"] = str(home)
        home.chmod(0o700)
        proctor = subprocess.Popen([str(build / "bin/proctor"), str(folder)], env=env,
                                   stderr=subprocess.DEVNULL)
        try:
            discovery = home / "proctor" / f"{proctor.pid}.json"
            while not discovery.exists():
                assert proctor.poll() is None
                time.sleep(0.01)
            app = Dashboard.connect(pid=proctor.pid)
            app.run()
            app.wait_until(lambda batch: batch["summary"]["done"] >= 5)
            done = subprocess.run([str(build / "bin/hooks_bench"), app.url.rsplit(":", 1)[1]],
                                  capture_output=True, text=True, check=True)
            batch = app.batch()
        finally:
            proctor.terminate()
            proctor.wait()
    assert batch["phase"] == "running", batch["phase"]
    line = json.loads(done.stdout)
    return [{"name": "the same of a dashboard that draws, its batch running, p99",
             "value": line["p99_ms"], "unit": "ms", "target": "under 2",
             "beside": f"p50 {line['p50_ms']} ms; a bare handler beside it: p99 {line['bare_p99_ms']} ms, "
                       f"p50 {line['bare_p50_ms']} ms; {batch['summary']['done']} tests done by then"}]


Part = Callable[[argparse.Namespace, Path], List[Dict[str, Any]]]
PARTS: Dict[str, Part] = {
    "plain": lambda given, home: [plain_suite(given.build, home, 2 if given.quick else given.rounds)],
    "crash": lambda given, home: [crash_to_event(given.build, home)],
    "isolation": lambda given, home: batches.isolation(
        given.build, home, environment(home), 12 if given.quick else 60),
    "faults": lambda given, home: batches.faults(
        given.build, home, environment(home), 8 if given.quick else 24),
    "dashboard": lambda given, home: dashboard(given.build, home),
    "hooks": lambda given, home: hooks(given.build),
    "watched": lambda given, home: watched(given.build, home),
    "clicks": lambda given, home: clicks(given.build, home),
    "kernels": lambda given, home: kernels.kernels(given.build, environment(home), given.quick),
}


if __name__ == "__main__":
    sys.exit(main())
