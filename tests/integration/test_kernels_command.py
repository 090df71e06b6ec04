"""`proctor kernels`: one line tells where it listens; it ends as it is told, and every kernel with it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path
from typing import Any, Callable, Dict, Iterator

import pytest

PATIENCE = 60


class Host:
    """A running `proctor kernels`."""

    def __init__(self, process: subprocess.Popen) -> None:
        self.process = process
        self.line: Dict[str, Any] = json.loads(process.stdout.readline())

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body or {}).encode() if method == "POST" else None
        request = urllib.request.Request(
            self.line["url"] + path, data, {"Authorization": "Bearer " + self.line["token"]},
            method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read())

    def start_kernel(self) -> int:
        """Starts one, and waits until it is ready; its process."""
        path = "/api/kernels/" + self.ask("POST", "/api/kernels")["id"]
        kernel = self.ask("GET", path + "?until=ready&wait_ms=30000")
        assert kernel["state"] == "idle", kernel
        return kernel["pid"]


@pytest.fixture
def host(bin_dir: Path, environment: Dict[str, str]) -> Iterator[Host]:
    with subprocess.Popen([str(bin_dir / "proctor"), "kernels"], env=environment, text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Host(process)
        finally:
            process.kill()


@contextlib.contextmanager
def ends(pid: int) -> Iterator[None]:
    """Holds that the process ends once the block is through."""
    pidfd = os.pidfd_open(pid)
    try:
        yield
        assert select.select([pidfd], [], [], PATIENCE)[0], f"process {pid} still lives"
    finally:
        os.close(pidfd)


def close_stdin(host: Host) -> None:
    host.process.stdin.close()


def ask_to_shut_down(host: Host) -> None:
    assert host.ask("POST", "/api/shutdown") == {"shutting_down": True}


WAYS: Dict[str, Callable[[Host], None]] = {
    "its stdin is closed": close_stdin,
    "SIGTERM": lambda host: host.process.send_signal(signal.SIGTERM),
    "SIGINT": lambda host: host.process.send_signal(signal.SIGINT),
    "a request": ask_to_shut_down,
}


@pytest.mark.parametrize("tell", WAYS.values(), ids=WAYS.keys())
def test_it_ends_with_its_kernels_and_without_a_complaint(host: Host, tell: Callable[[Host], None]) -> None:
    assert host.line["pid"] == host.process.pid
    with ends(host.start_kernel()):
        tell(host)
        assert host.process.wait(PATIENCE) == 0
    assert host.process.stdout.read() == ""


def test_a_running_cell_does_not_keep_it_alive(host: Host) -> None:
    with ends(host.start_kernel()):
        said = host.ask("POST", "/api/kernels/k1/execute", {
            "code": "print('begun', flush=True)\nwhile True: pass", "wait_ms": 30000, "until": "output"})
        assert said["chunks"][0]["text"].startswith("begun")
        close_stdin(host)
        assert host.process.wait(PATIENCE) == 0


def test_no_kernel_is_left_where_it_is_killed(host: Host) -> None:
    with ends(host.start_kernel()):
        host.process.kill()


def test_what_stdin_says_is_passed_over(host: Host) -> None:
    host.process.stdin.write("hello\n" * 10000)
    host.process.stdin.flush()
    assert host.ask("GET", "/api/kernels")["kernels"] == []
    assert host.ask("GET", "/api/gui_health")["healthy"]


def test_a_port_that_is_taken_is_told(bin_dir: Path, environment: Dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run([str(bin_dir / "proctor"), "kernels", "--port", str(port)], check=False,
                              env=environment, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 3
    assert str(port) in done.stderr and done.stdout == ""
