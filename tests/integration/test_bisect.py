"""`proctor bisect`: which earlier tests make one fail, through a worker or a subject."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, List

import pytest


@dataclass
class Said:
    code: int
    out: str
    err: str

    def command(self) -> List[str]:
        """What it says repeats the result."""
        lines = self.out.splitlines()
        return shlex.split(lines[lines.index("To repeat it:") + 1])

    def culprits(self) -> List[str]:
        lines = self.out.split("lacks one of them:\n", 1)[1].splitlines()
        return [line.strip() for line in lines if line.startswith("  tests/")]

    def probes(self) -> List[str]:
        return [line for line in self.out.splitlines() if line.startswith("probe ")]


@pytest.fixture
def bisect(bin_dir: Path, environment: Dict[str, str]) -> Callable[..., Said]:
    def run(*arguments: str, cwd: Path, command: str = "bisect") -> Said:
        done = subprocess.run([str(bin_dir / "proctor"), command, *arguments], cwd=cwd,
                              env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=240, check=False)
        return Said(done.returncode, done.stdout, done.stderr)

    return run


# State that lives in the worker: what an earlier test left in a module.
WORKER_STATE = {
    "test_a.py": "import builtins\ndef test_1(): pass\ndef test_poison(): builtins.poison = True\n"
                 "def test_2(): pass\n",
    "test_b.py": "def test_3(): pass\n",
    "test_c.py": "import builtins\ndef test_4(): pass\n"
                 "def test_hurt(): assert not hasattr(builtins, 'poison')\ndef test_5(): pass\n",
}


def test_a_test_that_left_something_in_the_worker_is_found(suite, bisect):
    root = suite(WORKER_STATE, service=False)
    said = bisect("tests/test_c.py::test_hurt", cwd=root)
    assert said.code == 1, said.out + said.err
    assert said.culprits() == ["tests/test_a.py::test_poison"]
    assert "5 tests before it" in said.out
    assert "It failed 3 of 3 times after them, and 0 of 3 times alone." in said.out
    assert said.probes()[0].endswith("alone: passes")
    assert said.probes()[1].endswith("after 5 tests: fails")
    again = said.command()
    assert again[:2] == ["proctor", "run"]
    repeated = bisect(*again[2:], cwd=root, command="run")
    assert repeated.code == 1 and "1 failed" in repeated.out, repeated.out + repeated.err


# State that lives in the subject, and that its health knows nothing of.
COLOUR = '''        if what in ("red", "blue"): state.setdefault("colours", []).append(what)
'''
SUBJECT_STATE = {
    "conftest.py": "import json, urllib.request\n"
                   "def post(live_gui, what):\n"
                   "    urllib.request.urlopen(urllib.request.Request(\n"
                   "        live_gui.url + '/' + what, data=b''))\n"
                   "def colours(live_gui):\n"
                   "    with urllib.request.urlopen(live_gui.url + '/health') as answer:\n"
                   "        return set(json.load(answer)['colours'])\n",
    "test_a.py": "from conftest import post\ndef test_red(live_gui): post(live_gui, 'red')\n"
                 "def test_1(live_gui): pass\n",
    "test_b.py": "from conftest import post\ndef test_2(live_gui): pass\n"
                 "def test_blue(live_gui): post(live_gui, 'blue')\n",
    "test_c.py": "from conftest import colours\ndef test_3(live_gui): pass\n"
                 "def test_hurt(live_gui): assert colours(live_gui) != {'red', 'blue'}\n",
}


def paint(root: Path) -> None:
    """The service remembers colours and tells them."""
    text = (root / "service.py").read_text()
    text = text.replace('        if what == "exit"', COLOUR + '        if what == "exit"')
    text = text.replace('"last_assert": None,',
                        '"last_assert": None, "colours": state.get("colours", []),')
    (root / "service.py").write_text(text)


def test_two_tests_that_only_together_spoil_the_subject_are_found(suite, bisect):
    root = suite(SUBJECT_STATE)
    paint(root)
    said = bisect("test_hurt", cwd=root)  # the end of its id is enough
    assert said.code == 1, said.out + said.err
    assert said.culprits() == ["tests/test_a.py::test_red", "tests/test_b.py::test_blue"]
    # A fresh subject for each file takes the cause away, and is said to.
    fresh = bisect("test_hurt", "--restart", "file", cwd=root)
    assert fresh.code == 0, fresh.out + fresh.err
    assert "It passes after all earlier tests: not repeatable." in fresh.out


def test_a_test_that_fails_alone_needs_no_other(suite, bisect):
    root = suite({"test_a.py": "def test_1(): pass\ndef test_2(): assert 0\n"}, service=False)
    said = bisect("tests/test_a.py::test_2", str(root), cwd=root.parent)
    assert said.code == 1
    assert "It fails alone: none of the earlier tests is needed." in said.out
    repeated = bisect(*said.command()[2:], cwd=root.parent, command="run")
    assert repeated.code == 1 and "1 failed" in repeated.out, repeated.out + repeated.err


def test_a_flaky_test_is_called_so(suite, bisect, tmp_path):
    count = tmp_path / "count"
    root = suite({"test_a.py": f'''
        import pathlib
        def test_1(): pass
        def test_2():
            count = pathlib.Path({str(count)!r})
            n = int(count.read_text()) if count.exists() else 0
            count.write_text(str(n + 1))
            assert n % 2 == 1
    '''}, service=False)
    said = bisect("test_2", cwd=root)
    assert said.code == 0, said.out + said.err
    assert "It is flaky" in said.out
    assert "Alone it failed 2 of 3 times." in said.out
    assert "The order of the tests is not what matters." in said.out


def test_an_unknown_test_is_answered_with_the_nearest(suite, bisect):
    root = suite(WORKER_STATE, service=False)
    said = bisect("tests/test_c.py::test_hurts", cwd=root)
    assert said.code == 4
    assert "there is no test 'tests/test_c.py::test_hurts'; the nearest are:" in said.err
    assert said.err.split("nearest are:\n")[1].splitlines()[0] == "  tests/test_c.py::test_hurt"
    assert said.out == ""


def test_a_name_that_several_tests_have_is_refused_with_all_of_them(suite, bisect):
    root = suite({"test_a.py": "def test_1(): pass\n", "test_b.py": "def test_1(): pass\n"},
                 service=False)
    said = bisect("test_1", cwd=root)
    assert said.code == 4
    assert "tests/test_a.py::test_1" in said.err and "tests/test_b.py::test_1" in said.err


def test_a_test_of_a_later_suite_is_searched_in_its_own(suite, bisect):
    root = suite({"test_a.py": "def test_1(): pass\n"}, service=False,
                 suite='[[suite]]\nname = "more"\nrunner = "pytest"\npaths = ["more"]\n')
    (root / "more").mkdir()
    (root / "more" / "test_m.py").write_text(
        "import builtins\ndef test_poison(): builtins.poison = 1\n"
        "def test_hurt(): assert not hasattr(builtins, 'poison')\n")
    said = bisect("more/test_m.py::test_hurt", cwd=root)
    assert said.code == 1, said.out + said.err
    assert "1 test before it" in said.out
    assert "  more/test_m.py::test_poison\n" in said.out


def test_a_subject_that_cannot_start_is_no_verdict(suite, bisect):
    root = suite(SUBJECT_STATE)
    (root / "service.py").write_text("raise SystemExit('no such day')\n")
    said = bisect("test_hurt", cwd=root)
    assert said.code == 3, said.out + said.err
    assert "the search ended without a result" in said.err


def test_ctrl_c_ends_the_search(suite, bin_dir, environment, tmp_path):
    mark = tmp_path / "mark"
    os.mkfifo(mark)
    root = suite({"test_a.py": f"import time\ndef test_1(): pass\n"
                               f"def test_2():\n    open({str(mark)!r}, 'w').close()\n"
                               f"    time.sleep(600)\n"}, service=False)
    process = subprocess.Popen([str(bin_dir / "proctor"), "bisect", "test_2"], cwd=root,
                               env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True)
    with open(mark):  # the test runs
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 2, out + err
    assert "the search ended without a result: interrupted" in err
