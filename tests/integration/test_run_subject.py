"""Batches against a live program that breaks, in every way that a subject can."""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from conftest import is_alive

USES = "def post(gui, what): return gui.request('POST', '/' + what)\n"


def test_the_file_after_a_degraded_subject_starts_on_a_fresh_one_and_says_why(proctor, suite):
    root = suite({
        "test_a.py": USES + "def test_1(live_gui): pass\ndef test_2(live_gui): post(live_gui, 'degrade')\n",
        "test_b.py": "def test_3(live_gui): assert live_gui.health().healthy\n",
        "test_c.py": "def test_4(): pass\n",
    })
    ran = proctor(str(root))
    assert ran.code == 0, ran.stdout + ran.stderr
    assert ran.file("test_a.py")["subject"]["note"] == "fresh"
    note = ran.file("test_b.py")["subject"]
    assert note["note"] == "respawned" and note["generation"] == 2
    assert "test_2" in note["reason"] and "the cache is corrupt" in note["reason"]
    assert ran.file("test_c.py")["subject"] is None
    assert [g["generation"] for g in ran.report["generations"]] == [1, 2]


def test_under_never_the_doomed_tests_fail_at_once_with_the_reason(proctor, suite):
    root = suite({
        "test_a.py": USES + "def test_1(live_gui): post(live_gui, 'degrade')\n",
        "test_b.py": "def test_2(live_gui): pass\ndef test_3(live_gui): pass\n",
    })
    ran = proctor(str(root), "--restart", "never")
    assert ran.code == 1
    for name in ("test_2", "test_3"):
        test = ran.test(name)
        assert test["outcome"] == "error" and test["blame"] == "collateral"
        assert "the cache is corrupt" in test["details"]
        assert "cannot proceed on a dirty subject" in test["details"]
        assert test["duration_ms"] < 1000
    assert len(ran.report["generations"]) == 1


@pytest.mark.parametrize("how, expected", [("die", "SIGSEGV"), ("exit", None)])
def test_a_crash_is_charged_once_and_the_rest_of_the_file_runs(proctor, suite, how, expected):
    root = suite({"test_a.py": USES + f"""
def test_1(live_gui):
    try: post(live_gui, '{how}')
    except Exception: pass
    live_gui.request('GET', '/health')
def test_2(live_gui): assert live_gui.generation == 2
"""})
    ran = proctor(str(root))
    assert ran.test("test_1")["outcome"] == "failed"
    assert ran.test("test_1")["blame"] == "subject_crash"
    assert ran.test("test_2")["outcome"] == "passed"
    ended = ran.report["generations"][0]
    assert ended["health"] == "dead"
    assert ended["exit"]["signal"] == expected
    assert ended["exit"]["code"] == (3 if expected is None else None)


@pytest.fixture
def with_cores(environment):
    """Programs that crash leave a core, as far as this machine lets them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard == 0 or Path("/proc/sys/kernel/core_pattern").read_text().startswith(("|", "/")):
        pytest.skip("this machine keeps no cores in the program's directory")
    if shutil.which("gdb") is None:
        pytest.skip("gdb is not installed")
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    for sanitizer in ("ASAN_OPTIONS", "TSAN_OPTIONS"):  # they switch it off for all that they start
        environment[sanitizer] = environment.get(sanitizer, "") + ":disable_coredump=0"
    yield
    resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def test_a_crash_tells_its_core_the_stacks_in_it_and_the_health_before(proctor, suite, with_cores):
    root = suite({"test_a.py": USES + """
def test_1(live_gui):
    try: post(live_gui, 'die')
    except Exception: pass
    live_gui.request('GET', '/health')
"""})
    ran = proctor(str(root))
    details = ran.test("test_1")["details"]
    assert re.search(r"Its core is \S*/project/core\S*; the stacks in it are kept with generation 1", details)
    assert re.search(r"after its start: [\d.]+ healthy, [\d.]+ dead \(it ended with SIGSEGV\); "
                     r"this test began at", details)
    # The program is Python itself, and its threads have names from its symbols.
    stacks = ran.report["generations"][0]["stacks"]
    assert "Thread 1 (" in stacks and " _start " in stacks
    assert "the stacks in its core" in ran.stdout


def test_a_freeze_is_found_before_the_next_test_starts(proctor, suite):
    root = suite({"test_a.py": USES + "def test_1(live_gui): post(live_gui, 'freeze')\n"
                                      "def test_2(live_gui): assert live_gui.generation == 2\n"})
    ran = proctor(str(root))
    assert ran.code == 0, ran.stdout + ran.stderr
    assert "frame counter" in ran.report["generations"][0]["reason"]


def test_policy_file_gives_every_file_its_own(proctor, suite):
    body = "def test_{0}(live_gui): pass\n"
    root = suite({f"test_{n}.py": body.format(n) for n in "abc"})
    ran = proctor(str(root), "--restart", "file")
    assert ran.code == 0
    assert [f["subject"]["generation"] for f in ran.report["files"]] == [1, 2, 3]
    assert {f["subject"]["note"] for f in ran.report["files"]} == {"fresh"}


def test_a_left_behind_grandchild_is_found_and_ended(proctor, suite):
    root = suite({"test_a.py": USES + "def test_1(live_gui): post(live_gui, 'leave')\n"})
    ran = proctor(str(root))
    assert ran.code == 0
    assert "left" in ran.stdout and "process" in ran.stdout


def test_a_taken_port_names_its_holder_and_ends_the_run_at_once(proctor, suite):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        root = suite({"test_a.py": "def test_1(live_gui): pass\ndef test_2(live_gui): pass\n"},
                     subject="")
        toml = root / "proctor.toml"
        toml.write_text(toml.read_text().replace('name = "service"', f'name = "service"\nport = {port}'))
        begin = time.monotonic()
        ran = proctor(str(root))
        assert ran.code == 3
        assert time.monotonic() - begin < 20
        assert {t["outcome"] for t in ran.report["tests"]} == {"not_run"}
        assert {t["blame"] for t in ran.report["tests"]} == {"infrastructure"}
        assert str(os.getpid()) in ran.report["tests"][0]["message"]


def test_a_subject_that_dies_at_once_is_told_with_its_log(proctor, suite):
    root = suite({"test_a.py": "def test_1(live_gui): pass\n"})
    (root / "service.py").write_text("print('no licence found'); raise SystemExit(7)\n")
    ran = proctor(str(root))
    assert ran.code == 3
    assert "no licence found" in ran.stdout + ran.stderr
    assert "exit code 7" in ran.report["tests"][0]["message"]


def test_a_subject_that_never_gets_ready_is_given_up_after_its_time(proctor, suite):
    root = suite({"test_a.py": "def test_1(live_gui): pass\n"},
                 subject='[subject.ready]\nurl = "http://127.0.0.1:{port}/health"\ntimeout = "700ms"')
    (root / "service.py").write_text("import time; time.sleep(600)\n")
    ran = proctor(str(root))
    assert ran.code == 3
    assert "did not become ready within 0.7 s" in ran.report["tests"][0]["message"]


def test_a_command_that_does_not_exist_is_named(proctor, suite):
    root = suite({"test_a.py": "def test_1(live_gui): pass\n"})
    toml = root / "proctor.toml"
    text = toml.read_text()
    line = next(l for l in text.splitlines() if l.startswith("command"))
    toml.write_text(text.replace(line, 'command = ["no_such_program"]'))
    ran = proctor(str(root))
    assert ran.code == 3
    assert "no_such_program" in ran.report["tests"][0]["message"]


def test_the_restart_budget_ends_an_endless_story(proctor, suite):
    crash = "def test_{0}(live_gui):\n try: live_gui.request('POST', '/die')\n except Exception: pass\n"
    root = suite({f"test_{n}.py": crash.format(n) for n in "abcd"},
                 subject='[subject.restart]\nbudget = "2 in 60s"')
    ran = proctor(str(root))
    outcomes = [t["outcome"] for t in ran.report["tests"]]
    assert outcomes == ["passed", "passed", "passed", "not_run"]
    assert "budget" in ran.test("test_d")["message"]
    assert ran.code == 1


def start(bin_dir: Path, root: Path, environment: dict, out: Path) -> subprocess.Popen:
    return subprocess.Popen([str(bin_dir / "proctor"), "run", str(root)], env=environment,
                            stdin=subprocess.DEVNULL, stdout=out.open("w"),
                            stderr=subprocess.STDOUT)


def wait_for(path: Path, process: subprocess.Popen) -> list:
    deadline = time.monotonic() + 60
    while not (path.exists() and path.read_text().endswith("\n")):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)  # a file is all that tells how far the test is
    return [int(word) for word in path.read_text().split()]


LONG = """
import os, time
def test_1(): pass
def test_2(live_gui):
    with open({0!r}, "w") as f: f.write(f"{{os.getpid()}} {{live_gui.pid}}\\n")
    time.sleep(600)
def test_3(): pass
"""


def test_killing_proctor_leaves_nothing_alive_and_loses_nothing_shown(bin_dir, environment, suite,
                                                                      tmp_path):
    mark = tmp_path / "mark"
    root = suite({"test_a.py": LONG.format(str(mark))})
    process = start(bin_dir, root, environment, tmp_path / "out")
    pids = wait_for(mark, process)
    process.kill()
    process.wait()
    deadline = time.monotonic() + 1
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not any(map(is_alive, pids))
    shown = subprocess.run([str(bin_dir / "proctor"), "show"], env=environment,
                           capture_output=True, text=True, check=True).stdout
    assert "test_a.py" in shown
    listed = subprocess.run([str(bin_dir / "proctor"), "history"], env=environment,
                            capture_output=True, text=True, check=True).stdout
    assert "unfinished" in listed


def test_ctrl_c_twice_stops_at_once_and_accounts_for_every_test(bin_dir, environment, suite,
                                                                tmp_path):
    mark = tmp_path / "mark"
    root = suite({"test_a.py": LONG.format(str(mark))})
    process = start(bin_dir, root, environment, tmp_path / "out")
    pids = wait_for(mark, process)
    process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + 30
    while "Ctrl-C again" not in (tmp_path / "out").read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 2
    assert not any(map(is_alive, pids))
    assert "2 not run" in (tmp_path / "out").read_text().replace("_", " ")


def test_live_gui_knows_its_subject(proctor, suite):
    root = suite({"test_a.py": """
import os
def test_1(live_gui):
    assert live_gui.url == f"http://127.0.0.1:{live_gui.port}"
    os.kill(live_gui.pid, 0)
    assert live_gui.generation == 1
    assert live_gui.workspace.is_dir() and not any(live_gui.workspace.iterdir())
    live_gui.ensure_healthy()
    assert live_gui.request("GET", "/health").json()["frame"] >= 0
"""})
    ran = proctor(str(root))
    assert ran.code == 0, ran.stdout


def test_the_plugin_works_without_proctor(suite, environment, bin_dir):
    root = suite({"test_a.py": USES + "def test_1(live_gui): post(live_gui, 'degrade')\n",
                  "test_b.py": "def test_2(live_gui): assert live_gui.generation == 2\n"})
    package = Path(__file__).resolve().parents[2] / "hooks/python"
    ran = subprocess.run(
        ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "proctor.plugin", "-p", "no:cacheprovider",
         "tests"], cwd=root, env={**environment, "PYTHONPATH": str(package)}, capture_output=True,
        text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "2 passed" in ran.stdout
