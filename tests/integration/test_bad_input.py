"""What users get wrong: each a clear sentence, the right exit code, nothing left running."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest


def make(folder: Path, text: str = "def test_1(): pass\n") -> Path:
    folder.mkdir()
    (folder / "test_a.py").write_text(text)
    return folder


@pytest.mark.parametrize("toml, said", [
    ("[subject\n", "proctor.toml:1"),
    ("[subject]\ncomand = ['x']\n[[suite]]\n",
     "proctor.toml:2: unknown key 'comand' in [subject]; did you mean 'command'?"),
    ("[subject]\ncommand = 'x'\n", "proctor.toml:2"),
    ("[[suite]]\nrunner = 'pytst'\n", "pytest"),
    ("[subject]\ncommand = ['x']\n[subject.ready]\ntimeout = 'soon'\n[[suite]]\n", "proctor.toml:4"),
])
def test_a_broken_config_is_named_with_its_line(proctor, tmp_path, toml, said):
    folder = make(tmp_path / "s")
    (folder / "proctor.toml").write_text(toml)
    ran = proctor(str(folder))
    assert ran.code == 4
    assert said in ran.stderr


@pytest.mark.parametrize("arguments, said", [
    (["nowhere"], "nowhere"),
    (["--restart", "sometimes", "."], "sometimes"),
    (["--lanes", "0", "."], "'0' is neither auto nor a whole number of at least 1"),
    (["--lanes", "1.5", "."], "'1.5' is neither auto"),
    (["--lanes", "99999999999", "."], "'99999999999' is neither auto"),
    (["--nonsense"], "--nonsense"),
    (["--config", "missing.toml"], "missing.toml"),
])
def test_a_wrong_command_line_is_answered_with_4(proctor, arguments, said):
    ran = proctor(*arguments)
    assert ran.code == 4
    assert said in ran.stderr


def test_a_path_without_tests_ends_with_5(proctor, tmp_path):
    folder = make(tmp_path / "s", "x = 1\n")
    assert proctor(str(folder)).code == 5
    (tmp_path / "empty").mkdir()
    assert proctor(str(tmp_path / "empty")).code == 5


@pytest.mark.parametrize("ini", ["[pytest", "[pytest]\nminversion = 99\n"])
def test_a_pytest_that_cannot_start_is_asked_once_and_quoted(proctor, tmp_path, ini):
    folder = make(tmp_path / "s")
    (folder / "pytest.ini").write_text(ini)
    ran = proctor(str(folder))
    assert ran.code == 4
    assert (ran.stdout + ran.stderr).count("pytest could not start") == 1
    assert "pytest.ini" in ran.stdout + ran.stderr
    assert ran.report["tests"] == []


def test_a_keyword_that_makes_no_sense_blames_no_test(proctor, tmp_path):
    ran = proctor(str(make(tmp_path / "s")), "-k", "foo and")
    assert ran.code == 4
    assert ran.report["tests"] == []


def test_a_test_that_wants_a_subject_where_there_is_none_blames_the_configuration(
        proctor, tmp_path):
    folder = make(tmp_path / "s", "def test_1(live_gui): pass\n")
    (folder / "proctor.toml").write_text('[[suite]]\npaths = ["."]\n')
    test = proctor(str(folder)).test("test_1")
    assert (test["outcome"], test["blame"]) == ("error", "infrastructure")
    assert "[subject]" in test["message"]


def test_bad_pytest_arguments_are_pytests_own_words(proctor, tmp_path):
    folder = make(tmp_path / "s")
    (folder / "proctor.toml").write_text('[[suite]]\npaths = ["."]\nargs = ["--no-such-option"]\n')
    ran = proctor(str(folder))
    assert ran.code == 4
    assert "--no-such-option" in ran.stdout + ran.stderr


def test_a_python_without_pytest_is_told_with_what_was_tried(proctor, tmp_path):
    folder = make(tmp_path / "s")
    (folder / "proctor.toml").write_text('[[suite]]\npaths = ["."]\npython = "./no/python"\n')
    ran = proctor(str(folder))
    assert ran.code == 4
    assert "no/python" in ran.stdout + ran.stderr


def test_an_unwritable_state_directory_is_told_before_anything_runs(bin_dir, environment, tmp_path):
    folder = make(tmp_path / "s", "open('ran', 'w').close()\ndef test_1(): pass\n")
    (tmp_path / "file").write_text("")
    environment["XDG_STATE_HOME"] = str(tmp_path / "file")
    ran = subprocess.run([str(bin_dir / "proctor"), "run", str(folder)], env=environment,
                         cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 3
    assert "XDG_STATE_HOME" in ran.stderr
    assert not (tmp_path / "ran").exists()


def test_a_report_that_cannot_be_written_is_told_before_anything_runs(proctor, tmp_path):
    folder = make(tmp_path / "s", "open('ran', 'w').close()\ndef test_1(): pass\n")
    ran = proctor(str(folder), "--junit", str(tmp_path / "no/such/place.xml"))
    assert ran.code == 4
    assert "no/such/place.xml" in ran.stderr
    assert not list(tmp_path.rglob("ran"))


def test_a_report_that_can_no_longer_be_written_is_an_error_and_the_run_is_not_lost(
        proctor, tmp_path):
    (tmp_path / "reports").mkdir()
    gone = tmp_path / "reports"
    folder = make(tmp_path / "s", f"import os\ndef test_1(): os.rmdir({str(gone)!r})\n")
    ran = proctor(str(folder), "--junit", str(gone / "place.xml"))
    assert ran.code == 3
    assert "reports/place.xml" in ran.stderr
    assert ran.report["summary"]["passed"] == 1


def test_output_of_any_bytes_and_size_harms_nothing(proctor, tmp_path):
    folder = make(tmp_path / "s", r"""
import os, sys
def test_bytes():
    os.write(1, b"\xff\xfe\x00 \x1b[31m bad \xc3\n"); print("\udcff \x00"); assert 0
def test_flood(capfd):
    with capfd.disabled():
        block = b"x" * 65535 + b"\n"
        for _ in range(1500): os.write(1, block)
def test_after(): pass
""")
    junit = tmp_path / "junit.xml"
    ran = proctor(str(folder), "--junit", str(junit))
    assert ran.code == 1
    assert [t["outcome"] for t in ran.report["tests"]] == ["failed", "passed", "passed"]
    assert len(list(ElementTree.parse(junit).iter("testcase"))) == 3


@pytest.mark.parametrize("nonsense", [r'b"{nonsense\n"', r'b"x" * 3_000_000 + b"\n"'])
def test_a_worker_that_speaks_nonsense_is_ended_and_the_rest_runs(proctor, tmp_path, nonsense):
    folder = make(tmp_path / "s", """
import os, stat
def test_1():
    for fd in map(int, os.listdir("/proc/self/fd")):
        try:
            if fd > 2 and stat.S_ISSOCK(os.fstat(fd).st_mode): os.write(fd, NONSENSE)
        except OSError: pass
    import time; time.sleep(60)
def test_2(): pass
""".replace("NONSENSE", nonsense))
    ran = proctor(str(folder))
    assert ran.test("test_1")["outcome"] == "crashed"
    assert ran.test("test_1")["blame"] == "infrastructure"
    assert ran.test("test_2")["outcome"] == "passed"


def test_events_are_json_lines_in_order(proctor, tmp_path):
    folder = make(tmp_path / "s")
    events = tmp_path / "events.jsonl"
    assert proctor(str(folder), "--events", str(events)).code == 0
    lines = [json.loads(line) for line in events.read_text().splitlines()]
    assert lines[0]["type"] == "BatchStarted" and lines[-1]["type"] == "BatchEnded"
    assert [l["seq"] for l in lines] == sorted(l["seq"] for l in lines)
    assert {"TestStarted", "PhaseFinished", "TestFinished", "WorkerExited"} <= {l["type"] for l in lines}


def test_show_and_history_tell_of_the_batch(bin_dir, proctor, environment, tmp_path):
    folder = make(tmp_path / "s", "def test_1(): assert 0\n")
    batch = proctor(str(folder)).report["batch"]
    run = lambda *words: subprocess.run([str(bin_dir / "proctor"), *words], env=environment,
                                        capture_output=True, text=True, check=False)
    assert batch in run("history").stdout
    assert "test_a.py::test_1" in run("show", batch[:-1]).stdout
    assert run("show", "19700101").returncode == 4
