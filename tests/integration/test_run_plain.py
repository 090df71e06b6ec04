"""Plain pytest suites, without a subject: outcomes are pytest's own."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

ZOO = '''
import sys, unittest, warnings
import pytest

pytestmark = pytest.mark.filterwarnings("ignore")

@pytest.fixture(scope="session")
def session_log(): return []
@pytest.fixture(scope="module")
def module_thing(session_log):
    session_log.append("module up")
    yield 1
@pytest.fixture(params=["a", "b"])
def letter(request): return request.param
@pytest.fixture
def broken(): raise RuntimeError("set-up broke")
@pytest.fixture
def breaks_late():
    yield
    raise RuntimeError("teardown broke")

def test_pass(module_thing): print("hello"); assert module_thing == 1
def test_fail(): assert {"a": 1} == {"a": 2}
@pytest.mark.parametrize("x", [1, 2, "three", None])
def test_param(x, letter): assert x != 2
@pytest.mark.skip(reason="not today")
def test_skip(): pass
def test_skip_inside(): pytest.skip("inside")
@pytest.mark.skipif(sys.version_info < (99,), reason="too old")
def test_skipif(): pass
@pytest.mark.xfail(reason="known")
def test_xfail(): assert False
@pytest.mark.xfail
def test_xpass(): pass
@pytest.mark.xfail(strict=True)
def test_xpass_strict(): pass
@pytest.mark.xfail(raises=ValueError)
def test_xfail_other_error(): raise TypeError
def test_setup_error(broken): pass
def test_teardown_error(breaks_late): pass
def test_both(breaks_late): assert False
def test_unicode_\u00e9(): assert "\u00e9" == "e"

class TestClass:
    @pytest.fixture(scope="class", autouse=True)
    def once(self): yield
    def test_a(self): pass
    def test_b(self): assert 0
    class TestInner:
        def test_c(self): pass

class Legacy(unittest.TestCase):
    @classmethod
    def setUpClass(cls): cls.x = 1
    def setUp(self): self.y = 2
    def test_ok(self): self.assertEqual(self.x + self.y, 3)
    def test_no(self): self.assertEqual(self.x, 2)
    @unittest.skip("no")
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.assertTrue(False)
'''
PACKAGE = '''
import pytest
def test_package_fixture(counter):
    counter.append(1)
    assert len(counter) == EXPECTED
'''
CONFTEST = '''
import pytest
@pytest.fixture(scope="package")
def counter(): return []
'''

# What pytest's report calls an outcome, in words of ours.
SAME = {
    "passed": {"passed", "xpassed"},
    "failure": {"failed"},
    "error": {"error", "failed"},
    "skipped": {"skipped", "xfailed"},
}


def zoo(folder: Path) -> Path:
    """A suite with one of everything."""
    (folder / "pkg").mkdir(parents=True)
    (folder / "test_zoo.py").write_text(ZOO)
    (folder / "test_syntax.py").write_text("def test_x(:\n")
    (folder / "test_import_skip.py").write_text('import pytest\npytest.importorskip("nothing_such")\n')
    (folder / "test_empty.py").write_text("")
    (folder / "pkg/__init__.py").write_text("")
    (folder / "pkg/conftest.py").write_text(CONFTEST)
    (folder / "pkg/test_one.py").write_text(PACKAGE.replace("EXPECTED", "1"))
    (folder / "pkg/test_two.py").write_text(PACKAGE.replace("EXPECTED", "2"))
    return folder


def pytest_outcomes(folder: Path) -> dict:
    report = folder.parent / "junit.xml"
    subprocess.run(
        ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "--continue-on-collection-errors", f"--junitxml={report}", folder.name],
        cwd=folder.parent, capture_output=True, check=False,
    )
    outcomes = {}
    for case in ElementTree.parse(report).iter("testcase"):
        key = (case.get("classname"), case.get("name"))
        kinds = [child.tag for child in case if child.tag in SAME] or ["passed"]
        outcomes.setdefault(key, set()).update(kinds)
    return outcomes


def key_of(test_id: str) -> tuple:
    """pytest's junit names of a node id."""
    path, *names = test_id.split("::")
    module = path[:-3].replace("/", ".") if path.endswith(".py") else path
    if not names:
        return ("", module)
    bracket = names[-1].find("[")
    last = names[-1] if bracket < 0 else names[-1]
    return (".".join([module, *names[:-1]]), last)


def test_every_outcome_is_what_pytest_says(proctor, tmp_path):
    folder = zoo(tmp_path / "zoo")
    expected = pytest_outcomes(folder)
    ran = proctor("zoo", cwd=tmp_path)
    assert ran.code == 1
    ours = {key_of(test_id): outcome for test_id, outcome in ran.outcomes().items()}
    assert set(ours) == set(expected)
    for key, outcome in ours.items():
        assert any(outcome in SAME[kind] for kind in expected[key]), (key, outcome, expected[key])
    assert {name for _, name in ours} >= {"test_both", "test_param[a-three]", "test_c"}


def test_fixtures_of_every_scope_are_torn_down_in_pytests_order(proctor, tmp_path):
    folder = tmp_path / "order"
    folder.mkdir()
    log = tmp_path / "log.txt"
    (folder / "conftest.py").write_text(f'''
import pytest
def say(text):
    with open({str(log)!r}, "a") as f: f.write(text + "\\n")
def make(scope):
    @pytest.fixture(scope=scope, autouse=True, name="auto_" + scope)
    def fixture(request):
        say(f"{{scope}} up {{request.node.name}}")
        yield
        say(f"{{scope}} down {{request.node.name}}")
    return fixture
for scope in ("session", "package", "module", "class", "function"):
    globals()["fixture_" + scope] = make(scope)
''')
    for name in ("test_a.py", "test_b.py"):
        (folder / name).write_text("def test_1(): pass\nclass TestX:\n def test_2(self): pass\n")
    command = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "order"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    expected = log.read_text()
    log.unlink()
    assert proctor("order", cwd=tmp_path).code == 0
    assert log.read_text() == expected


def test_a_worker_that_dies_costs_one_test(proctor, tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s/test_a.py").write_text(
        "import os, signal\ndef test_1(): pass\n"
        "def test_2(): os.kill(os.getpid(), signal.SIGSEGV)\n"
        "def test_3(): pass\ndef test_4(): os._exit(0)\ndef test_5(): pass\n")
    (tmp_path / "s/test_b.py").write_text("def test_6(): pass\n")
    ran = proctor("s", cwd=tmp_path)
    assert ran.code == 1
    assert [t["outcome"] for t in ran.report["tests"]] == [
        "passed", "crashed", "passed", "crashed", "passed", "passed"]
    assert "SIGSEGV" in ran.test("test_2")["message"]


def test_a_test_past_its_limit_is_timed_out_with_its_stacks(proctor, suite):
    root = suite({"test_a.py": "import time\ndef wait_forever(): time.sleep(600)\n"
                               "def test_1(): wait_forever()\ndef test_2(): pass\n"},
                 suite='timeout = "500ms"', service=False)
    ran = proctor(str(root))
    assert ran.test("test_1")["outcome"] == "timed_out"
    assert "wait_forever" in ran.test("test_1")["details"]
    assert ran.test("test_2")["outcome"] == "passed"


def test_a_module_that_kills_the_worker_at_import_is_an_error_and_the_rest_runs(proctor, tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s/test_a.py").write_text("import os\nos._exit(9)\n")
    (tmp_path / "s/test_b.py").write_text("def test_1(): pass\n")
    ran = proctor("s", cwd=tmp_path)
    assert sorted(ran.outcomes().values()) == ["error", "passed"]
    assert ran.code == 1


@pytest.mark.parametrize("arguments, code", [([], 0), (["-k", "nothing_such"], 5)])
def test_the_keyword_selects_as_in_pytest(proctor, tmp_path, arguments, code):
    (tmp_path / "s").mkdir()
    (tmp_path / "s/test_a.py").write_text("def test_1(): pass\n")
    assert proctor("s", *arguments, cwd=tmp_path).code == code


def test_a_tests_own_output_is_kept_with_it(proctor, tmp_path):
    (tmp_path / "s").mkdir()
    (tmp_path / "s/test_a.py").write_text(
        "import sys\ndef test_1():\n print('to out')\n print('to err', file=sys.stderr)\n assert 0\n")
    test = proctor("s", cwd=tmp_path).test("test_1")
    assert test["stdout"] == "to out\n"
    assert test["stderr"] == "to err\n"
