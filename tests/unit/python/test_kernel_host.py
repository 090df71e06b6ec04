"""The host that a Python process starts for its clients."""

from __future__ import annotations

import asyncio
import gc
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import either_client  # noqa: F401  (it puts the package on the path)
from driver import LIMIT, python_environment
from proctor import BlockingKernelClient, KernelClient
from proctor.kernel_errors import KernelError
from proctor.kernel_host import SHARED, find_program

FAKE = Path(__file__).with_name("fake_kernels.py")


@pytest.fixture(autouse=True)
def program(monkeypatch):
    for name in ("PROCTOR_URL", "PROCTOR_TOKEN", "PROCTOR_BIN_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PROCTOR_BIN", str(FAKE))
    yield
    SHARED.end()


def is_gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until_gone(pid: int) -> None:
    descriptor = os.pidfd_open(pid) if not is_gone(pid) else -1
    if descriptor >= 0:
        assert select.select([descriptor], [], [], LIMIT)[0], f"{pid} lives on"
        os.close(descriptor)


def test_clients_share_one_host_that_ends_with_the_last():
    with BlockingKernelClient() as one:
        with BlockingKernelClient() as other:
            assert one.url == other.url and one.kernel_id != other.kernel_id
            host = int(one.execute("import os\nprint(os.getppid())").text)
        assert one.execute("1").text == "1" and not is_gone(host)
    wait_until_gone(host)


def test_a_later_client_gets_a_host_again():
    with BlockingKernelClient() as kernel:
        first = kernel.url
    with BlockingKernelClient() as kernel:
        assert kernel.url != first and kernel.execute("1").text == "1"


def test_a_kernel_has_the_present_environment(monkeypatch):
    with BlockingKernelClient() as one:
        one.start()
        monkeypatch.setenv("SET_LATER", "yes")
        with BlockingKernelClient(env={"OWN": "too"}) as other:
            code = "import os\nprint(os.environ.get('SET_LATER'), os.environ.get('OWN'))"
            assert other.execute(code).text == "yes too"


def test_a_host_that_died_is_told_and_the_next_client_has_another():
    with BlockingKernelClient() as kernel:
        host = int(kernel.execute("import os\nprint(os.getppid())").text)
        os.kill(host, signal.SIGKILL)
        wait_until_gone(host)
        with pytest.raises(KernelError, match="the host of the kernels is gone.*-9"):
            kernel.execute("1")
        with BlockingKernelClient() as other:
            assert other.execute("1").text == "1"


async def briefly() -> None:
    async with KernelClient() as kernel:
        await asyncio.gather(*(kernel.execute("1") for _ in range(3)))


def open_now() -> "tuple[set[str], int]":
    gc.collect()  # what other tests have left
    return set(os.listdir("/proc/self/fd")), threading.active_count()


def test_closed_clients_leave_no_descriptor_and_no_thread():
    with BlockingKernelClient() as keeper:  # of the host
        keeper.execute("1")
        before = open_now()
        for _ in range(3):
            with BlockingKernelClient() as kernel:
                kernel.execute("1")
            asyncio.run(briefly())
        assert open_now() == before


SCRIPT = """
import os, signal, sys
from proctor import BlockingKernelClient
kernel = BlockingKernelClient()
print(kernel.execute("import os\\nprint(os.getpid(), os.getppid())").text, flush=True)
{end}
"""


@pytest.mark.parametrize(
    "end", ["sys.exit(0)", "os._exit(0)", "os.kill(os.getpid(), 9)", "raise SystemError"]
)
def test_nothing_outlives_the_python_process(end):
    process = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(end=end)],
        env=python_environment(PROCTOR_BIN=str(FAKE)),
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    for pid in map(int, process.stdout.split()):
        wait_until_gone(pid)
    assert len(process.stdout.split()) == 2, process.stderr


def test_a_fork_does_not_keep_the_host_alive():
    code = SCRIPT.format(end="if os.fork() == 0: os.read(0, 1)\nelse: os._exit(0)")
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=python_environment(PROCTOR_BIN=str(FAKE)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    kernel, host = map(int, process.stdout.readline().split())
    wait_until_gone(host)  # while the forked child still waits for its line
    process.stdin.write("x")
    process.communicate(timeout=LIMIT)


def test_proctor_s_own_address_is_taken_where_it_is_given(monkeypatch):
    monkeypatch.setenv("PROCTOR_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PROCTOR_TOKEN", "secret")
    kernel = BlockingKernelClient()
    assert (kernel.url, kernel.token) == ("http://127.0.0.1:9", "secret")


def test_the_program_is_found_by_folder_or_path(monkeypatch, tmp_path):
    (tmp_path / "proctor").symlink_to(FAKE)
    monkeypatch.delenv("PROCTOR_BIN")
    monkeypatch.setenv("PROCTOR_BIN_DIR", str(tmp_path))
    assert find_program() == str(tmp_path / "proctor")
    monkeypatch.delenv("PROCTOR_BIN_DIR")
    monkeypatch.setenv("PATH", f"/nowhere:{tmp_path}")
    assert find_program() == str(tmp_path / "proctor")


def test_out_of_a_checkout_the_program_that_was_built_there_is_taken(monkeypatch, tmp_path):
    (tmp_path / "proctor").symlink_to(FAKE)
    monkeypatch.delenv("PROCTOR_BIN")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("proctor.kernel_host._BUILT", tmp_path)
    assert find_program() == str(tmp_path / "proctor")


def test_a_missing_program_is_an_error_that_says_what_to_do(monkeypatch):
    monkeypatch.setenv("PROCTOR_BIN", "/nowhere/proctor")
    with pytest.raises(KernelError, match="PROCTOR_BIN names /nowhere/proctor"):
        BlockingKernelClient().start()
    monkeypatch.delenv("PROCTOR_BIN")
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("proctor.kernel_host._BUILT", Path("/nowhere"))
    with pytest.raises(KernelError, match="put its folder on PATH, or name it in PROCTOR_BIN"):
        BlockingKernelClient().start()


@pytest.mark.parametrize(
    "script, said",
    [
        ("echo no such command >&2; exit 4", "exit code 4; it said: no such command"),
        ("echo hello; cat", "where its address was expected"),
        ("echo '[1]'; cat", "where its address was expected"),
    ],
)
def test_a_program_that_is_no_host_is_told(monkeypatch, tmp_path, script, said):
    program = tmp_path / "proctor"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PROCTOR_BIN", str(program))
    with pytest.raises(KernelError, match=said):
        BlockingKernelClient().start()
