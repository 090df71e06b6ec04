"""A display of the tests' own, and a running dashboard on it that is driven with the client.

Used as ``from gui_support import start_dashboard, …`` by what lies beside it.
"""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN_DIR = ROOT / os.environ.get("PROCTOR_BIN_DIR", "build/release/bin")
sys.path.insert(0, str(ROOT / "hooks" / "python"))

from proctor import connect  # noqa: E402

PATIENCE = 60  # seconds; for what takes a few on a machine that does nothing else


@contextlib.contextmanager
def running(command, **options):
    """A process that is ended with the block."""
    process = subprocess.Popen(command, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def xvfb(size):
    """A display of that size; its name."""
    read_end, write_end = os.pipe()
    screen = f"{size[0]}x{size[1]}x24"
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", screen, "-nolisten", "tcp", "-noreset"]
    with running(command, pass_fds=[write_end], stderr=subprocess.DEVNULL):
        os.close(write_end)
        with os.fdopen(read_end) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"


@pytest.fixture(scope="session")
def display():
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed")
    with xvfb((1600, 1000)) as name:
        yield name


class Dashboard:
    """A running `proctor`: `app` is its window as a person has it, the rest are its own routes."""

    def __init__(self, process, discovery, log):
        self.process = process
        self.log = log
        self.app = connect(discovery["url"], discovery["token"])

    def request(self, method, path, body=None):
        answer = self.app.request(method, path, body, timeout=PATIENCE)
        return answer.status, answer.json()

    def get(self, path):
        status, body = self.request("GET", path)
        assert status == 200, (path, status, body)
        return body

    def post(self, path, body=None, expect=202):
        status, answer = self.request("POST", path, body)
        assert status == expect, (path, status, answer)
        return answer

    def wait_until(self, condition, what):
        """Reads the batch with every news of it until `condition` holds; that reading."""
        deadline = time.monotonic() + PATIENCE
        batch = self.get("/api/batch")
        while not condition(batch):
            assert time.monotonic() < deadline, f"{what} did not come; last seen: {batch}"
            assert self.process.poll() is None, self.log.read_text()
            batch = self.get(f"/api/batch?wait_ms=1000&since={batch['version']}")
        return batch


def wait_for_discovery(process, directory, log):
    path = directory / "proctor" / f"{process.pid}.json"
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        assert process.poll() is None, f"proctor ended: {log.read_text()}"
        assert time.monotonic() < deadline, "proctor wrote no discovery file"
        time.sleep(0.01)  # there is nothing to wait on before the file tells the address
    return json.loads(path.read_text())


@pytest.fixture
def environment(tmp_path):
    """A home of the test's own, so that nothing of the user's is read or written."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PROCTOR_", "PYTEST_"))}
    for name in ("RUNTIME_DIR", "STATE_HOME", "CONFIG_HOME"):
        folder = tmp_path / name.lower()
        folder.mkdir(mode=0o700)
        env[f"XDG_{name}"] = str(folder)
    return env


@pytest.fixture
def start_dashboard(tmp_path, display, environment):
    """Starts `proctor DIR` with more environment, as often as a test wants to."""
    with contextlib.ExitStack() as stack:

        def start(directory, arguments=(), **more):
            log = tmp_path / "proctor.log"
            env = {**environment, "DISPLAY": display, **more}
            with open(log, "wb") as out:
                process = stack.enter_context(
                    running([BIN_DIR / "proctor", *arguments, directory], env=env, stdout=out, stderr=out))
            runtime = pathlib.Path(environment["XDG_RUNTIME_DIR"])
            return Dashboard(process, wait_for_discovery(process, runtime, log), log)

        yield start
