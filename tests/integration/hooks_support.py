"""Starts the demo program on a display of the tests' own and talks to it over HTTP.

Used as ``from hooks_support import demo, display`` in the hooks_*_test.py files.
"""
import http.client
import json
import os
import pathlib
import subprocess
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN_DIR = ROOT / os.environ.get("PROCTOR_BIN_DIR", "build/release/bin")
PATIENCE = 30  # seconds; for what happens at once unless the machine is very busy
TOKEN = "token-of-the-hooks-tests"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.text = response.read().decode()

    def json(self):
        return json.loads(self.text)


class DemoProcess:
    """One run of proctor_demo. Ended with the test."""

    def __init__(self, arguments, env, directory, workspace=None):
        self.workspace = workspace or directory / "workspace"
        self.log = directory / "stderr.log"
        self.output_bytes = 0
        self._first_line = threading.Event()
        self._url = ""
        command = [BIN_DIR / "proctor_demo", "--workspace", self.workspace, *arguments]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=log)
        self._drain = threading.Thread(target=self._read_output, daemon=True)
        self._drain.start()

    def _read_output(self):
        first = self.process.stdout.readline()
        self._url = first.decode().split()[-1] if first else ""
        self._first_line.set()
        while chunk := self.process.stdout.read1(1 << 16):
            self.output_bytes += len(chunk)

    @property
    def url(self):
        assert self._first_line.wait(PATIENCE), "the demo printed nothing"
        assert self._url, f"the demo ended before it listened: {self.log.read_text()}"
        return self._url

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def request(self, method, path, body=None, headers=None, token=TOKEN):
        all_headers = {"Authorization": f"Bearer {token}"} if token else {}
        all_headers.update(headers or {})
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, data, all_headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def post(self, path, body=None):
        return self.request("POST", path, body)

    def state(self):
        return self.request("GET", "/api/demo/state").json()

    def health(self):
        return self.request("GET", "/api/gui_health", token=None).json()

    def health_when(self, condition):
        """Asks until the answer fits; fails with the last one."""
        end = time.monotonic() + PATIENCE
        while True:
            health = self.health()
            if condition(health):
                return health
            assert time.monotonic() < end, f"health never came to fit: {health}"

    def healthy(self):
        self.health_when(lambda health: health["healthy"])
        return self

    def returncode(self):
        return self.process.wait(PATIENCE)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def display():
    """An X server without a screen; its display's name."""
    read_fd, write_fd = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_fd), "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[write_fd],
        stderr=subprocess.DEVNULL,
    )
    os.close(write_fd)
    with os.fdopen(read_fd) as answer:
        number = answer.readline().strip()
    assert number, "Xvfb did not start"
    yield f":{number}"
    server.terminate()
    server.wait()


class Launcher:
    """Starts demos with a directory and a discovery directory of their own."""

    def __init__(self, display, directory):
        self._display = display
        self._directory = directory
        self._started = []

    def __call__(self, *arguments, workspace=None, **extra_env):
        """Starts one; does not wait for it to be healthy."""
        directory = self._directory / str(len(self._started))
        directory.mkdir()
        runtime = self._directory / "runtime"
        runtime.mkdir(exist_ok=True)
        env = dict(os.environ, DISPLAY=self._display, XDG_RUNTIME_DIR=str(runtime))
        env.update({"PROCTOR_HOOKS_TOKEN": TOKEN, "PROCTOR_GENERATION": "5"})
        env.update(extra_env)
        self._started.append(DemoProcess(arguments, env, directory, workspace))
        return self._started[-1]

    def end(self):
        for process in self._started:
            process.end()


@pytest.fixture
def start(display, tmp_path):
    launcher = Launcher(display, tmp_path)
    yield launcher
    launcher.end()


@pytest.fixture
def demo(start):
    """A healthy demo of the test's own, with faults allowed."""
    return start("--faults").healthy()


@pytest.fixture(scope="module")
def shared_demo(display, tmp_path_factory):
    """A healthy demo for tests that leave it as they found it."""
    launcher = Launcher(display, tmp_path_factory.mktemp("shared"))
    yield launcher("--faults").healthy()
    launcher.end()
