"""Notebooks as test files, and kernels as subjects, in whole batches."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

DEMO = Path(__file__).resolve().parents[2] / "assets/demo_kernel"


def notebook(path: Path, *cells: str, outputs: Optional[Dict[int, str]] = None) -> Path:
    """A notebook of code cells; `outputs` are what is stored as printed, by cell."""
    made: List[Dict[str, Any]] = []
    for number, source in enumerate(cells):
        stored = (outputs or {}).get(number)
        made.append({
            "cell_type": "code", "execution_count": None, "metadata": {}, "source": source,
            "outputs": [] if stored is None else [
                {"output_type": "stream", "name": "stdout", "text": stored}],
        })
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(
        {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}, indent=1))
    return path


def config(folder: Path, text: str = "", suite: str = "") -> Path:
    (folder / "proctor.toml").write_text(
        f'{text}\n[[suite]]\nrunner = "notebook"\npaths = ["."]\n{suite}\n')
    return folder


def test_the_demo_ends_as_its_readme_says(proctor):
    ran = proctor("--headless", str(DEMO))
    assert ran.code == 1, ran.stdout + ran.stderr
    summary = ran.report["summary"]
    assert (summary["tests"], summary["passed"], summary["failed"]) == (17, 13, 2)
    assert (summary["skipped"], summary["not_run"]) == (1, 1)
    killed = ran.test("the kernel dies")
    assert killed["blame"] == "subject_crash" and killed["generation"] == 2
    assert "SIGKILL" in killed["message"] + killed["details"]
    lost = [t for t in ran.report["tests"] if t["outcome"] == "not_run"]
    assert [t["blame"] for t in lost] == ["collateral"]
    assert "generation 2 died under" in lost[0]["message"]
    after = ran.file("03_after.ipynb")["subject"]
    assert after["note"] == "respawned" and after["generation"] == 3
    assert "02_kills_its_kernel.ipynb::the kernel dies" in after["reason"]
    notes = [f["subject"]["note"] for f in ran.report["files"]]
    assert notes == ["fresh", "fresh", "respawned", "fresh", "fresh"]


def test_a_notebook_runs_without_a_configuration(proctor, tmp_path):
    path = notebook(tmp_path / "a.ipynb", "x = 1", "# test: it is kept\nassert x == 1", "assert x == 2")
    ran = proctor("--headless", str(path))
    assert ran.outcomes() == {"a.ipynb::cell[0]": "passed", "a.ipynb::it is kept": "passed",
                              "a.ipynb::cell[2]": "failed"}
    assert ran.code == 1
    assert "AssertionError" in ran.test("cell[2]")["message"]


def test_a_cell_past_its_limit_is_interrupted_and_the_next_file_goes_on(proctor, tmp_path):
    notebook(tmp_path / "a.ipynb", "x = 1", "import time\nwhile True:\n    time.sleep(0.01)", "x")
    notebook(tmp_path / "b.ipynb", "assert 'x' not in globals()")
    ran = proctor("--headless", str(config(tmp_path, suite='timeout = "2s"')))
    assert ran.outcomes() == {"a.ipynb::cell[0]": "passed", "a.ipynb::cell[1]": "timed_out",
                              "a.ipynb::cell[2]": "not_run", "b.ipynb::cell[0]": "passed"}
    stood = ran.test("cell[1]")
    assert "time.sleep(0.01)" in stood["details"]  # where it stood
    assert ran.file("b.ipynb")["subject"]["note"] == "respawned"


def test_a_cell_that_no_interrupt_reaches_costs_its_limit_and_no_more(proctor, tmp_path):
    deaf = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)"
    notebook(tmp_path / "a.ipynb", deaf, "1")
    notebook(tmp_path / "b.ipynb", "2")
    ran = proctor("--headless", str(config(tmp_path, suite='timeout = "2s"')))
    assert ran.outcomes() == {"a.ipynb::cell[0]": "timed_out", "a.ipynb::cell[1]": "not_run",
                              "b.ipynb::cell[0]": "passed"}


@pytest.mark.parametrize("cell", [0, 1, 2])
def test_a_kernel_may_die_in_any_cell(proctor, tmp_path, cell):
    cells = ["1", "2", "3"]
    cells[cell] = "import os\nos._exit(7)"
    notebook(tmp_path / "a.ipynb", *cells)
    notebook(tmp_path / "b.ipynb", "4")
    ran = proctor("--headless", str(config(tmp_path)))
    expected = ["passed"] * cell + ["failed"] + ["not_run"] * (2 - cell)
    assert [ran.outcomes()[f"a.ipynb::cell[{n}]"] for n in range(3)] == expected
    assert ran.test(f"cell[{cell}]")["blame"] == "subject_crash" if cell else True
    assert ran.outcomes()["b.ipynb::cell[0]"] == "passed"
    assert ran.report["generations"][0]["exit"]["code"] == 7


def test_stored_outputs_are_compared_and_written_back(proctor, tmp_path):
    path = notebook(tmp_path / "a.ipynb", "print('one')", "print('at 0x7f00')",
                    outputs={0: "two\n", 1: "at 0x1234\n"})
    suite = "compare = \"text\"\nsanitize = { '0x[0-9a-f]+' = 'ADDRESS' }\n"
    ran = proctor("--headless", str(config(tmp_path, suite=suite)))
    assert ran.outcomes() == {"a.ipynb::cell[0]": "failed", "a.ipynb::cell[1]": "passed"}
    details = ran.test("cell[0]")["details"]
    assert "-two" in details and "+one" in details
    ran = proctor("--headless", str(config(tmp_path, suite="write_back = true")))
    assert ran.code == 0
    stored = json.loads(path.read_text())["cells"][0]["outputs"][0]
    assert "".join(stored["text"]) == "one\n"


def test_restart_never_keeps_one_kernel_for_all_files(proctor, tmp_path):
    notebook(tmp_path / "a.ipynb", "x = 1")
    notebook(tmp_path / "b.ipynb", "assert x == 1")
    ran = proctor("--headless", "--restart", "never", str(config(tmp_path)))
    assert ran.code == 0
    assert len(ran.report["generations"]) == 1
    assert ran.file("b.ipynb")["subject"]["note"] == "reused"


def test_lanes_and_spares_have_kernels_of_their_own(proctor, tmp_path):
    for name in "abcdef":
        notebook(tmp_path / f"{name}.ipynb", "assert 'x' not in globals()\nx = 1", "assert x == 1")
    subject = '[subject]\nkind = "kernel"\nkernel = "python3"\n[subject.restart]\nspares = 1\n'
    ran = proctor("--headless", "--lanes", "2", str(config(tmp_path, subject)))
    assert ran.code == 0, ran.stdout + ran.stderr
    assert {f["lane"] for f in ran.report["files"]} == {0, 1}


def test_a_batch_of_many_files_ends(proctor, tmp_path):
    """More kernels than are kept in the list of dead ones."""
    for number in range(12):
        notebook(tmp_path / f"n{number:02}.ipynb", "1")
    ran = proctor("--headless", str(config(tmp_path)))
    assert ran.code == 0, ran.stdout + ran.stderr
    assert ran.report["summary"]["passed"] == 12


def test_a_bracket_in_a_name_costs_no_other_file(proctor, tmp_path):
    """Also where another worker takes over, and is told the files by name."""
    notebook(tmp_path / "a.ipynb", "1")
    deaf = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)"
    notebook(tmp_path / "b.ipynb", deaf)
    notebook(tmp_path / "c [x].ipynb", "2")
    ran = proctor("--headless", str(config(tmp_path, suite='timeout = "1s"')))
    assert ran.outcomes() == {"a.ipynb::cell[0]": "passed", "b.ipynb::cell[0]": "timed_out",
                              "c [x].ipynb::cell[0]": "passed"}


def test_a_batch_that_runs_is_not_resumed_by_another(bin_dir, environment, tmp_path):
    begun = tmp_path / "begun"
    path = notebook(tmp_path / "a.ipynb", f"open({str(begun)!r}, 'w').close()\nwhile True: pass")
    running = subprocess.Popen([bin_dir / "proctor", "run", "--headless", str(path)],
                               env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(begun.exists)
        refused = subprocess.run([bin_dir / "proctor", "resume"], env=environment, cwd=tmp_path,
                                 capture_output=True, text=True, timeout=60, check=False)
    finally:
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
    assert refused.returncode == 4
    assert "still run by another Proctor" in refused.stderr


def test_percent_scripts_and_pytest_files_go_to_their_own_runners(proctor, tmp_path):
    script = tmp_path / "script.py"
    script.write_text("# %%\nx = 1\n# %%\n# test: kept\nassert x == 1\n")
    plain = tmp_path / "test_plain.py"
    plain.write_text("def test_a():\n    pass\n")
    ran = proctor("--headless", str(plain), str(script))
    assert ran.outcomes() == {"test_plain.py::test_a": "passed", "script.py::cell[0]": "passed",
                              "script.py::kept": "passed"}


def test_pytest_tests_use_a_kernel_too(proctor, tmp_path):
    (tmp_path / "proctor.toml").write_text(
        '[subject]\nkind = "kernel"\nkernel = "python3"\n[[suite]]\npaths = ["."]\n')
    (tmp_path / "test_a.py").write_text(
        "def test_sets(live_kernel):\n    assert live_kernel.execute('x = 1; x').text == '1'\n"
        "def test_kills(live_kernel):\n    live_kernel.execute('import os; os._exit(3)')\n"
        "def test_is_fresh(live_kernel):\n"
        "    assert live_kernel.execute(\"'x' in globals()\").text == 'False'\n")
    ran = proctor("--headless", str(tmp_path))
    assert [ran.test(n)["outcome"] for n in ("test_sets", "test_kills", "test_is_fresh")] == [
        "passed", "failed", "passed"]
    assert ran.test("test_kills")["blame"] == "subject_crash"
    assert ran.test("test_is_fresh")["generation"] == 2


def test_a_kernel_left_busy_is_not_given_to_the_next_test(proctor, tmp_path):
    (tmp_path / "proctor.toml").write_text(
        '[subject]\nkind = "kernel"\nkernel = "python3"\n[subject.health]\nhang_after = "1s"\n'
        '[[suite]]\npaths = ["."]\n')
    (tmp_path / "test_a.py").write_text(
        "def test_leaves_it_busy(live_kernel):\n"
        "    chunks = live_kernel.stream('print(1, flush=True)\\nwhile True: pass')\n"
        "    next(chunks)\n"
        "def test_has_one_that_answers(live_kernel):\n"
        "    assert live_kernel.execute('2').text == '2'\n")
    ran = proctor("--headless", str(tmp_path))
    assert ran.test("test_has_one_that_answers")["outcome"] == "passed", ran.stdout


@pytest.mark.parametrize("subject, words", [
    ('kernel = "pyton3"', "python3"),
    ('kernel = "python3"\nsandbox = "moat"', "bwrap"),
    ('kernel = "python3"\nsandbox = { srt = "missing.json" }', "srt"),
])
def test_a_kernel_that_cannot_be_had_is_told_before_the_batch(proctor, tmp_path, subject, words):
    notebook(tmp_path / "a.ipynb", "1")
    ran = proctor("--headless", str(config(tmp_path, f'[subject]\nkind = "kernel"\n{subject}')))
    assert ran.code == 4
    assert "proctor.toml" in ran.stderr and words in ran.stderr


def test_a_missing_sandbox_never_means_none(proctor, tmp_path):
    """No bwrap on PATH: nothing runs."""
    bare = tmp_path / "bin"
    bare.mkdir()
    for name in ("python3", "env"):
        (bare / name).symlink_to(shutil.which(name, path="/usr/bin:/bin"))
    mark = tmp_path / "it-ran"
    notebook(tmp_path / "suite/a.ipynb", f"open({str(mark)!r}, 'w')")
    folder = config(tmp_path / "suite", '[subject]\nkind = "kernel"\nkernel = "python3"\nsandbox = "bwrap"')
    ran = proctor("--headless", str(folder), env={"PATH": str(bare)})
    assert ran.code == 4 and "bwrap" in ran.stderr
    assert not mark.exists()


def test_cells_in_a_sandbox_write_to_their_workspace_alone(proctor, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    notebook(tmp_path / "suite/a.ipynb",
             f"import errno\ntry:\n    open({str(outside / 'x')!r}, 'w')\nexcept OSError as e:\n"
             "    assert e.errno in (errno.EROFS, errno.ENOENT)\nelse:\n    assert False, 'it wrote'")
    folder = config(tmp_path / "suite", '[subject]\nkind = "kernel"\nkernel = "python3"\nsandbox = "bwrap"')
    ran = proctor("--headless", str(folder))
    assert ran.code == 0, ran.stdout + ran.stderr
    assert list(outside.iterdir()) == []


def kernels_of(folder: Path) -> List[int]:
    """Processes whose command line or environment names the folder, as every kernel's does."""
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        try:
            words = (process / "cmdline").read_bytes()
            own = str(folder).encode() in (process / "environ").read_bytes()
        except OSError:
            continue
        if own and b"ipykernel" in words:
            found.append(int(process.name))
    return found


def test_killing_proctor_leaves_no_kernel(bin_dir, environment, tmp_path):
    begun = tmp_path / "begun"
    notebook(tmp_path / "a.ipynb", f"open({str(begun)!r}, 'w').close()\nwhile True: pass")
    environment["PROCTOR_TEST_MARK"] = str(tmp_path)
    running = subprocess.Popen([bin_dir / "proctor", "run", "--headless", str(tmp_path / "a.ipynb")],
                               env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(begun.exists)
        assert kernels_of(tmp_path)
    finally:
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
    wait_for(lambda: not kernels_of(tmp_path))


def wait_for(condition, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)  # neither files nor processes tell
