"""The host of kernels that a Python process starts for itself: `proctor kernels`.

One for all clients of the process, started at the first and ended after the last. Its standard
input is a pipe that nobody writes to: when this process ends, however, the pipe closes and the
host ends with all its kernels.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, Any, Dict, List, Optional

from .kernel_errors import KernelError

PROGRAM_VARIABLE = "PROCTOR_BIN"  # the path of the program
FOLDER_VARIABLE = "PROCTOR_BIN_DIR"  # or of its folder

# Where `./dev build` puts it: for whoever uses this package out of a checkout.
_BUILT = Path(__file__).resolve().parents[3] / "build/release/bin"
_START_SECONDS = 60.0
_BREAKING_SECONDS = 0.5  # between a connection that breaks and the end of who broke it
_END_SECONDS = 10.0  # what it gets to end its kernels, before it is ended
_TAIL = 2000  # characters of its last words in an error


def find_program() -> str:
    """The program `proctor`. Errors: KernelError, which says what to do."""
    named = os.environ.get(PROGRAM_VARIABLE)
    folder = os.environ.get(FOLDER_VARIABLE)
    if named:
        program = shutil.which(named)
        if program is None:
            raise KernelError(f"{PROGRAM_VARIABLE} names {named}, which is no program")
        return program
    program = shutil.which("proctor", path=folder) if folder else None
    program = program or shutil.which("proctor") or shutil.which("proctor", path=str(_BUILT))
    if program is None:
        raise KernelError(
            "a kernel needs the program proctor, and it was not found: put its folder on PATH, or"
            f" name it in {PROGRAM_VARIABLE}=/path/of/proctor; or give the url= and token= of a"
            " Proctor that runs"
        )
    return program


class KernelHost:
    """One `proctor kernels` process. Errors of its start: KernelError."""

    def __init__(self) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()
        self.environment: Dict[str, str] = dict(os.environ)  # as its kernels inherit it
        self._process = self._spawn(find_program())
        try:
            hello = self._hello()
            self.url = str(hello["url"]).rstrip("/")
            self.token = str(hello["token"])
        except BaseException:
            self.end()
            raise
        self.pid = self._process.pid

    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self._process.poll() is None

    def has_ended(self, within: float) -> bool:
        """Whether its process ends within seconds: its connections break a moment before."""
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def last_words(self) -> str:
        """How it ended, with the end of what it said on stderr."""
        self._errors.seek(0)
        said = self._errors.read().decode("utf-8", "replace").strip()[-_TAIL:]
        code = self._process.poll()
        how = "it still runs" if code is None else f"it ended with exit code {code}"
        return f"{how}; it said: {said}" if said else how

    def end(self) -> None:
        """Ends it and all its kernels."""
        process = self._process
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        for ask in (None, process.terminate, process.kill):
            if ask is not None:
                ask()
            try:
                process.wait(_END_SECONDS)
                break
            except subprocess.TimeoutExpired:
                continue
        self._errors.close()

    def forget(self) -> None:
        """In a forked child: it belongs to the parent, and the pipe must be the parent's alone."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.returncode = 0  # nobody waits for it here

    def _spawn(self, program: str) -> "subprocess.Popen[bytes]":
        try:
            return subprocess.Popen(
                [program, "kernels"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,  # Ctrl-C in a terminal is this process's to deal with
            )
        except OSError as error:
            raise KernelError(f"{program} kernels cannot be started: {error}") from None

    def _hello(self) -> Dict[str, Any]:
        """The line with its address."""
        assert self._process.stdout is not None
        line, deadline = b"", time.monotonic() + _START_SECONDS
        descriptor = self._process.stdout.fileno()
        while not line.endswith(b"\n"):
            left = max(0.0, deadline - time.monotonic())
            ready = select.select([descriptor], [], [], left)[0]
            data = os.read(descriptor, 1 << 12) if ready else b""
            if not data:
                self._wait_a_moment(bool(ready))
                raise KernelError(f"proctor kernels did not say where it listens: {self.last_words()}")
            line += data
        try:
            hello: Dict[str, Any] = json.loads(line.splitlines()[0])
            return {"url": hello["url"], "token": hello["token"]}
        except (ValueError, KeyError, TypeError):
            raise KernelError(
                f"proctor kernels said {line[:200]!r} where its address was expected;"
                " is that program Proctor, and of this version?"
            ) from None

    def _wait_a_moment(self, closed: bool) -> None:
        """Its exit code comes right after the end of its output."""
        if closed:
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                return


class _Shared:
    """The host of this process, and how many clients use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._host: Optional[KernelHost] = None
        self._users = 0

    def acquire(self) -> KernelHost:
        """Starts it where there is none. Errors: KernelError."""
        with self._lock:
            if self._host is not None and not self._host.is_alive():
                self._end()  # its kernels are gone; those who use them are told when they ask
            if self._host is None:
                self._host = KernelHost()
            self._users += 1
            return self._host

    def release(self, host: KernelHost) -> None:
        """One client less."""
        with self._lock:
            if host is self._host:
                self._users -= 1
                if self._users == 0:
                    self._end()

    def end(self) -> None:
        """Whoever uses it still."""
        with self._lock:
            self._end()

    def after_fork(self) -> None:
        """A forked child starts one of its own."""
        self._lock = threading.Lock()
        if self._host is not None:
            self._host.forget()
        self._host, self._users = None, 0

    def _end(self) -> None:
        host, self._host, self._users = self._host, None, 0
        if host is not None:
            host.end()


SHARED = _Shared()
atexit.register(SHARED.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=SHARED.after_fork)


class Place:
    """Where a client's kernel lives: at a URL that it was given, or on this process's own host."""

    def __init__(self, url: str, token: str) -> None:
        if not url and os.environ.get("PROCTOR_URL"):
            url = os.environ["PROCTOR_URL"]
        if url and not url.startswith("http://"):
            raise KernelError(f"{url!r} is no URL of a Proctor: write it as http://127.0.0.1:PORT")
        self.url = url.rstrip("/")
        self.token = token or (os.environ.get("PROCTOR_TOKEN", "") if url else "")
        self._host: Optional[KernelHost] = None
        self._own = not url

    def open(self) -> None:
        """Starts the host where there is none. Takes a while. Errors: KernelError."""
        if self._own and self._host is None:
            self._host = SHARED.acquire()
            self.url, self.token = self._host.url, self._host.token

    def close(self) -> None:
        """Of no effect for a Proctor that was there before."""
        if self._host is not None:
            host, self._host = self._host, None
            SHARED.release(host)

    def environment(self, wanted: Dict[str, str]) -> Dict[str, str]:
        """What a kernel gets on top of what the host was started with: this process's environment
        may have changed since, and then what is wanted for this kernel."""
        if self._host is None:
            return dict(wanted)
        before = self._host.environment
        changed = {key: value for key, value in os.environ.items() if before.get(key) != value}
        return {**changed, **wanted}

    def explain(self, error: BaseException, what: str) -> KernelError:
        """Why there was no answer."""
        if self._host is not None and self._host.has_ended(_BREAKING_SECONDS):
            return KernelError(f"{what}: the host of the kernels is gone: {self._host.last_words()}")
        return KernelError(
            f"{what}: {self.url} gave no answer: {error!r}. Is that Proctor still running?"
        )


def folder_of(path: "Optional[os.PathLike[str] | str]") -> Optional[Path]:
    """The absolute path. None stays None."""
    return Path(path).expanduser().absolute() if path is not None else None


def texts(env: Optional[Dict[str, str]]) -> Dict[str, str]:
    """A copy of an environment. Errors: TypeError where it has something else than texts."""
    wrong: List[str] = [repr(k) for k, v in (env or {}).items() if not isinstance(v, str)]
    if wrong:
        raise TypeError(f"env has to map texts to texts; these are none: {', '.join(wrong)}")
    return dict(env or {})
