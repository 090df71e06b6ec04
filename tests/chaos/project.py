"""Writes a scenario down as a project: test files, a conftest.py, proctor.toml."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List

from scenario import Scenario, Test

# What a test of each kind does; {n} is its number in the file.
BODIES: Dict[str, str] = {
    "pass": "def {name}(): pass",
    "slow": "def {name}(): time.sleep(0.2)",
    "fail": "def {name}(): assert 1 == 2, 'meant to fail'",
    "skip": "@pytest.mark.skip(reason='meant to be skipped')\ndef {name}(): pass",
    "xfail": "@pytest.mark.xfail(reason='known')\ndef {name}(): assert 0",
    "param": "@pytest.mark.parametrize('x', ['a/b::c-1'])\ndef {name}(x): pass",
    "method": "class {owner}:\n    def {name}(self): pass",
    "broken_fixture": "@pytest.fixture\ndef lost_{name}(): raise RuntimeError('meant to break')\n"
                      "def {name}(lost_{name}): pass",
    "use": "def {name}(live_gui): assert live_gui.generation >= 1",
    "use_slow": "def {name}(live_gui): time.sleep(0.3)",
    "ask": "def {name}(live_gui): live_gui.request('GET', '/health')",
    "use_fail": "def {name}(live_gui): assert 0, 'meant to fail'",
    "use_shared": "def {name}(shared_gui): assert shared_gui.generation >= 1",
    "slow_fail": "def {name}():\n    time.sleep(0.15)\n    assert 0, 'meant to fail'",
    "output": "def {name}(capfd):\n    with capfd.disabled(): flood_output()",
}

CONFTEST = '''"""Notes each test body that begins."""
import os, sys, time
import pytest

sys.path.insert(0, {root!r})
sys.dont_write_bytecode = True

@pytest.fixture(scope="module")
def shared_gui(live_gui):
    yield live_gui

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    note = os.open({bodies!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(note, (pyfuncitem.nodeid + "\\n").encode())
    os.close(note)
'''

HELPERS = '''"""The noises that a worker makes on its control channel, which is its descriptor 3."""
import os, stat, sys, time

CONTROL = 3
PIECE = b"x" * (1 << 20)

def send(data):
    if stat.S_ISSOCK(os.fstat(CONTROL).st_mode):
        os.write(CONTROL, data)

def flood_output():
    for _ in range(100):
        os.write(1, PIECE)

def noise(kind):
    if kind == "garbage": send(b"%!PS-Adobe-3.0\\n" * 3)
    if kind == "binary": send(bytes(range(256)) * 16 + b"\\n")
    if kind == "unknown_type": send(b'{"type":"a_word_of_next_year","x":[1,2]}\\n')
    if kind == "wrong_types": send(b'{"type":"phase","test":17,"outcome":["passed"]}\\n')
    if kind == "empty_lines": send(b"\\n\\n  \\n")
    if kind == "closed": os.close(CONTROL)
    if kind.startswith("half"): send(b'{"type":"pha')
    if kind == "half_and_exit": os._exit(0)
    if kind == "long_line":
        for _ in range(100): send(PIECE)
        send(b"\\n")
'''


def outcome_of(test: Test) -> str:
    """What becomes of a test when nothing goes wrong around it."""
    return {"fail": "failed", "use_fail": "failed", "slow_fail": "failed", "skip": "skipped",
            "xfail": "xfailed", "broken_fixture": "error"}.get(test.kind, "passed")


def write(scenario: Scenario, root: Path, build: Path, port: int) -> None:
    tests = root / "tests"
    tests.mkdir(parents=True)
    (root / "chaos_noise.py").write_text(HELPERS)
    (tests / "conftest.py").write_text(
        CONFTEST.format(root=str(root), bodies=str(root / "bodies")))
    for file, content in scenario.files.items():
        text = "import time\nimport pytest\nfrom chaos_noise import flood_output, noise\n\n"
        (tests / file).write_text(text + "\n\n".join(map(_body, content)) + "\n")
    (root / "proctor.toml").write_text(_toml(scenario, build, port))


def _body(test: Test) -> str:
    owner, _, name = test.name.partition("[")[0].rpartition("::")
    if test.kind.startswith("noise_"):
        return f"def {name}(): noise({test.kind[len('noise_'):]!r})"
    return BODIES[test.kind].format(name=name, owner=owner)


def _toml(scenario: Scenario, build: Path, port: int) -> str:
    command = [str(build / "bin/children/chaos_subject"), "{port}", "{generation}",
               ",".join(scenario.plan)]
    words = ", ".join(f'"{word}"' for word in command)
    base = "http://127.0.0.1:{port}"
    restart = f'when = "{scenario.restart}"\nbudget = "{scenario.budget}"'
    lines: List[str] = [
        f'[subject]\nname = "chaos"\ncommand = [{words}]\ndisplay = "{scenario.display}"',
        f"port = {port if scenario.fixed_port else 0}",
        f'[subject.ready]\nurl = "{base}/health"\ntimeout = "2s"',
        f'[subject.health]\nurl = "{base}/health"\nevery = "50ms"\ntimeout = "300ms"\nmisses = 2\n'
        'hang_after = "500ms"',
        f'[subject.stop]\nurl = "{base}/stop"\ngrace = "300ms"',
        f"[subject.restart]\n{restart}\nspares = {scenario.spares}",
        f"[batch]\nlanes = {scenario.lanes}",
        '[[suite]]\nname = "chaos"\nrunner = "pytest"\npaths = ["tests"]\ntimeout = "1500ms"',
    ]
    if scenario.first_failure_stops:
        lines.append('args = ["-x"]')
    return "\n".join(lines) + "\n"
