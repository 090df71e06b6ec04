"""What is kept of the subject when a test fails under Proctor, and where it is told."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

KINDS = ["screenshot", "item_tree", "trace", "health", "log"]

DEMO = """
[subject]
name = "demo"
display = "virtual"
command = ["proctor_demo", "--port", "{port}", "--workspace", "{workspace}", "--faults"]
[subject.ready]
url = "http://127.0.0.1:{port}/api/gui_health"
timeout = "15s"
[subject.health]
url = "http://127.0.0.1:{port}/api/gui_health"
every = "250ms"
hang_after = "2s"
[subject.stop]
url = "http://127.0.0.1:{port}/api/shutdown"
grace = "2s"
"""

FAILING = """
    import pytest
    @pytest.fixture
    def undone(live_gui):
        yield
        live_gui.request("POST", "/api/after/the/failure")
    def test_passes(live_gui): live_gui.request("POST", "/api/before/the/test")
    def test_fails(live_gui, undone):
        live_gui.request("POST", "/api/of/the/test")
        assert False
    @pytest.fixture
    def broken(live_gui): raise ValueError("no")
    def test_errs(broken): pass
"""


@pytest.fixture
def patient(environment):
    """A program that a sanitizer slows down gets the time that it takes."""
    environment["PROCTOR_EVIDENCE_SECONDS"] = "20"


def evidence(test):
    return {piece["kind"]: piece for piece in test["evidence"]}


def read(piece):
    return Path(piece["file"]).read_bytes()


@pytest.mark.usefixtures("patient")
def test_a_failure_of_a_program_with_hooks_keeps_all_kinds(suite, proctor, tmp_path, environment,
                                                           bin_dir):
    root = suite({"test_a.py": FAILING}, subject=DEMO, service=False)
    ran = proctor(str(root), "--junit", str(tmp_path / "out.xml"))
    assert ran.outcomes() == {"tests/test_a.py::test_passes": "passed",
                              "tests/test_a.py::test_fails": "failed",
                              "tests/test_a.py::test_errs": "error"}
    assert ran.test("test_passes")["evidence"] == []
    assert [piece["kind"] for piece in ran.test("test_errs")["evidence"]] == KINDS
    failed = ran.test("test_fails")["evidence"]
    assert [piece["kind"] for piece in failed] == KINDS
    assert all(piece["file"] and piece["note"] is None for piece in failed), failed
    kept = evidence(ran.test("test_fails"))
    assert read(kept["screenshot"]).startswith(b"\x89PNG")
    assert json.loads(read(kept["item_tree"]))["items"]
    assert json.loads(read(kept["health"]))["state"] == "healthy"
    trace = read(kept["trace"]).decode()
    assert "/api/of/the/test" in trace
    assert "/api/before/the/test" not in trace and "/api/after/the/failure" not in trace
    log = read(kept["log"]).decode()
    assert "/api/of/the/test" in log and "/api/after/the/failure" not in log
    assert str(tmp_path / "state/proctor/batches") in kept["log"]["file"]

    case = next(case for case in ElementTree.parse(tmp_path / "out.xml").iter("testcase")
                if case.get("name") == "test_fails")
    assert f"[[ATTACHMENT|{kept['screenshot']['file']}]]" in case.findtext("system-out")
    shown = subprocess.run([str(bin_dir / "proctor"), "show"], env=environment, text=True,
                           capture_output=True, timeout=60, check=True).stdout
    assert f"screenshot: {kept['screenshot']['file']}" in shown


@pytest.mark.usefixtures("patient")
def test_a_subject_that_died_leaves_its_log_and_its_last_known_health(suite, proctor):
    root = suite({"test_a.py": """
        def test_dies(live_gui):
            live_gui.request("POST", "/api/fault/segv", json={})
            live_gui.wait_until(lambda: live_gui.health() is None, message="its death")
    """}, subject=DEMO, service=False)
    kept = evidence(proctor(str(root)).test("test_dies"))
    assert json.loads(read(kept["health"]))["state"] == "healthy"
    assert kept["health"]["note"].startswith("as it was before the test; the program has ended")
    assert b"SIGSEGV" in read(kept["log"])
    for kind in ("screenshot", "item_tree", "trace"):
        assert kept[kind]["file"] is None
        assert kept[kind]["note"].startswith("the program has ended")


@pytest.mark.usefixtures("patient")
def test_a_subject_without_hooks_says_what_it_cannot_give(suite, proctor):
    root = suite({"test_a.py": "def test_fails(live_gui): assert False\n"})
    kept = evidence(proctor(str(root)).test("test_fails"))
    assert "frame" in json.loads(read(kept["health"]))
    assert kept["trace"]["note"] == "the program keeps no trace"
    assert kept["screenshot"]["note"] == "what the program answered is no PNG picture"
    assert kept["log"]["note"] == "the program wrote nothing during the test"


def test_the_frozen_cost_no_more_than_the_limit(suite, proctor):
    root = suite({"test_a.py": """
        import os, signal
        def test_stops(live_gui):
            os.kill(live_gui.pid, signal.SIGSTOP)
            assert False, "it is stopped"
    """})
    ran = proctor(str(root))
    test = ran.test("test_stops")
    assert test["outcome"] == "failed" and "it is stopped" in test["message"]
    kept = evidence(test)
    assert "did not answer within 0.5 s" in kept["screenshot"]["note"]
    assert kept["health"]["note"].startswith("as it was before the test")


def test_the_time_limit_of_a_test_is_not_passed_by_its_evidence(suite, proctor):
    root = suite({"test_a.py": """
        import os, signal, time
        def test_late(live_gui):
            os.kill(live_gui.pid, signal.SIGSTOP)
            time.sleep(1.6)
            assert False
    """}, suite='timeout = "2s"')
    test = proctor(str(root)).test("test_late")
    assert test["outcome"] == "failed"
    assert [piece["kind"] for piece in test["evidence"]] == KINDS
