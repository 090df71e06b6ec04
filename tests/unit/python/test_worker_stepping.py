"""Stepping: a stop that keeps fixtures alive, runs that keep them, runs that want them fresh."""

from __future__ import annotations

from driver import outcome

COUNTED = """
    import pytest

    def note(text):
        with open("log", "a") as log: print(text, file=log)

    @pytest.fixture(scope="module")
    def module():
        note("module up")
        yield
        note("module down")

    @pytest.fixture(scope="class")
    def group():
        note("class up")
        yield
        note("class down")

    @pytest.fixture
    def own():
        note("own up")
        yield
        note("own down")

    class TestGroup:
        def test_one(self, module, group, own): note("one")
        def test_two(self, module, group, own): note("two")
"""


def log_of(project):
    return (project.path / "log").read_text().splitlines()


def test_a_test_is_run_again_with_its_module_and_class_fixtures_alive(project, worker):
    project.write(test_a=COUNTED)
    driver = worker()
    one, _ = driver.collect()
    for _ in range(5):
        messages = driver.run([one], keep=True)
        assert outcome(messages, one) == "passed"
    assert log_of(project) == ["module up", "class up"] + ["own up", "one", "own down"] * 5
    assert driver.finish() == 0
    assert log_of(project)[-2:] == ["class down", "module down"]


def test_a_fresh_run_begins_with_nothing_set_up(project, worker):
    project.write(test_a=COUNTED)
    driver = worker()
    one, two = driver.collect()
    driver.run([one], keep=True)
    driver.run([one, two], keep=True, fresh=True)
    made = [line for line in log_of(project) if line.split()[0] in ("module", "class")]
    assert made == ["module up", "class up", "class down", "module down", "module up", "class up"]


def test_a_remembered_failure_of_a_module_fixture_is_made_again_only_when_fresh(project, worker):
    project.write(
        test_a="""
            import pathlib, pytest
            @pytest.fixture(scope="module")
            def shaky():
                with open("tries", "a") as tries: tries.write("x")
                if not pathlib.Path("mended").exists(): raise OSError("not yet")
            def test_a(shaky): pass
        """
    )
    driver = worker()
    (a,) = driver.collect()
    assert outcome(driver.run([a], keep=True), a) == "error"
    (project.path / "mended").touch()
    assert outcome(driver.run([a], keep=True), a) == "error"
    assert (project.path / "tries").read_text() == "x"
    assert outcome(driver.run([a], keep=True, fresh=True), a) == "passed"
    assert (project.path / "tries").read_text() == "xx"


def test_what_fails_while_things_are_made_fresh_is_laid_to_its_owner(project, worker):
    project.write(
        test_a="""
            import pytest
            @pytest.fixture(scope="module")
            def sour():
                yield
                raise RuntimeError("sour milk")
            def test_a(sour): pass
        """
    )
    driver = worker()
    (a,) = driver.collect()
    driver.run([a], keep=True)
    messages = driver.run([a], keep=True, fresh=True)
    (failure,) = [m for m in messages if m["type"] == "teardown_failed"]
    assert (failure["owner"], failure["message"]) == ("test_a.py", "RuntimeError: sour milk")
    assert outcome(messages, a) == "passed"


def test_pytests_own_fixtures_work_in_every_run_of_a_test(project, worker):
    project.write(
        test_a="""
            import logging, os, pytest
            @pytest.fixture(params=[1, 2], scope="module")
            def number(request): return request.param
            seen = []
            def test_a(number, request, caplog, capsys, monkeypatch, tmp_path):
                logging.getLogger().warning("said")
                assert [record.message for record in caplog.records] == ["said"]
                print("printed")
                assert capsys.readouterr().out == "printed\\n"
                assert "STEP" not in os.environ
                monkeypatch.setenv("STEP", "1")
                assert list(tmp_path.iterdir()) == []
                (tmp_path / "mine").touch()
                assert not any(request is one for one in seen)
                seen.append(request)
                assert request.getfixturevalue("number") == number
        """
    )
    driver = worker()
    one, two = driver.collect()
    for test in (one, one, two, one, two, two):
        messages = driver.run([test], keep=True)
        assert outcome(messages, test) == "passed", messages


def test_the_newest_run_of_a_test_counts(project, worker):
    project.write(
        test_a="""
            import pathlib
            def test_a(): assert pathlib.Path("good").exists()
        """
    )
    driver = worker()
    (a,) = driver.collect()
    assert outcome(driver.run([a], keep=True), a) == "failed"
    (project.path / "good").touch()
    assert outcome(driver.run([a], keep=True), a) == "passed"


HELD_UP = """
    import pytest
    @pytest.fixture(scope="module", autouse=True)
    def module():
        with open("log", "a") as log: print("up", file=log)
        yield
        with open("log", "a") as log: print("down", file=log)
    def test_one(): pass
    def test_two(live_gui): pass
    def test_three(): pass
"""


def stop_before_the_second(driver, **how):
    """The second test waits in its pre-flight when the stops come."""
    one, two, three = driver.collect()
    driver.send("run", tests=[one, two])
    driver.send("run", tests=[three])
    driver.until("preflight")
    driver.send("stop", **how)
    return driver.until("run_done"), driver.until("run_done")


def test_a_stop_that_keeps_leaves_the_fixtures_of_the_next_test_alive(project, worker):
    project.write(test_a=HELD_UP)
    driver = worker()
    first, second = stop_before_the_second(driver, keep=True)
    assert first["stopped"] and first["kept"] and second["kept"]
    assert (first["left"], second["left"]) == (["test_a.py::test_two"], ["test_a.py::test_three"])
    assert log_of(project) == ["up"]
    driver.run(["test_a.py::test_three"], keep=True)
    assert log_of(project) == ["up"]


def test_a_stop_without_keep_tears_down_as_ever(project, worker):
    project.write(test_a=HELD_UP)
    driver = worker()
    first, second = stop_before_the_second(driver)
    assert first["stopped"] and "kept" not in first and "kept" not in second
    assert log_of(project) == ["up", "down"]


def test_a_test_that_asks_to_exit_keeps_nothing(project, worker):
    project.write(test_a=COUNTED + "\n    def test_out(module): pytest.exit('enough')\n")
    driver = worker()
    out = driver.collect()[-1]
    done = driver.run([out], keep=True)[-1]
    assert done["stopped"] and "kept" not in done
    assert log_of(project) == ["module up", "module down"]
