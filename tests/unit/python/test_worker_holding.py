"""Holding on failure: the worker waits between a failure and the teardown of the test."""

from __future__ import annotations

import pytest

from driver import outcome

FAILING = """
    import pathlib, pytest

    @pytest.fixture
    def own():
        yield
        print("said in teardown")
        pathlib.Path("torn_down").touch()

    def test_call(own, capsys):
        print("said in call")
        assert False, "call"

    @pytest.fixture
    def broken(own): raise ValueError("set-up")
    def test_setup(broken): pass

    @pytest.fixture
    def sour():
        yield
        raise ValueError("teardown")
    def test_teardown(sour): pass

    @pytest.mark.xfail
    def test_xfail(): assert False
    def test_skip(): pytest.skip("no")
    def test_fine(own): pass
"""


def held(project, worker, name, when):
    """A worker that holds in the given test, after its report."""
    project.write(test_a=FAILING)
    driver = worker()
    driver.send("hold", on_failure=True)
    driver.collect()
    test = f"test_a.py::{name}"
    driver.send("run", tests=[test, "test_a.py::test_fine"])
    message = driver.until("held")
    assert message == {"type": "held", "test": test, "when": when}
    assert driver.messages[-2]["type"] == "phase" and driver.messages[-2]["when"] == when
    assert driver.messages[-2]["outcome"] == "failed"
    assert not (project.path / "torn_down").exists()
    return driver, test


@pytest.mark.parametrize("name, when", [("test_call", "call"), ("test_setup", "setup")])
def test_a_failure_is_held_before_any_teardown(project, worker, name, when):
    driver, test = held(project, worker, name, when)
    driver.send("release", test="test_a.py::test_fine")  # somebody else's
    assert driver.says_nothing() and not (project.path / "torn_down").exists()
    driver.send("release", test=test)
    assert driver.until("run_done")["left"] == []
    assert (project.path / "torn_down").exists()
    assert outcome(driver.messages, "test_a.py::test_fine") == "passed"
    (teardown,) = [m for m in driver.all("phase") if m["test"] == test and m["when"] == "teardown"]
    assert "said in teardown" in teardown["stdout"]
    assert teardown["duration_ms"] < 200  # the hold is nobody's time


def test_what_is_no_failure_of_set_up_or_call_is_not_held(project, worker):
    project.write(test_a=FAILING)
    driver = worker()
    driver.send("hold", on_failure=True)
    tests = driver.collect()
    driver.run([test for test in tests if test.split("test_")[-1] not in ("call", "setup")])
    assert driver.all("held") == [] and len(driver.all("test_finished")) == 4


def test_nothing_is_held_unless_asked_for(project, worker):
    project.write(test_a=FAILING)
    driver = worker()
    driver.run(driver.collect())
    driver.send("hold", on_failure=True)
    driver.send("hold", on_failure=False)
    driver.run(["test_a.py::test_call"])
    assert driver.all("held") == [] and driver.all("warning") == []


def test_a_stop_ends_the_hold_as_well(project, worker):
    driver, _ = held(project, worker, "test_call", "call")
    driver.send("stop")
    done = driver.until("run_done")
    assert done["stopped"] and done["left"] == ["test_a.py::test_fine"]
    assert (project.path / "torn_down").exists()


def test_what_is_said_during_a_hold_is_obeyed_after_it(project, worker):
    driver, test = held(project, worker, "test_call", "call")
    driver.send("hold", on_failure=False)
    driver.send("run", tests=[test])
    driver.send("release", test=test)
    driver.until("run_done")
    driver.until("run_done")
    assert len(driver.all("held")) == 1
    assert [m["test"] for m in driver.all("test_finished")].count(test) == 2


def test_a_late_release_means_nothing(project, worker):
    driver, test = held(project, worker, "test_call", "call")
    driver.send("release", test=test)
    driver.until("run_done")
    driver.send("release", test=test)
    assert outcome(driver.run(["test_a.py::test_fine"]), "test_a.py::test_fine") == "passed"
    assert driver.all("warning") == []


def test_holding_is_switched_on_during_a_preflight(project, worker):
    project.write(test_a="def test_a(live_gui): assert False")
    driver = worker()
    (a,) = driver.collect()
    driver.send("run", tests=[a])
    driver.until("preflight")
    driver.send("hold", on_failure=True)
    driver.send("refuse", test=a, reason="dirty")
    assert driver.until("held")["when"] == "setup"


def test_when_proctor_dies_during_a_hold_the_fixtures_still_end(project, worker):
    driver, _ = held(project, worker, "test_call", "call")
    driver.hang_up()
    assert driver.process.wait(30) == 1
    assert (project.path / "torn_down").exists()
