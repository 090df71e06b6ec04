"""What isolation costs: batches with a fresh program for every file, after a fault, on two lanes.

The times are those of whole commands and of Proctor's own events (`--events`).
"""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any, Dict, List, Optional, Set, Tuple

Figure = Dict[str, Any]
Events = List[Dict[str, Any]]

# A program that waits before it listens, as one that loads its data does; every question for its
# health is answered with a newer frame, as by a program with the hooks.
PROGRAM = '''
import socket, sys, time
time.sleep(float(sys.argv[2]))
server = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64)
frame, healthy = 0, "true"
while True:
    client, _ = server.accept()
    words = client.recv(65536).split(b" ")
    path = words[1] if len(words) > 1 else b""
    frame += 1
    if path == b"/degrade": healthy = "false"
    body = '{"healthy": %s, "degraded_reason": "asked for", "frame": %d}' % (healthy, frame)
    client.sendall(("HTTP/1.1 200 OK\\r\\nConnection: close\\r\\nContent-Type: application/json\\r\\n"
                    "Content-Length: %d\\r\\n\\r\\n%s" % (len(body), body)).encode())
    client.close()
    if path == b"/stop": sys.exit(0)
'''

TOML = '''
[subject]
name = "waiter"
command = ["/usr/bin/python3", "-I", "-S", "program.py", "{{port}}", "{start}"]
display = "inherit"
[subject.ready]
url = "http://127.0.0.1:{{port}}/health"
[subject.health]
url = "http://127.0.0.1:{{port}}/health"
[subject.stop]
url = "http://127.0.0.1:{{port}}/stop"
[subject.restart]
spares = {spares}
budget = "1000 in 60s"
[[suite]]
paths = ["tests"]
'''

WAITS = "import time\ndef test_waits(live_gui): time.sleep({})\n"
# Every other test kills the program, the rest leave it degraded, each as the last it does.
FAULTS = '''
import os, signal, time
import pytest

@pytest.mark.parametrize("n", range({}))
def test_fault(live_gui, n):
    time.sleep({})
    if n % 2: live_gui.request("GET", "/degrade")
    else: os.kill(live_gui.pid, signal.SIGKILL)

def test_last(live_gui): pass
'''


class Project:
    """A folder with a subject and tests, and the batches that are run on it."""

    def __init__(self, build: Path, folder: Path, env: Dict[str, str]) -> None:
        self._proctor = build / "bin/proctor"
        self._env = env
        self.folder = folder
        (folder / "tests").mkdir(parents=True)
        (folder / "program.py").write_text(PROGRAM)

    def run(self, start: float, spares: int, *arguments: str) -> float:
        """The seconds of one batch. Its events are then at hand in events()."""
        (self.folder / "proctor.toml").write_text(TOML.format(start=start, spares=spares))
        begin = time.monotonic()
        done = subprocess.run(
            [str(self._proctor), "run", "--headless", str(self.folder), *arguments, "--events",
             str(self.folder / "events.jsonl")],
            env=self._env, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - begin
        assert done.returncode == 0, done.stdout + done.stderr
        return seconds

    def events(self) -> Events:
        return [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]


def isolation(build: Path, home: Path, env: Dict[str, str], files: int) -> List[Figure]:
    """Files that wait 0.5 s, on a program that takes 1.5 s to start."""
    project = Project(build, home / "isolation", env)
    for number in range(files):
        (project.folder / f"tests/test_{number:03}.py").write_text(WAITS.format(0.5))
    shared = project.run(1.5, 0, "--restart", "never")
    spares, split = {}, {}
    for count in (2, 4):
        spares[count] = project.run(1.5, count, "--restart", "file")
        handed = hand_overs(project.events())
        ready = sum(was_ready for was_ready, _ in handed)
        split[count] = f"{ready} of {len(handed)} spares were ready; {between_files(project.events())}"
    cold = project.run(1.5, 0, "--restart", "file")
    two = project.run(1.5, 0, "--restart", "never", "--lanes", "2")
    best = min(spares, key=lambda count: spares[count])
    told = ", ".join(f"{count} spares {seconds:.2f} s" for count, seconds in spares.items())
    what = f"{files} files of 0.5 s, program that starts in 1.5 s"
    return [
        {"name": f"{what}: a fresh one for each file, with {best} spares, to one shared",
         "value": round(spares[best] / shared, 3), "unit": "x", "target": "at most 1.05",
         "beside": f"{told}, shared {shared:.2f} s; {split[best]}"},
        {"name": f"{what}: the same without spares", "value": round(cold / shared, 2), "unit": "x",
         "target": "none", "beside": f"{cold:.2f} s to {shared:.2f} s"},
        {"name": f"{what}: two lanes to one", "value": round(two / shared, 3), "unit": "x",
         "target": "at most 0.6", "beside": f"{two:.2f} s to {shared:.2f} s"},
    ]


def faults(build: Path, home: Path, env: Dict[str, str], count: int) -> List[Figure]:
    """From a fault to the next test that runs, where a spare is ready."""
    project = Project(build, home / "faults", env)
    (project.folder / "tests/test_faults.py").write_text(FAULTS.format(count, 1.0))
    project.run(0.1, 1)
    events = project.events()
    to_test, to_grant = [], []
    for index, event in enumerate(events):
        lost = event["type"] == "SubjectExited" or (
            event["type"] == "HealthChanged" and event["health"] != "healthy")
        granted = following(events, index, "SubjectGranted") if lost else None
        if granted and is_latest(events, index, event["generation"]):
            started = following(events, granted["index"], "TestStarted")
            ready = granted["generation"] in ready_before(events, index)
            to_test.append((ready, started["at_ms"] - event["at_ms"]))
            to_grant.append((ready, granted["at_ms"] - event["at_ms"]))
    assert len(to_test) == count, f"{len(to_test)} faults seen of {count}"
    return [
        on_spare("fault to the next test, on a spare that is ready", to_test, "under 60",
                 f"; to its grant {middle(to_grant)} ms"),
        on_spare("hand-over: such a spare leased to subject granted", hand_overs(events), "under 20"),
    ]


Times = List[Tuple[bool, float]]  # whether the spare was ready by then, and milliseconds


def middle(times: Times) -> Optional[float]:
    ready = [ms for was_ready, ms in times if was_ready]
    return round(statistics.median(ready), 2) if ready else None


def on_spare(name: str, times: Times, target: str, more: str = "") -> Figure:
    """A busy machine gives a spare, which starts at low priority, no time to become ready."""
    late = [ms for was_ready, ms in times if not was_ready]
    beside = f"{len(times) - len(late)} of {len(times)} found one"
    if len(late) < len(times):
        beside += f", at most {max(ms for was_ready, ms in times if was_ready):.1f} ms"
    if late:
        beside += f"; where it still started {statistics.median(late):.1f} ms"
    return {"name": name + ", median", "value": middle(times), "unit": "ms", "target": target,
            "beside": beside + more}


def ready_before(events: Events, index: int) -> Set[int]:
    return {e["generation"] for e in events[:index] if e["type"] == "SubjectBecameReady"}


def following(events: Events, index: int, kind: str) -> Optional[Dict[str, Any]]:
    """The next event of that kind, with its place."""
    for place in range(index + 1, len(events)):
        if events[place]["type"] == kind:
            return {**events[place], "index": place}
    return None


def is_latest(events: Events, index: int, generation: int) -> bool:
    """The first that is told of the loss of the generation that the latest test had."""
    granted = [e["generation"] for e in events[:index] if e["type"] == "SubjectGranted"]
    told = [e for e in events[:index] if e["type"] in ("SubjectExited", "SubjectStopBegun", "HealthChanged")
            and e["generation"] == generation]
    return bool(granted) and granted[-1] == generation and not told


def hand_overs(events: Events) -> Times:
    """From each lease to the grant of that generation; without those before the first test."""
    granted: Dict[int, float] = {}
    for event in events:
        if event["type"] == "SubjectGranted":
            granted.setdefault(event["generation"], event["at_ms"])
    return [(lease["generation"] in ready_before(events, index),
             granted[lease["generation"]] - lease["at_ms"])
            for index, lease in enumerate(events)
            if lease["type"] == "SpareLeased" and lease["cause"] != "first"
            and lease["generation"] in granted]


def between_files(events: Events) -> str:
    """Where the time between two files goes, in medians."""
    steps: Dict[str, List[float]] = {"end to request": [], "request to lease": [], "lease to grant": [],
                                     "grant to start": []}
    marks: Dict[str, float] = {}
    for event in events:
        kind, at = event["type"], event["at_ms"]
        if kind == "TestStarted" and {"TestFinished", "PreflightRequested", "SpareLeased",
                                      "SubjectGranted"} <= marks.keys():
            steps["end to request"].append(marks["PreflightRequested"] - marks["TestFinished"])
            steps["request to lease"].append(marks["SpareLeased"] - marks["PreflightRequested"])
            steps["lease to grant"].append(marks["SubjectGranted"] - marks["SpareLeased"])
            steps["grant to start"].append(at - marks["SubjectGranted"])
            marks = {}
        marks[kind] = at
    return "between two files: " + ", ".join(
        f"{name} {statistics.median(times):.1f}" for name, times in steps.items() if times) + " ms"
