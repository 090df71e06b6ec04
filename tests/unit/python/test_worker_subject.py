"""The pre-flight: how a worker gets each test its subject from Proctor."""

from __future__ import annotations

from driver import outcome

LIVE = """
    import pytest
    @pytest.fixture(scope="module")
    def costly():
        open("costly", "w").close()
    def test_plain(): pass
    def test_live(live_gui, costly):
        assert (live_gui.generation, live_gui.port, live_gui.pid) == (2, 4711, 12)
        assert live_gui.url == "http://127.0.0.1:4711" and live_gui.token == "secret"
        assert str(live_gui.workspace) == "/tmp/somewhere"
    @pytest.mark.usefixtures("live_gui")
    class TestGroup:
        def test_marked(self): pass
"""


def subject(test):
    return {
        "type": "subject",
        "test": test,
        "generation": 2,
        "url": "http://127.0.0.1:4711",
        "port": 4711,
        "pid": 12,
        "token": "secret",
        "workspace": "/tmp/somewhere",
        "health": {"healthy": True},
    }


def kinds(messages):
    return [m["type"] for m in messages if m["type"] != "phase"]


def test_only_tests_that_use_the_subject_are_asked_for(project, worker):
    project.write(test_a=LIVE)
    driver = worker()
    plain, live, marked = driver.collect()
    flags = {t["id"]: t["subject"] for f in driver.all("file") for t in f["tests"]}
    assert flags == {plain: False, live: True, marked: True}
    messages = driver.run([plain, live, marked], answer=subject)
    assert [m["test"] for m in messages if m["type"] == "preflight"] == [live, marked]
    assert {outcome(messages, test) for test in (plain, live, marked)} == {"passed"}


def test_the_preflight_comes_before_the_test_starts(project, worker):
    project.write(test_a=LIVE)
    driver = worker()
    _, live, _ = driver.collect()
    messages = driver.run([live], answer=subject)
    assert kinds(messages) == ["preflight", "test_started", "test_finished", "run_done"]


def test_a_refused_test_fails_in_setup_with_the_whole_story(project, worker):
    project.write(test_a=LIVE)
    driver = worker()
    _, live, _ = driver.collect()
    refusal = {
        "type": "refuse",
        "test": live,
        "reason": "generation 1 is degraded: ImGui assert",
        "details": "assert: Missing End()\n  at imgui.cpp:812\n  backtrace:\n    main + 0x1",
    }
    messages = driver.run([live], answer=lambda test: refusal)
    (setup,) = [m for m in messages if m["type"] == "phase" and m["when"] == "setup"]
    assert setup["outcome"] == "failed"
    assert setup["message"] == "proctor.SubjectUnavailable: generation 1 is degraded: ImGui assert"
    for part in ("imgui.cpp:812", "main + 0x1", "This test cannot proceed on a dirty subject."):
        assert part in setup["details"]
    assert not (project.path / "costly").exists()
    assert outcome(driver.run([live], answer=subject), live) == "passed"


def test_a_recorded_assert_may_come_as_an_object(project, worker):
    project.write(test_a=LIVE)
    driver = worker()
    _, live, _ = driver.collect()
    record = {"kind": "assert", "message": "Missing End()", "file": "a.cpp", "line": 3}
    refusal = {"type": "refuse", "test": live, "reason": "dirty", "details": record}
    messages = driver.run([live], answer=lambda test: refusal)
    assert any("at a.cpp:3" in m.get("details", "") for m in messages)


def test_a_dropped_test_is_not_run_and_the_next_is(project, worker):
    project.write(test_a=LIVE)
    driver = worker()
    plain, live, marked = driver.collect()
    drop = {live: {"type": "drop", "test": live}}
    messages = driver.run([live, marked, plain], answer=lambda t: drop.get(t) or subject(t))
    assert [m["test"] for m in messages if m["type"] == "test_started"] == [marked, plain]
    assert messages[-1] == {"type": "run_done", "stopped": False, "left": []}


def test_a_stop_during_the_preflight_leaves_the_test_out(project, worker):
    project.write(test_a=LIVE)
    driver = worker()
    plain, live, marked = driver.collect()
    driver.send("run", tests=[live, marked])
    driver.until("preflight")
    driver.send("stop")
    done = driver.until("run_done")
    assert done["stopped"] and done["left"] == [live, marked]
    driver.send_raw(b'{"type": "subject", "test": "' + live.encode() + b'"}\n')  # too late
    assert outcome(driver.run([plain]), plain) == "passed"
    assert driver.all("warning") == []


def test_an_answer_for_another_test_is_not_taken(project, worker):
    project.write(test_a=LIVE)
    driver = worker()
    _, live, marked = driver.collect()
    driver.send("run", tests=[live])
    driver.until("preflight")
    driver.send("drop", test=marked)
    driver.send_raw(str(subject(live)).replace("'", '"').replace("True", "true").encode() + b"\n")
    driver.until("run_done")
    assert outcome(driver.messages, live) == "passed"


def test_a_dead_subject_is_told_from_a_failing_request(project, worker):
    project.write(
        test_a="""
            def test_live(live_gui): live_gui.request("GET", "/x")
        """
    )
    driver = worker()
    (live,) = driver.collect()
    gone = {**subject(live), "pid": 2**22 - 1, "port": 1, "url": "http://127.0.0.1:1"}
    messages = driver.run([live], answer=lambda test: gone)
    (call,) = [m for m in messages if m["type"] == "phase" and m["when"] == "call"]
    assert call["message"].startswith("proctor.SubjectDied: GET /x: the subject (generation 2")


def test_a_subject_asked_for_in_mid_test_is_refused_with_advice(project, worker):
    project.write(test_a="def test_a(request): request.getfixturevalue('live_gui')")
    driver = worker()
    (test,) = driver.collect()
    messages = driver.run([test])
    assert any("usefixtures('live_gui')" in m.get("details", "") for m in messages)


def test_the_plugin_may_be_asked_for_twice(project, worker):
    project.write(test_a=LIVE)
    project.file("pytest.ini", "[pytest]\naddopts = -p proctor.plugin\nfilterwarnings = error\n")
    driver = worker("-p", "proctor.plugin")
    plain, live, _ = driver.collect()
    assert outcome(driver.run([plain, live], answer=subject), live) == "passed"
    assert driver.finish() == 0
