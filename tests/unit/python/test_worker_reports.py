"""What the worker says about a test: output, failure, location."""

from __future__ import annotations

import pytest


def phases(driver, test):
    return {m["when"]: m for m in driver.all("phase") if m["test"] == test}


def run_all(driver):
    ids = driver.collect()
    driver.run(ids)
    return ids


def test_each_phase_carries_its_own_output(project, worker):
    project.write(
        test_a="""
            import logging, os, sys, pytest
            @pytest.fixture
            def talk():
                print("up")
                yield
                os.write(2, b"down\\n")
            def test_a(talk):
                print("during")
                logging.getLogger("x").warning("watch out")
        """
    )
    driver = worker()
    (test,) = run_all(driver)
    said = phases(driver, test)
    assert said["setup"]["stdout"] == "up\n"
    assert said["call"]["stdout"] == "during\n"
    assert "watch out" in said["call"]["log"]
    assert said["teardown"]["stderr"] == "down\n"
    assert "stdout" not in said["teardown"] and "message" not in said["call"]


def test_a_failure_says_what_and_where(project, worker):
    file = project.file("test_a.py", "def test_a():\n    value = 41\n    assert value == 42, 'no'\n")
    driver = worker()
    (test,) = run_all(driver)
    call = phases(driver, test)["call"]
    assert call["outcome"] == "failed"
    assert call["message"] == "AssertionError: no"
    assert "value = 41" in call["details"] and "assert 41 == 42" in call["details"]
    assert call["location"] == {"file": str(file), "line": 3}


def test_skips_and_expected_failures_carry_their_reason(project, worker):
    project.write(
        test_a="""
            import pytest
            @pytest.mark.skip(reason="not today")
            def test_skip(): pass
            @pytest.mark.xfail(reason="known bug")
            def test_xfail(): assert 0
            @pytest.mark.xfail
            def test_bare(): assert 0
            def test_inside(): pytest.xfail("gave up")
            @pytest.mark.xfail(strict=True, reason="fixed")
            def test_strict(): pass
        """
    )
    driver = worker()
    skip, xfail, bare, inside, strict = run_all(driver)
    skipped = phases(driver, skip)["setup"]
    assert (skipped["message"], "xfail" in skipped) == ("not today", False)
    assert phases(driver, xfail)["call"]["xfail"] == "known bug"
    assert phases(driver, bare)["call"]["xfail"] == ""
    assert phases(driver, inside)["call"]["xfail"] == "gave up"
    assert phases(driver, strict)["call"]["message"] == "[XPASS(strict)] fixed"
    assert "xfail" not in phases(driver, strict)["call"]


def test_huge_output_keeps_head_and_tail(project, worker):
    project.write(test_a="def test_a(): print('first' + 'x' * 3_000_000 + 'last')")
    driver = worker()
    (test,) = run_all(driver)
    text = phases(driver, test)["call"]["stdout"]
    assert len(text) < 1_100_000
    assert text.startswith("first") and text.endswith("last\n")
    assert "1951434 characters cut" in text


def test_strings_that_are_no_utf8_do_not_break_the_channel(project, worker):
    project.write(
        test_a="""
            def test_a():
                print("\\ud800 alone, \\U0001f600 whole")
                assert False, "\\udcff"
        """
    )
    driver = worker()
    (test,) = run_all(driver)
    assert phases(driver, test)["call"]["outcome"] == "failed"
    assert driver.finish() == 1
    assert "�" in phases(driver, test)["call"]["message"]


def test_tests_may_replace_json_time_and_os(project, worker):
    project.write(
        test_a="""
            import json, os, socket, time, pytest
            @pytest.fixture(autouse=True)
            def havoc(monkeypatch):
                for module, name in ((json, "dumps"), (time, "sleep"), (socket, "socket"),
                                     (os, "write"), (json, "JSONEncoder")):
                    monkeypatch.setattr(module, name, None)
            def test_a(): assert json.dumps is None
        """
    )
    driver = worker()
    (test,) = run_all(driver)
    assert phases(driver, test)["teardown"]["outcome"] == "passed"
    assert driver.finish() == 0


def test_the_terminal_reporter_is_there_and_silent(project, worker):
    project.write(
        conftest="""
            def pytest_sessionstart(session):
                assert session.config.pluginmanager.get_plugin("terminalreporter")
            def pytest_terminal_summary(terminalreporter):
                terminalreporter.write_line("from a plugin")
        """,
        test_a="def test_a(): print('from a test')",
    )
    driver = worker("-s")
    run_all(driver)
    assert driver.finish() == 0
    assert driver.output() == "from a test\n"


def test_other_plugins_do_their_work(project, worker):
    project.write(
        conftest="""
            import pytest
            @pytest.hookimpl(hookwrapper=True)
            def pytest_runtest_makereport(item, call):
                report = (yield).get_result()
                report.sections.append(("My section", "my words"))
        """,
        test_a="def test_a(): assert 0",
    )
    driver = worker("--junitxml=out.xml")
    (test,) = run_all(driver)
    assert driver.finish() == 1
    assert "my words" in phases(driver, test)["call"]["details"]
    assert 'failures="1"' in (project.path / "out.xml").read_text()


@pytest.mark.parametrize("expression, left, out", [("one", 1, 1), ("nothing", 0, 2)])
def test_deselected_tests_are_counted(project, worker, expression, left, out):
    project.write(test_a="def test_one(): pass\ndef test_two(): pass")
    driver = worker("-k", expression)
    assert len(driver.collect()) == left
    (collected,) = driver.all("collected")
    assert collected["tests"] == left and collected["deselected"] == out
