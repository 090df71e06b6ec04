"""Bad starts, bad imports, hard crashes, and Proctor's own death."""

from __future__ import annotations

import os


def test_a_usage_error_is_reported(project, worker):
    project.write(test_a="def test_a(): pass")
    driver = worker("--no-such-option")
    assert driver.drain() == 4
    (failed,) = driver.messages
    assert failed["type"] == "startup_failed" and failed["v"] == 1
    assert failed["message"] == "unrecognized arguments: --no-such-option"


def test_a_missing_path_is_reported(project, worker):
    driver = worker("nowhere.py")
    assert driver.drain() == 4
    failed = driver.messages[-1]
    assert failed["type"] == "startup_failed"
    assert "file or directory not found: nowhere.py" in failed["message"]


def test_a_broken_conftest_is_reported(project, worker):
    project.write(conftest="import not_to_be_found", test_a="def test_a(): pass")
    driver = worker()
    assert driver.drain() == 4
    (failed,) = driver.messages
    assert failed["message"] == "ModuleNotFoundError: No module named 'not_to_be_found'"
    assert "conftest.py" in failed["details"]


def test_a_failing_collection_hook_is_reported(project, worker):
    project.write(
        conftest="def pytest_collection_modifyitems(items): raise RuntimeError('hook')",
        test_a="def test_a(): pass",
    )
    driver = worker()
    assert driver.drain() == 3
    failed = driver.messages[-1]
    assert (failed["type"], failed["message"]) == ("startup_failed", "RuntimeError: hook")


def test_an_exit_during_collection_is_reported(project, worker):
    project.write(conftest="import pytest\ndef pytest_collection(): pytest.exit('not today')")
    driver = worker()
    driver.drain()
    failed = driver.messages[-1]
    assert failed["type"] == "startup_failed" and "not today" in failed["message"]


def test_files_that_cannot_be_collected_stop_no_other(project, worker):
    project.write(
        test_a="import not_to_be_found",
        test_b="def test_b(: pass",
        test_c="import pytest; pytest.skip('not here', allow_module_level=True)",
        test_d="def test_d(): pass",
    )
    driver = worker("-x")
    assert driver.collect() == ["test_d.py::test_d"]
    errors = {m["path"]: m for m in driver.all("collect_error")}
    assert set(errors) == {"test_a.py", "test_b.py"}
    missing = "ModuleNotFoundError: No module named 'not_to_be_found'"
    assert errors["test_a.py"]["message"] == missing
    assert errors["test_b.py"]["message"].startswith("SyntaxError")
    (skipped,) = driver.all("collect_skipped")
    assert (skipped["path"], skipped["message"]) == ("test_c.py", "not here")
    driver.run(["test_d.py::test_d"])
    assert driver.finish() == 1


def test_a_module_that_kills_the_worker_is_known(project, worker):
    project.write(test_a="def test_a(): pass", test_b="import os; os._exit(9)")
    driver = worker()
    assert driver.drain() == 9
    assert driver.messages[-1] == {"type": "collecting", "path": "test_b.py"}


def test_a_test_that_kills_the_worker_is_known(project, worker):
    project.write(
        test_a="def test_one(): pass\ndef test_two():\n    import os; os.abort()\n"
        "def test_three(): pass"
    )
    driver = worker()
    ids = driver.collect()
    driver.send("run", tests=ids)
    driver.drain()
    started = [m["test"] for m in driver.all("test_started")]
    finished = [m["test"] for m in driver.all("test_finished")]
    assert (started, finished) == (ids[:2], ids[:1])


def test_the_stacks_of_all_threads_come_out_of_a_hanging_test(project, worker):
    project.write(
        test_a="""
            import ctypes, threading
            def test_a():
                threading.Thread(target=threading.Event().wait, daemon=True).start()
                pause = ctypes.CDLL(None).pause
                open("hangs", "w").close()
                pause()
        """
    )
    driver = worker()
    (test,) = driver.collect()
    driver.send("run", tests=[test])
    driver.until("test_started")
    driver.until_asleep(project.path / "hangs")
    text = driver.stacks_with("in test_a")
    assert "in test_a" in text and "most recent call first" in text


def test_children_find_neither_variables_nor_descriptors(project, worker):
    project.write(
        test_a="""
            import os, subprocess, sys
            def test_a():
                code = "import os; print(sorted(os.listdir('/proc/self/fd')), dict(os.environ))"
                said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                                      close_fds=False).stdout
                assert "PROCTOR_CONTROL_FD" not in said and "PROCTOR_STACKS_FD" not in said
                sockets = [fd for fd in os.listdir("/proc/self/fd")
                           if os.path.exists(f"/proc/self/fd/{fd}")
                           and "socket" in os.readlink(f"/proc/self/fd/{fd}")]
                assert sockets and not any(f"'{fd}'" in said.split("]")[0] for fd in sockets)
        """
    )
    driver = worker()
    (test,) = driver.collect()
    driver.run([test])
    assert driver.finish() == 0


def test_a_forked_child_cannot_speak_for_the_worker(project, worker):
    project.write(
        test_a="""
            import os
            def test_one():
                if os.fork() == 0:
                    return  # the child goes on into pytest
                os.wait()
            def test_two(): assert os.getpid() == int(open("pid").read())
            def test_zero(): open("pid", "w").write(str(os.getpid()))
        """
    )
    driver = worker()
    one, two, zero = driver.collect()
    driver.run([zero, one, two])
    assert [m["test"] for m in driver.all("test_finished")] == [zero, one, two]
    assert driver.finish() == 0
    assert len(driver.all("bye")) == 1


def test_the_worker_leaves_when_proctor_does(project, worker):
    project.write(
        test_a="""
            import pytest
            @pytest.fixture(scope="module")
            def tidy():
                yield
                open("tidied", "w").close()
            def test_a(tidy): pass
            def test_b(tidy): pass
        """
    )
    driver = worker()
    a, b = driver.collect()
    driver.run([a], next=b)
    driver.hang_up()
    assert driver.process.wait(10) == 1
    assert (project.path / "tidied").exists()


def test_nonsense_is_answered_and_survived(project, worker):
    project.write(test_a="def test_a(): pass")
    driver = worker()
    (test,) = driver.collect()
    driver.send_raw(b"this is no JSON\n[1, 2]\n\n\xff\xfe\n")
    driver.send("juggle")
    for _ in range(4):
        driver.until("warning")
    driver.run([test])
    assert driver.finish() == 0


def test_without_proctor_the_worker_says_what_it_is_for(project):
    import subprocess
    import sys

    from driver import LIMIT, python_environment

    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "proctor.worker"],
        cwd=project.path,
        env=python_environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    assert ended.returncode == 4
    assert "use -p proctor.plugin" in ended.stderr


def test_an_inherited_current_test_is_forgotten(project, worker):
    project.write(
        conftest="import os; assert 'PYTEST_CURRENT_TEST' not in os.environ",
        test_a="def test_a(): pass",
    )
    driver = worker(env={"PYTEST_CURRENT_TEST": "outer (call)"})
    assert driver.collect() == ["test_a.py::test_a"]
    assert os.environ["PYTEST_CURRENT_TEST"]  # this test's own, which the worker inherited
