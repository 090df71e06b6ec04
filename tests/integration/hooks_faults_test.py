"""Every fault of the demo ends in the health, or the exit, that it should."""
import re
import os
import signal
import time

import pytest
from hooks_support import demo, display, start  # noqa: F401

RECOVERED = {
    "missing_end": ("unbalanced", "Counter", "Missing End()"),
    "imgui_assert": ("assert", "Projects", "The selected project does not exist"),
    "throw_in_modal": ("exception", "Delete project?", "the modal failed to read its project"),
}
DEADLY = {
    "exit": 3,
    "abort": -signal.SIGABRT,
    "segv": -signal.SIGSEGV,
    "stack_overflow": -signal.SIGSEGV,
}


def is_hung(health):
    return health["state"] == "hung"


@pytest.mark.parametrize("fault", RECOVERED)
def test_a_broken_frame_is_survived_and_the_health_is_degraded(demo, fault):
    kind, window, message = RECOVERED[fault]
    assert demo.post(f"/api/fault/{fault}").status == 200
    health = demo.health()  # at once: the route answered when the frame had ended
    assert (health["state"], health["healthy"]) == ("degraded", False)
    record = health["last_assert"]
    assert (record["kind"], record["window"], record["message"]) == (kind, window, message)
    assert message in health["degraded_reason"] and window in health["degraded_reason"]
    assert health["first_error"] == record
    assert health["asserts"] == 1 and health["recovered"] >= 1
    assert message in demo.log.read_text()
    # The loop goes on, and the degradation stays.
    demo.health_when(lambda later: later["frame"] >= health["frame"] + 4)
    assert demo.health()["state"] == "degraded"
    assert demo.post("/api/demo/counter", {"add": 1}).status == 200


def test_an_assert_is_told_with_its_place_and_backtrace(demo):
    demo.post("/api/fault/imgui_assert")
    record = demo.health()["last_assert"]
    assert record["file"].endswith("faults.cc") and record["line"] > 0
    assert "demo.projects.size()" in record["expression"]
    assert any("proctor::demo::DrawFaults" in frame for frame in record["backtrace"])


def test_a_reset_makes_a_degraded_program_healthy(demo):
    demo.post("/api/fault/missing_end")
    assert demo.post("/api/gui_health/reset").json()["state"] == "healthy"
    health = demo.health()
    assert (health["last_assert"], health["first_error"], health["asserts"]) == (None, None, 0)


def test_the_first_error_stays_and_the_last_one_moves(demo):
    demo.post("/api/fault/imgui_assert")
    demo.post("/api/fault/throw_in_modal")
    health = demo.health()
    assert health["first_error"]["kind"] == "assert"
    assert health["last_assert"]["kind"] == "exception"
    assert "The selected project does not exist" in health["degraded_reason"]


def test_a_shut_pool_degrades_and_a_reset_does_not_hide_it(demo):
    assert demo.post("/api/fault/shut_pool").status == 200
    health = demo.health()
    assert (health["state"], health["io_pool_alive"]) == ("degraded", False)
    assert health["degraded_reason"] == "the IO pool is shut"
    assert demo.post("/api/gui_health/reset").json()["state"] == "degraded"


def test_health_answers_while_the_frame_loop_hangs(demo):
    assert demo.post("/api/fault/hang").status == 200
    health = demo.health_when(is_hung)
    assert health["healthy"] is False
    assert "has been running for" in health["degraded_reason"]
    assert health["frame_age_ms"] > 2000
    began = time.monotonic()
    again = demo.health()
    assert time.monotonic() - began < 1
    assert (again["state"], again["frame"]) == ("hung", health["frame"])
    assert demo.request("GET", "/readyz", token=None).status == 503
    assert demo.request("GET", "/livez", token=None).status == 200


def test_routes_that_need_the_frame_loop_say_that_it_hangs(demo):
    demo.post("/api/fault/hang")
    answer = demo.request("GET", "/api/demo/state")
    assert answer.status == 504 and "gui_health" in answer.json()["hint"]
    assert demo.post("/api/demo/job").status == 200  # the pool's, and the pool is alive
    assert demo.post("/api/shutdown").status == 202
    assert demo.process.poll() is None  # nothing in it can end it now


def test_a_hang_that_ends_is_healthy_again(demo):
    demo.post("/api/fault/hang", {"ms": 2600})
    demo.health_when(is_hung)
    assert demo.healthy().health()["degraded_reason"] is None


@pytest.mark.parametrize("fault", DEADLY)
def test_a_deadly_fault_answers_and_ends_the_program_its_own_way(demo, fault):
    assert demo.post(f"/api/fault/{fault}").status == 202
    assert demo.returncode() == DEADLY[fault]


@pytest.mark.parametrize(
    "fault,name", [("abort", "SIGABRT"), ("segv", "SIGSEGV"), ("stack_overflow", "SIGSEGV")]
)
def test_a_crash_leaves_a_note_in_the_log_and_no_discovery_file(demo, fault, name):
    found = demo.log.parent.parent / "runtime" / "proctor" / f"{demo.process.pid}.json"
    assert found.exists()
    demo.post(f"/api/fault/{fault}")
    demo.returncode()
    log = demo.log.read_text()
    assert f"ended by {name}" in log
    assert "proctor_demo(" in log.split("innermost first")[1]
    assert not found.exists()


def test_a_crash_leaves_its_note_in_the_file_that_its_owner_named(start, tmp_path):
    note = tmp_path / "demo.crash"
    demo = start("--faults", PROCTOR_CRASH_FILE=str(note))
    demo.healthy()
    assert not note.exists()
    demo.post("/api/fault/segv")
    demo.returncode()
    first, second, *frames = note.read_text().splitlines()
    # The sanitizers have frames of their own around the signal's handler.
    innermost = next(frame for frame in frames if "libtsan" not in frame and "libasan" not in frame)
    assert first.startswith("the program is ended by SIGSEGV")
    assert second == "backtrace, innermost first:"
    assert "OnCrash" in innermost or "proctor_demo(" in innermost
    assert re.fullmatch(r"the last request: POST /api/fault/segv, \d+ ms before that", frames[-1])


def test_a_flood_of_output_does_not_touch_the_health(demo):
    answer = demo.post("/api/fault/flood", {"mb": 16})
    assert answer.json() == {"fault": "flood", "mb": 16}
    assert demo.health()["state"] == "healthy"
    demo.post("/api/shutdown")
    demo.returncode()
    demo._drain.join()
    assert demo.output_bytes == 16 << 20


def test_a_grandchild_outlives_the_program_and_holds_its_output(demo):
    pid = demo.post("/api/fault/grandchild").json()["pid"]
    try:
        own_output = os.readlink(f"/proc/{demo.process.pid}/fd/1")
        assert os.readlink(f"/proc/{pid}/fd/1") == own_output
        assert os.getsid(pid) != os.getsid(demo.process.pid)
        demo.post("/api/shutdown")
        assert demo.returncode() == 0
        os.kill(pid, 0)
        assert demo._drain.is_alive()  # the end of output is not the end of the program
    finally:
        os.kill(pid, signal.SIGKILL)


def test_an_unknown_fault_lists_the_known_ones(demo):
    answer = demo.post("/api/fault/nothing")
    assert answer.status == 404
    for fault in [*RECOVERED, *DEADLY, "shut_pool", "hang", "flood", "grandchild"]:
        assert fault in answer.json()["hint"]


def test_a_fault_with_a_wrong_argument_does_nothing(demo):
    assert demo.post("/api/fault/hang", {"ms": -1}).status == 400
    assert demo.post("/api/fault/flood", {"mb": "many"}).status == 400
    assert demo.health()["state"] == "healthy"


def test_without_the_flag_there_are_no_faults(start):
    demo = start().healthy()
    answer = demo.post("/api/fault/exit")
    assert answer.status == 404 and "--faults" in answer.json()["hint"]
    assert demo.health()["state"] == "healthy"
