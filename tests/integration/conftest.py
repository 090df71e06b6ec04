"""What the integration tests share: the built programs, and a way to run a batch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(Path(__file__).resolve().parent))


@dataclass
class Ran:
    """A finished `proctor run`."""

    code: int
    stdout: str
    stderr: str
    report: Dict[str, Any] = field(default_factory=dict)

    def outcomes(self) -> Dict[str, str]:
        return {test["id"]: test["outcome"] for test in self.report["tests"]}

    def test(self, name: str) -> Dict[str, Any]:
        found = [t for t in self.report["tests"] if t["id"].endswith("::" + name)]
        assert len(found) == 1, f"{name}: {self.stdout}{self.stderr}"
        return found[0]

    def file(self, name: str) -> Dict[str, Any]:
        found = [f for f in self.report["files"] if Path(f["path"]).name == name]
        assert len(found) == 1, f"{name}: {self.report['files']}"
        return found[0]


@pytest.fixture(scope="session")
def bin_dir() -> Path:
    return Path(os.environ.get("PROCTOR_BIN_DIR", ROOT / "build/release/bin"))


@pytest.fixture
def environment(tmp_path: Path) -> Dict[str, str]:
    """The caller's, with a state directory of the test's own."""
    environment = dict(os.environ)
    for name in ("PROCTOR_URL", "PROCTOR_TOKEN", "PYTEST_CURRENT_TEST", "DISPLAY"):
        environment.pop(name, None)
    environment["XDG_STATE_HOME"] = str(tmp_path / "state")
    environment["XDG_RUNTIME_DIR"] = str(tmp_path / "runtime")
    (tmp_path / "runtime").mkdir(mode=0o700)
    return environment


@pytest.fixture
def proctor(bin_dir: Path, environment: Dict[str, str], tmp_path: Path) -> Callable[..., Ran]:
    """Runs `proctor run ARGS` and reads its JSON report, if it wrote one."""

    def run(*arguments: str, cwd: Optional[Path] = None, timeout: float = 120,
            env: Optional[Dict[str, str]] = None) -> Ran:
        report = tmp_path / "report.json"
        report.unlink(missing_ok=True)
        command = [str(bin_dir / "proctor"), "run", *arguments, "--json", str(report)]
        done = subprocess.run(
            command, cwd=cwd or tmp_path, env={**environment, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", timeout=timeout, check=False,
        )
        return Ran(done.returncode, done.stdout, done.stderr,
                   json.loads(report.read_text()) if report.exists() else {})

    return run


# A service that can be told to break: what a subject is, without a window.
SERVICE = '''
import json, os, signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

state = {"frame": 0, "degraded": None, "frozen": False}

def beat():
    while not state["frozen"]:
        state["frame"] += 1
        time.sleep(0.002)

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        body = {"healthy": state["degraded"] is None, "degraded_reason": state["degraded"],
                "last_assert": None, "frame": state["frame"]}
        self.answer(200, body)
    def do_POST(self):
        what = self.path.strip("/")
        if what == "degrade": state["degraded"] = "the cache is corrupt"
        if what == "freeze": state["frozen"] = True
        if what == "die": os.kill(os.getpid(), signal.SIGSEGV)
        if what == "exit": os._exit(3)
        if what == "stop": threading.Thread(target=server.shutdown).start()
        if what == "leave":
            if os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    time.sleep(600)
                os._exit(0)
            os.wait()
        self.answer(202, {})
    def answer(self, code, body):
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
    def log_message(self, *args): pass

server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.daemon_threads = True
print("serving on", sys.argv[1], flush=True)
threading.Thread(target=beat, daemon=True).start()
server.serve_forever()
'''


@pytest.fixture
def suite(tmp_path: Path) -> Callable[..., Path]:
    """Writes a project: test files by name, and a proctor.toml with SERVICE as its subject."""

    def write(files: Dict[str, str], subject: str = "", suite: str = "",
              service: bool = True) -> Path:
        root = tmp_path / "project"
        (root / "tests").mkdir(parents=True, exist_ok=True)
        (root / "service.py").write_text(SERVICE)
        for name, text in files.items():
            (root / "tests" / name).write_text(textwrap.dedent(text))
        toml: List[str] = []
        if service:
            toml.append(f'[subject]\nname = "service"\ndisplay = "inherit"\n'
                        f'command = ["{sys.executable}", "service.py", "{{port}}"]')
        if service and "[subject.ready]" not in subject:
            subject += '\n[subject.ready]\nurl = "http://127.0.0.1:{port}/health"\ntimeout = "15s"'
        if service and "[subject.health]" not in subject:
            subject += ('\n[subject.health]\nurl = "http://127.0.0.1:{port}/health"\n'
                        'every = "50ms"\nhang_after = "600ms"')
        if service and "[subject.stop]" not in subject:
            subject += '\n[subject.stop]\nurl = "http://127.0.0.1:{port}/stop"\ngrace = "2s"'
        toml += [subject, '[[suite]]\nname = "live"\nrunner = "pytest"\npaths = ["tests"]', suite]
        (root / "proctor.toml").write_text("\n".join(toml) + "\n")
        return root

    return write


def is_alive(pid: int) -> bool:
    """True for a process that is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
