"""Notebooks as test files, under plain pytest and under Proctor's worker."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from driver import LIMIT, outcome, python_environment
from fake_kernels import Host
from test_notebook_cells import document

FAKE = Path(__file__).with_name("fake_kernels.py")
KILL = "import os\nprint('bye')\nos.kill(os.getpid(), 9)"


class Notebooks:
    """A folder of notebooks, and pytest over it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()
        (path / "pytest.ini").write_text("[pytest]\n")

    def write(self, name: str, *cells) -> Path:
        file = self.path / name
        file.write_text(json.dumps(document(*cells), indent=1, ensure_ascii=False) + "\n")
        return file

    def run(self, *args: str) -> "Ran":
        command = [sys.executable, "-m", "pytest", "-p", "proctor.notebooks", "-p",
                   "no:cacheprovider", "-rA", "--junitxml=out.xml", *args]  # fmt: skip
        done = subprocess.run(
            command, cwd=self.path, env=python_environment(PROCTOR_BIN=str(FAKE)),
            capture_output=True, text=True, timeout=LIMIT * 2, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return Ran(done, self.path / "out.xml")


class Ran:
    def __init__(self, done, report: Path) -> None:
        self.code, self.text = done.returncode, done.stdout + done.stderr
        self.outcomes, self.messages = {}, {}
        for case in ElementTree.parse(report).iter("testcase") if report.exists() else []:
            bad = [child for child in case if child.tag in ("failure", "error", "skipped")]
            self.outcomes[case.get("name")] = bad[0].tag if bad else "passed"
            self.messages[case.get("name")] = bad[0].get("message") if bad else ""


@pytest.fixture
def notebooks(tmp_path):
    return Notebooks(tmp_path / "notebooks")


# ---- plain pytest ----


def test_cells_share_a_kernel_in_order_and_go_on_after_a_failure(notebooks):
    notebooks.write("a.ipynb", "x = 1", "x += 1\nraise ValueError('no')", "# test: sum\nassert x == 2")
    ran = notebooks.run()
    assert ran.outcomes == {"cell[0]": "passed", "cell[1]": "failure", "sum": "passed"}
    assert ran.messages["cell[1]"] == "ValueError: no" and ran.code == 1
    for part in ("cell[1] of a.ipynb, line 2:", "> 2  raise ValueError('no')", "E   ValueError: no"):
        assert part in ran.text
    assert "\x1b" not in ran.text


def test_each_file_has_a_fresh_kernel_in_its_own_folder(notebooks):
    (notebooks.path / "sub").mkdir()
    cell = "import os\nassert 'mine' not in globals()\nmine = 1\nprint(os.getcwd())"
    notebooks.write("a.ipynb", cell)
    notebooks.write("sub/b.ipynb", cell)
    ran = notebooks.run()
    assert ran.code == 0 and f"{notebooks.path}/sub\n" in ran.text
    assert "a.ipynb: fresh, kernel 1" in ran.text and "b.ipynb: fresh, kernel 2" in ran.text


def test_a_dead_kernel_ends_its_file_only(notebooks):
    notebooks.write("a.ipynb", "x = 1", KILL, "x")
    notebooks.write("b.ipynb", "1")
    ran = notebooks.run("-v")
    assert "a.ipynb::cell[1] FAILED" in ran.text and "a.ipynb::cell[2] SKIPPED" in ran.text
    assert "b.ipynb::cell[0] PASSED" in ran.text
    assert "proctor.KernelDied: the kernel ended by signal 9 (SIGKILL)" in ran.text
    assert "cell[1] killed its kernel, and this cell builds on it" in ran.text
    assert "Captured stdout call" in ran.text and "bye" in ran.text


def test_a_timeout_interrupts_and_ends_its_file_only(notebooks):
    notebooks.write("a.ipynb", "while True: pass", "1")
    notebooks.write("b.ipynb", "2")
    ran = notebooks.run("-v", "--proctor-notebook-timeout=0.5")
    assert "timed out: the cell did not end within its limit of 0.5 s" in ran.text
    assert "> 1  while True: pass" in ran.text and "KeyboardInterrupt" in ran.text
    assert "a.ipynb::cell[1] SKIPPED" in ran.text and "b.ipynb::cell[0] PASSED" in ran.text


def test_tags_are_markers_and_some_mean_something(notebooks):
    def tagged(source, *tags):
        return {"source": source, "metadata": {"tags": list(tags)}}

    notebooks.write(
        "a.ipynb",
        tagged("1", "slow", "needs-net"),
        tagged("1 / 0", "raises-exception"),
        tagged("1", "raises-exception"),
        tagged("1 / 0", "skip"),
    )
    ran = notebooks.run("--strict-markers", "-W", "error")
    assert list(ran.outcomes.values()) == ["passed", "passed", "failure", "skipped"]
    assert ran.messages["cell[2]"] == "the cell raised nothing, and its tag is raises-exception"
    assert ran.messages["cell[3]"] == "the cell's tag 'skip'"
    assert "1 deselected" in notebooks.run("-m", "not slow").text
    assert list(notebooks.run("-m", "needs_net").outcomes) == ["cell[0]"]


def test_a_cell_is_selected_by_name_index_and_id(notebooks):
    notebooks.write("a.ipynb", "1", "# test: two\n2", "3")
    for wanted, found in (("cell[2]", "cell[2]"), ("two", "two"), ("id-1", "two"), ("id-2", "cell[2]")):
        assert list(notebooks.run(f"a.ipynb::{wanted}").outcomes) == [found]
    assert list(notebooks.run("-k", "id-0").outcomes) == ["cell[0]"]
    assert notebooks.run("a.ipynb::id-7").code == 4


def test_a_question_cannot_be_answered(notebooks):
    notebooks.write("a.ipynb", "input('?')")
    assert "StdinNotImplementedError" in notebooks.run().messages["cell[0]"]


def test_percent_files_run_too_and_ordinary_tests_as_ever(notebooks):
    text = "# %%\nx = 1\n\n# %% tags=['slow']\n\n# a comment\nassert x == 2\n"
    (notebooks.path / "test_cells.py").write_text(text)
    (notebooks.path / "script.py").write_text("# %%\nx = 1\n")
    (notebooks.path / "test_plain.py").write_text("def test_it(): pass\n")
    ran = notebooks.run()
    assert ran.outcomes == {"cell[0]": "passed", "cell[1]": "failure", "test_it": "passed"}
    assert "> 2  assert x == 2" in ran.text
    assert list(notebooks.run("script.py").outcomes) == ["cell[0]"]
    only = notebooks.run("--proctor-notebook-only", "-v")
    assert "script.py::cell[0] PASSED" in only.text and "test_it" not in only.text


def test_a_broken_notebook_is_an_error_of_its_collection(notebooks):
    (notebooks.path / "a.ipynb").write_text("{}")
    notebooks.write("b.ipynb", "1")
    ran = notebooks.run()
    assert ran.code == 2 and "a.ipynb: it is no notebook: it has no nbformat" in ran.text


def test_stored_text_is_compared_where_that_is_wanted(notebooks):
    def stores(source, text):
        output = {"output_type": "stream", "name": "stdout", "text": text}
        return {"source": source, "outputs": [output]}

    notebooks.write("a.ipynb", stores("print('a')", "a\n"), stores("print('b')", "c\n"), "print('d')")
    assert notebooks.run().code == 0
    ran = notebooks.run("--proctor-notebook-compare=text")
    assert list(ran.outcomes.values()) == ["passed", "failure", "failure"]
    assert "-c\n+b\n" in ran.text and "compare = 'text'" in ran.messages["cell[1]"]
    assert "Nothing is stored for this cell" in ran.text
    given = ["--proctor-notebook-compare=text", "--proctor-notebook-sanitize=[bcd]=x"]
    assert notebooks.run(*given).outcomes["cell[1]"] == "passed"
    (notebooks.path / "rules").write_text('# rules\n{"pattern": "[bc]", "replace": "="}\n\nd=\n')
    given[1] = "--proctor-notebook-sanitize=rules"
    assert notebooks.run(*given).code == 0
    given[1] = "--proctor-notebook-sanitize=(=x"
    wrong = notebooks.run(*given)
    assert wrong.code == 4 and "the pattern '(' cannot be used" in wrong.text


def test_outputs_are_stored_only_when_every_cell_ran(notebooks):
    file = notebooks.write("a.ipynb", {"type": "markdown", "source": "é"}, "print('é')", "6 * 7")
    before = file.read_text()
    notebooks.run("--proctor-notebook-write-back", "a.ipynb::cell[1]")
    assert file.read_text() == before
    assert notebooks.run("--proctor-notebook-write-back").code == 0
    cells = json.loads(file.read_text())["cells"]
    assert [cell["execution_count"] for cell in cells] == [None, 1, 2]
    assert cells[1]["outputs"][0]["text"] == ["é\n"]
    assert cells[2]["outputs"][0]["data"] == {"text/plain": ["42"]}
    assert notebooks.run("--proctor-notebook-compare=all").code == 0
    notebooks.write("b.ipynb", "1", KILL)
    before = (notebooks.path / "b.ipynb").read_text()
    notebooks.run("--proctor-notebook-write-back", "b.ipynb")
    assert (notebooks.path / "b.ipynb").read_text() == before


def test_a_file_that_changed_meanwhile_is_not_overwritten(notebooks):
    notebooks.write("a.ipynb", "open('a.ipynb', 'a').write(' ')")
    ran = notebooks.run("--proctor-notebook-write-back")
    assert "could not be stored: it was changed meanwhile" in ran.messages["cell[0]"]


def test_a_missing_program_is_an_error_of_each_cell(notebooks):
    notebooks.write("a.ipynb", "1")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "proctor.notebooks"], cwd=notebooks.path,
        env=python_environment(PROCTOR_BIN="/nowhere/proctor"),
        capture_output=True, text=True, timeout=LIMIT,
    )  # fmt: skip
    assert done.returncode == 1 and "PROCTOR_BIN names /nowhere/proctor" in done.stdout


# ---- live_kernel ----


def test_each_test_file_has_a_live_kernel(notebooks):
    test = """
        import pytest
        @pytest.fixture(scope="module")
        def prepared(live_kernel):
            live_kernel.execute("ready = 'yes'")
            return live_kernel
        def test_one(prepared):
            assert prepared.execute("ready").text == "'yes'"
            prepared.execute("left = 1")
        def test_two(live_kernel): assert live_kernel.execute("left").text == "1"
        def test_kills(live_kernel): live_kernel.execute("import os; os.kill(os.getpid(), 9)")
        def test_after(prepared):
            assert prepared.execute("ready, 'left' in globals()").text == "('yes', False)"
    """
    import textwrap

    (notebooks.path / "test_a.py").write_text(textwrap.dedent(test))
    (notebooks.path / "test_b.py").write_text(
        "def test_b(live_kernel):\n    assert live_kernel.execute(\"'left' in globals()\").text == 'False'\n"
    )
    ran = notebooks.run()
    assert ran.outcomes == {
        "test_one": "passed", "test_two": "passed", "test_kills": "failure",
        "test_after": "passed", "test_b": "passed",
    }, ran.text  # fmt: skip
    assert ran.messages["test_kills"].startswith("proctor.KernelDied: the kernel ended by signal 9")
    assert "test_a.py: respawned, kernel 2" in ran.text and "test_b.py: fresh, kernel 3" in ran.text


def test_a_kernel_subject_of_proctor_toml_counts(notebooks):
    (notebooks.path / "work").mkdir()
    (notebooks.path / "proctor.toml").write_text(
        '[subject]\nkind = "kernel"\nkernel = "python3"\ncwd = "work"\nenv = { MODE = "test" }\n'
    )
    notebooks.write("a.ipynb", "import os\n(os.path.basename(os.getcwd()), os.environ['MODE'])")
    assert "('work', 'test')" in notebooks.run().text
    (notebooks.path / "proctor.toml").write_text('[subject]\nkind = "kernel"\nsandbox = "moat"\n')
    wrong = notebooks.run()
    assert "proctor.toml:3: sandbox has to be" in wrong.text


# ---- under Proctor's worker ----


@pytest.fixture
def host():
    made = Host()
    threading.Thread(target=made.serve_forever, args=[0.01], daemon=True).start()
    yield made
    made.end()
    made.shutdown()
    made.server_close()


@pytest.fixture
def granted(host):
    """Grants each test the same kernel, as its first generation."""
    with host.changed:
        kernel = host.create({"kernel": "python3"})

    def answer(test, **more):
        return {
            "type": "subject", "test": test, "generation": 1, "url": host.url, "pid": 1,
            "port": host.server_port, "token": host.token, "workspace": "/tmp",
            "kernel": kernel.name, **more,
        }  # fmt: skip

    return answer


def call_of(messages, test):
    (call,) = [m for m in messages if m["type"] == "phase" and (m["test"], m["when"]) == (test, "call")]
    return call


def notebook_worker(project, worker, *cells):
    (project.path / "a.ipynb").write_text(json.dumps(document(*cells), indent=1))
    driver = worker("-p", "proctor.notebooks", "a.ipynb")
    return driver, driver.collect()


def test_the_file_says_that_its_tests_build_on_each_other(project, worker):
    driver, tests = notebook_worker(project, worker, "x = 1", {"source": "2", "metadata": {"tags": ["slow"]}})
    (file,) = driver.all("file")
    assert file["cumulative"] is True and tests == ["a.ipynb::cell[0]", "a.ipynb::cell[1]"]
    assert [t["subject"] for t in file["tests"]] == [True, True]
    assert file["tests"][1]["markers"] == ["slow"]


def test_a_percent_file_has_a_policy_in_its_first_lines(project, worker):
    project.file("a.py", "# proctor: restart=never group=db\n# %%\nx = 1\n")
    driver = worker("-p", "proctor.notebooks", "--proctor-notebook-only")
    assert driver.collect() == ["a.py::cell[0]"]
    (file,) = driver.all("file")
    assert (file["restart"], file["group"], file["cumulative"]) == ("never", "db", True)


def test_a_broken_notebook_is_told_by_the_worker(project, worker):
    project.file("a.ipynb", '{"nbformat": 3}')
    driver = worker("-p", "proctor.notebooks")
    assert driver.collect() == []
    (error,) = driver.all("collect_error")
    assert error["path"] == "a.ipynb" and "nbformat is 3" in error["message"]


def test_an_ordinary_file_does_not(project, worker):
    project.write(test_a="def test_a(): pass")
    driver = worker()
    driver.collect()
    assert "cumulative" not in driver.last("file")


def test_cells_run_on_the_granted_kernel(project, worker, granted):
    driver, tests = notebook_worker(project, worker, "x = 1", "print(x)\n1 / 0", "x")
    messages = driver.run(tests, answer=granted)
    assert [outcome(messages, test) for test in tests] == ["passed", "failed", "passed"]
    call = call_of(messages, tests[1])
    assert call["message"] == "ZeroDivisionError: division by zero" and call["stdout"] == "1\n"
    assert "> 2  1 / 0" in call["details"] and call["location"]["file"].endswith("/a.ipynb")
    assert driver.finish() == 1


def test_the_limit_interrupts_before_proctor_does(project, worker, granted):
    driver, tests = notebook_worker(project, worker, "x = 1", "while True: pass", "x")
    messages = driver.run(tests[:2], answer=lambda test: granted(test, limit_ms=1500))
    call = call_of(messages, tests[1])
    assert call["timed_out"] is True and call["outcome"] == "failed"
    assert call["message"].startswith("timed out: the cell did not end within its limit of 1.5 s")
    assert "KeyboardInterrupt" in call["details"] and call["duration_ms"] >= 1100
    assert "timed_out" not in call_of(messages, tests[0])


def test_a_dead_kernel_is_known_at_once(project, worker, granted):
    driver, tests = notebook_worker(project, worker, KILL, "1")
    messages = driver.run(tests[:1], answer=granted)
    call = call_of(messages, tests[0])
    assert call["message"] == "proctor.KernelDied: the kernel ended by signal 9 (SIGKILL)"
    assert call["stdout"] == "bye\n" and "timed_out" not in call


def test_live_kernel_is_the_granted_one_and_counts_as_the_subject(project, worker, granted, host):
    project.write(
        test_a="def test_a(live_kernel):\n    live_kernel.execute('x = 5')\n"
        "    assert live_kernel.generation == 1\n",
        test_b="def test_b(live_kernel): assert live_kernel.execute('x').text == '5'",
    )
    driver = worker()
    tests = driver.collect()
    assert all(t["subject"] for f in driver.all("file") for t in f["tests"])
    messages = driver.run(tests, answer=granted)
    assert [outcome(messages, test) for test in tests] == ["passed", "passed"]
    assert driver.finish() == 0
    assert not any(path.endswith("/shutdown") for _, path, _ in host.log)


def test_a_subject_of_the_wrong_kind_is_told(project, worker, granted):
    project.write(test_a="def test_k(live_kernel): pass\ndef test_g(live_gui): pass\n")
    driver = worker()
    kernel, gui = driver.collect()
    messages = driver.run([kernel], answer=lambda test: granted(test, kernel=""))
    assert any("the subject is a process" in m.get("details", "") for m in messages)
    messages = driver.run([gui], answer=granted)
    assert any("use live_kernel" in m.get("details", "") for m in messages)
