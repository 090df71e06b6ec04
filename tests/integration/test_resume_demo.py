"""Proctor is killed in the middle of the demo, and the resumed batch comes to the same verdicts."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Iterator

import pytest

from demo_story import VERDICTS

DEMO = Path(__file__).resolve().parents[2] / "assets/demo"
PATIENCE = 120  # seconds

pytestmark = pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed")


def events_of(file: Path, process: subprocess.Popen) -> Iterator[dict]:
    """The events as they are written, until Proctor has ended."""
    deadline = time.monotonic() + PATIENCE
    while not file.exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)  # it is made with the start
    with open(file, encoding="utf-8") as lines:
        rest = ""
        while time.monotonic() < deadline:
            rest += lines.readline()
            if rest.endswith("\n"):
                yield json.loads(rest)
                rest = ""
            elif process.poll() is not None:
                return
            else:
                time.sleep(0.001)  # a file cannot be waited for
    raise AssertionError("the demo did not end")


@pytest.mark.parametrize("kind, count", [
    ("CollectionFinished", 1), ("HealthChanged", 1), ("SubjectExited", 2), ("TestStarted", 24)])
def test_killed_at_any_moment_and_resumed_it_ends_in_the_same_verdicts(
        bin_dir, environment, tmp_path, kind, count):
    file, report = tmp_path / "events.jsonl", tmp_path / "report.json"
    process = subprocess.Popen(
        [bin_dir / "proctor", "run", "--headless", "--events", file, DEMO], env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seen, judged = 0, 0
    for event in events_of(file, process):
        seen += event["type"] == kind
        judged += event["type"] == "TestFinished"
        if seen == count:
            process.send_signal(signal.SIGKILL)
            break
    assert process.wait(PATIENCE) == -signal.SIGKILL, f"it ended before its {count}. {kind}"
    resumed = subprocess.run(
        [bin_dir / "proctor", "resume", "--headless", "--json", report], env=environment, cwd=DEMO,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert resumed.returncode == 1, resumed.stdout + resumed.stderr
    tests = json.loads(report.read_text())["tests"]
    assert len(tests) == 31
    for test in tests:
        name = test["id"].split("::")[1]
        assert (test["outcome"], test["blame"]) == VERDICTS.get(name, ("passed", None)), test
    # What was interrupted says so; nothing else ran twice.
    assert sum(test["attempt"] > 1 for test in tests) <= 1
    assert sum(test["attempt"] == 1 for test in tests) >= judged
