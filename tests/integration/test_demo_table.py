"""The demo's story under every policy, with spares 0, 1 and 2, on one lane and on two.

A chosen set of the table runs by default; `./dev test --table`, or PROCTOR_TABLE=whole, runs all.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any, Dict, List

import pytest

from demo_story import HARMFUL, file_of, tell

DEMO = Path(__file__).resolve().parents[2] / "assets/demo"
WHOLE = list(itertools.product(("never", "unhealthy", "file", "class", "test"), (0, 1, 2), (1, 2)))
# Every value of each, and every number of spares with every number of lanes.
CHOSEN = [("never", 1, 2), ("unhealthy", 1, 1), ("unhealthy", 2, 2), ("file", 2, 1),
          ("file", 0, 2), ("class", 0, 1), ("class", 1, 2), ("test", 2, 1)]
IS_WHOLE = os.environ.get("PROCTOR_TABLE") == "whole"
TABLE = WHOLE if IS_WHOLE else CHOSEN

pytestmark = [
    pytest.mark.skipif(shutil.which("Xvfb") is None, reason="Xvfb is not installed"),
]

Events = List[Dict[str, Any]]


def of(events: Events, kind: str) -> Events:
    return [event for event in events if event["type"] == kind]


def orders(events: Events, lane_of: Dict[str, int]) -> Dict[int, List[str]]:
    """The tests of each lane as they began."""
    order: Dict[int, List[str]] = defaultdict(list)
    for event in of(events, "TestStarted"):
        order[lane_of[file_of(event["test"])]].append(event["test"])
    return order


def left_over(state: str) -> List[str]:
    """Processes that still have this state directory in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"XDG_STATE_HOME={state}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue  # it has ended meanwhile, or is another user's
    return found


@pytest.mark.parametrize("policy, spares, lanes", TABLE)
def test_the_story_is_the_same(proctor, environment, tmp_path, policy, spares, lanes):
    project = tmp_path / "demo"
    shutil.copytree(DEMO, project, ignore=shutil.ignore_patterns("__pycache__"))
    toml = project / "proctor.toml"
    text = toml.read_text()
    table = "[subject.restart]\n"
    assert table in text and "spares" not in text
    # Nothing in the demo hangs; on a machine that is busy for seconds nothing is to look as if it did.
    patient = text.replace('hang_after = "2s"', 'hang_after = "30s"\ntimeout = "10s"')
    assert patient != text
    toml.write_text(patient.replace(table, f"{table}spares = {spares}\n"))
    events_file = tmp_path / "events.jsonl"
    ran = proctor("--headless", "--restart", policy, "--lanes", str(lanes), "--events",
                  str(events_file), str(project))
    assert ran.code == 1, ran.stdout + ran.stderr
    events = [json.loads(line) for line in events_file.read_text().splitlines()]
    lane_of = {file_of(f["path"]): f["lane"] for f in ran.report["files"]}
    grants = {event["test"]: event["generation"] for event in of(events, "SubjectGranted")}
    order = orders(events, lane_of)
    assert sum(map(len, order.values())) == len(ran.report["tests"]) == 31
    for lane, tests in order.items():
        check_lane(ran, policy, lane, tests, grants)
    check_generations(ran, events, spares, grants, lane_of)
    assert left_over(environment["XDG_STATE_HOME"]) == []


def check_lane(ran, policy: str, lane: int, tests: List[str], grants: Dict[str, int]) -> None:
    """Outcomes, blames and notes of the lane, and where its generations changed."""
    story = tell(policy, tests)
    told = {t["id"]: t for t in ran.report["tests"]}
    assert {test: (told[test]["outcome"], told[test]["blame"]) for test in tests} == story.verdicts
    assert all(told[test]["attempt"] == 1 for test in tests)
    had = [test for test in tests if test in grants]
    firsts = {test for before, test in zip([None, *had], had)
              if before is None or grants[before] != grants[test]}
    assert firsts == story.firsts
    assert len({grants[test] for test in had}) == len(firsts), "a generation came back"
    for name, note in story.notes.items():
        subject = ran.file(name)["subject"]
        assert subject["note"] in note.kinds, f"lane {lane}, {name}: {subject}"
        if note.culprit and subject["note"] != "fresh":
            assert f"{HARMFUL[note.culprit]} " in subject["reason"]
            assert note.culprit in subject["reason"]
    if "test_reports.py" in map(file_of, tests):
        assert ran.file("test_reports.py")["subject"] is None


def check_generations(ran, events: Events, spares: int, grants: Dict[str, int],
                      lane_of: Dict[str, int]) -> None:
    """Each is one lane's, has ended, and served because it was started for that or leased."""
    spawned = {e["generation"]: e for e in of(events, "SubjectSpawned")}
    leased = [e["generation"] for e in of(events, "SpareLeased")]
    assert len(leased) == len(set(leased))
    assert sorted(spawned) == sorted(g["generation"] for g in ran.report["generations"])
    for generation, spawn in spawned.items():
        assert (spawn["cause"] == "spare") or generation not in leased
    for test, generation in grants.items():
        assert spawned[generation]["lane"] == lane_of[file_of(test)]
        assert spawned[generation]["cause"] != "spare" or generation in leased
    for lane in {spawn["lane"] for spawn in spawned.values()}:
        own = {g for g, spawn in spawned.items() if spawn["lane"] == lane}
        idle = own - set(grants.values())
        assert len(idle) <= (spares if own & set(grants.values()) else 1)
        if spares == 0:  # the first one of a lane starts beside its worker
            assert sum(spawned[g]["cause"] == "spare" for g in own) == 1
    for generation in ran.report["generations"]:
        assert generation["ended_ms"] is not None
        assert generation["exit"]["code"] is not None or generation["exit"]["signal"]
