"""How the worker runs what it is told to, in pytest's own way."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

from driver import LIMIT, outcome, python_environment

FIXTURES = """
    import pytest

    @pytest.fixture(scope="session")
    def session_log():
        log = open("log", "a", buffering=1)
        print("session up", file=log)
        yield log
        print("session down", file=log)

    @pytest.fixture(scope="module")
    def module(session_log, request):
        print("up", request.node.name, file=session_log)
        yield
        print("down", request.node.name, file=session_log)
"""
TWO_TESTS = """
    def test_one(module, session_log): print("one", file=session_log)
    def test_two(module, session_log): print("two", file=session_log)
"""

ALL_KINDS = """
    import pytest, unittest

    @pytest.fixture
    def broken_setup(): raise ValueError("set-up")
    @pytest.fixture
    def broken_teardown():
        yield
        raise ValueError("teardown")

    @pytest.mark.parametrize("x", [1, 2, 3])
    def test_parametrised(x): assert x != 2
    @pytest.mark.skip(reason="not today")
    def test_skipped(): pass
    def test_skips_itself(): pytest.skip("inside")
    @pytest.mark.xfail(reason="known")
    def test_xfailed(): assert False
    @pytest.mark.xfail
    def test_xpassed(): pass
    @pytest.mark.xfail(strict=True, reason="must fail")
    def test_xpassed_strict(): pass
    def test_error_in_setup(broken_setup): pass
    def test_error_in_teardown(broken_teardown): pass
    def test_exits(): raise SystemExit(3)

    class TestGroup:
        class TestInner:
            def test_nested(self): pass

    class TestUnit(unittest.TestCase):
        def test_fine(self): self.assertTrue(True)
        def test_bad(self): self.assertEqual(1, 2)
        @unittest.skip("no")
        def test_skipped(self): pass
        @unittest.expectedFailure
        def test_expected(self): self.fail()
"""


def log_of(project):
    return (project.path / "log").read_text().splitlines()


def test_every_kind_of_outcome_is_that_of_plain_pytest(project, worker):
    project.write(test_kinds=ALL_KINDS, test_other="def test_x(): pass")
    subprocess.run(
        [sys.executable, "-m", "pytest", "--junitxml=plain.xml", "-o", "junit_family=xunit2"],
        cwd=project.path,
        env=python_environment(),
        stdout=subprocess.DEVNULL,
        timeout=LIMIT,
    )
    plain = {}
    for case in ElementTree.parse(project.path / "plain.xml").iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        kinds = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        plain.setdefault(name, set()).update(kinds or ["passed"])

    driver = worker()
    ids = driver.collect()
    driver.run(ids)
    driver.finish()

    ours = {}
    for test in ids:
        name = test.replace(".py::", ".").replace("::", ".")
        found = outcome(driver.messages, test)
        ours[name] = {"failed": "failure"}.get(found, found)
    assert {name: set(kinds) for name, kinds in plain.items()} == {
        name: {kind} for name, kind in ours.items()
    }
    assert len(ours) == 17


def test_files_and_tests_are_announced_in_pytests_order(project, worker):
    project.write(test_b="def test_b(): pass", test_a=ALL_KINDS)
    driver = worker()
    driver.collect()
    assert [file["path"] for file in driver.all("file")] == ["test_a.py", "test_b.py"]
    assert [m["path"] for m in driver.all("collecting")] == ["test_a.py", "test_b.py"]
    tests = {test["id"]: test for test in driver.all("file")[0]["tests"]}
    assert tests["test_a.py::TestGroup::TestInner::test_nested"]["class"] == "TestGroup::TestInner"
    assert tests["test_a.py::test_skipped"]["class"] is None
    assert tests["test_a.py::test_skipped"]["markers"] == ["skip"]
    assert tests["test_a.py::test_parametrised[2]"]["line"] == 11
    assert all(test["subject"] is False for test in tests.values())
    hello = driver.messages[0]
    assert (hello["type"], hello["v"], hello["pid"]) == ("hello", 1, driver.process.pid)
    assert hello["rootdir"] == str(project.path)


def test_a_module_fixture_is_made_once_over_many_reruns(project, worker):
    project.write(conftest=FIXTURES, test_a=TWO_TESTS)
    driver = worker()
    one, _ = driver.collect()
    for _ in range(5):
        driver.run([one], next=one)
    assert log_of(project) == ["session up", "up test_a.py"] + ["one"] * 5
    assert outcome(driver.messages, one) == "passed"
    assert driver.finish() == 0
    assert log_of(project)[-2:] == ["down test_a.py", "session down"]


def test_the_next_test_decides_which_fixtures_stay_alive(project, worker):
    project.write(conftest=FIXTURES, test_a=TWO_TESTS, test_b=TWO_TESTS)
    driver = worker()
    a_one, a_two, b_one, b_two = driver.collect()
    driver.run([a_one], next=a_two)
    assert log_of(project) == ["session up", "up test_a.py", "one"]
    driver.run([a_two], next=b_one)
    assert log_of(project)[-2:] == ["two", "down test_a.py"]
    driver.run([b_one], next=None)
    assert log_of(project)[-2:] == ["down test_b.py", "session down"]


def test_a_jump_to_another_file_unwinds_first(project, worker):
    project.write(conftest=FIXTURES, test_a=TWO_TESTS, test_b=TWO_TESTS)
    driver = worker()
    a_one, a_two, _, b_two = driver.collect()
    driver.run([a_one], next=a_two)
    messages = driver.run([b_two], next=None)
    assert outcome(messages, b_two) == "passed"
    assert log_of(project)[3:7] == ["down test_a.py", "up test_b.py", "two", "down test_b.py"]


def test_what_fails_while_unwinding_is_laid_to_its_owner(project, worker):
    project.write(
        test_a="""
            import pytest
            @pytest.fixture(scope="module")
            def sour():
                yield
                raise RuntimeError("sour milk")
            def test_one(sour): pass
            def test_two(sour): pass
        """,
        test_b="def test_b(): pass",
    )
    driver = worker()
    a_one, a_two, b = driver.collect()
    driver.run([a_one], next=a_two)
    messages = driver.run([b])
    (failure,) = [m for m in messages if m["type"] == "teardown_failed"]
    assert failure["owner"] == "test_a.py"
    assert failure["message"] == "RuntimeError: sour milk"
    assert "sour()" in failure["details"] or "in sour" in failure["details"]
    assert outcome(messages, b) == "passed"


def test_a_teardown_command_tears_everything_down(project, worker):
    project.write(conftest=FIXTURES, test_a=TWO_TESTS)
    driver = worker()
    one, two = driver.collect()
    driver.run([one], next=two)
    driver.send("teardown")
    driver.until("torn_down")
    assert log_of(project)[-2:] == ["down test_a.py", "session down"]
    assert outcome(driver.run([two]), two) == "passed"


def test_a_stop_ends_the_run_after_the_current_test(project, worker):
    project.write(
        conftest=FIXTURES,
        test_a="""
            import os
            def test_one(module):
                os.write(int(os.environ["GO"]), b"x")
                os.read(int(os.environ["ON"]), 1)
            def test_two(module): pass
            def test_three(module): pass
        """,
    )
    go_reader, go_writer = os.pipe()
    on_reader, on_writer = os.pipe()
    driver = worker(
        env={"GO": str(go_writer), "ON": str(on_reader)}, pass_fds=(go_writer, on_reader)
    )
    one, two, three = driver.collect()
    driver.send("run", tests=[one, two], next=three)
    driver.send("run", tests=[three], next=None)
    os.read(go_reader, 1)
    driver.send("stop")
    os.write(on_writer, b"x")
    first = driver.until("run_done")
    second = driver.until("run_done")
    assert (first["stopped"], first["left"]) == (True, [two])
    assert (second["stopped"], second["left"]) == (True, [three])
    assert [m["test"] for m in driver.all("test_finished")] == [one]
    assert log_of(project)[-2:] == ["down test_a.py", "session down"]
    assert outcome(driver.run([two]), two) == "passed"
    for fd in (go_reader, go_writer, on_reader, on_writer):
        os.close(fd)


def test_unknown_tests_are_named_and_the_others_run(project, worker):
    project.write(test_a="def test_a(): pass")
    driver = worker()
    (a,) = driver.collect()
    messages = driver.run(["nowhere.py::test_x", a], next="also_nowhere.py::test_y")
    unknown = [m["test"] for m in messages if m["type"] == "unknown_test"]
    assert unknown == ["nowhere.py::test_x", "also_nowhere.py::test_y"]
    assert outcome(messages, a) == "passed"


def test_a_file_whose_name_is_no_unicode_runs(project, worker):
    name = b"test_\xe4.py"
    (project.path / os.fsdecode(name)).write_text("def test_a(): pass", encoding="utf-8")
    driver = worker()
    (test,) = driver.collect()
    assert test == "test_\ufffd.py::test_a"
    assert outcome(driver.run([test]), test) == "passed"


def test_pytest_exit_stops_the_run_and_keeps_the_accounts(project, worker):
    project.write(
        conftest=FIXTURES,
        test_a="""
            import pytest
            def test_one(module): pytest.exit("enough")
            def test_two(module): pass
        """,
    )
    driver = worker()
    one, two = driver.collect()
    messages = driver.run([one, two])
    assert [m["message"] for m in messages if m["type"] == "exit_requested"] == [
        "_pytest.outcomes.Exit: enough"
    ]
    assert messages[-1]["left"] == [two] and messages[-1]["stopped"]
    assert outcome(messages, one) == "failed"
    assert log_of(project)[-2:] == ["down test_a.py", "session down"]
    again = driver.run([two])
    assert outcome(again, two) == "passed"
    assert driver.finish() == 1


def test_an_interrupted_test_can_be_run_again(project, worker):
    project.write(
        test_a="""
            import pathlib
            def test_one(tmp_path):
                mark = pathlib.Path("mark")
                if not mark.exists():
                    mark.touch()
                    raise KeyboardInterrupt
            def test_two(): pass
        """
    )
    driver = worker()
    one, two = driver.collect()
    messages = driver.run([one, two])
    assert messages[-1]["left"] == [two]
    assert outcome(messages, one) == "failed"
    assert outcome(driver.run([one, two]), one) == "passed"


def test_maxfail_is_only_reported(project, worker):
    project.write(
        test_a="""
            def test_one(): assert 0
            def test_two(): pass
            def test_three(): pass
        """,
        test_broken="import nowhere_to_be_found",
    )
    driver = worker("--maxfail=1")
    one, two, three = driver.collect()
    messages = driver.run([one, two, three])
    assert messages[-1]["stopped"] and messages[-1]["left"] == [two, three]
    messages = driver.run([two, three])
    assert not messages[-1]["stopped"] and outcome(messages, three) == "passed"


def test_a_failure_in_the_last_test_of_a_run_stops_too(project, worker):
    project.write(test_a="def test_one(): assert 0", test_b="def test_two(): pass")
    driver = worker("-x")
    one, two = driver.collect()
    messages = driver.run([one])
    assert messages[-1]["stopped"] and messages[-1]["left"] == []


def test_a_failing_plugin_costs_its_test_and_no_other(project, worker):
    project.write(
        conftest="""
            def pytest_runtest_logfinish(nodeid):
                if nodeid.endswith("one"): raise RuntimeError("bad plugin")
        """,
        test_a="def test_one(): pass\ndef test_two(): pass",
    )
    driver = worker()
    one, two = driver.collect()
    messages = driver.run([one, two])
    assert outcome(messages, two) == "passed"
    assert any("bad plugin" in m["message"] for m in messages if m["type"] == "warning")
    finished = [m["test"] for m in messages if m["type"] == "test_finished"]
    assert finished == [one, two]
