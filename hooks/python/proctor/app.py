"""Connecting to a running program that carries the hooks, without Proctor."""

from __future__ import annotations

import json as json_module
import os
import stat
from pathlib import Path
from typing import Any, Dict, List, Tuple

from .errors import ConnectError, RequestFailed
from .health import Health, read_health
from .http_client import Kept, Response, TransportError
from .refusals import refuse
from .ui import Drivable


_SHARED = "/tmp"  # where a program writes to that has no runtime directory


class App(Drivable):
    """A program that carries the hooks, at a URL."""

    def __init__(self, url: str, token: str = "") -> None:
        self.url = url.rstrip("/")
        self.token = token
        self._kept = Kept()

    def __repr__(self) -> str:
        return f"<App {self.url}>"

    def request(self, method: str, path: str, json: Any = None, timeout: float = 10.0) -> Response:
        """Sends a request with the token; every status is an answer. Errors: RequestFailed."""
        __tracebackhide__ = True
        separator = "" if path.startswith("/") else "/"
        try:
            return self._kept.send(
                method, f"{self.url}{separator}{path}", token=self.token, json=json, timeout=timeout
            )
        except TransportError as error:
            text = f"{method} {path}: {self.url} gave no answer: {error!r}"
            raise RequestFailed(text) from None

    def health(self) -> Health:
        """The program's health now. Errors: RequestFailed."""
        answer = self.request("GET", "/api/gui_health")
        return read_health(answer.status, answer.text)

    def shutdown(self) -> None:
        """Asks the program to end. Errors: RequestFailed, ActionRefused."""
        answer = self.request("POST", "/api/shutdown")
        if not answer.ok:
            refuse(answer)


def connect(url: str = "", token: str = "", *, app: str = "", pid: int = 0) -> App:
    """The program to drive: at `url`, else at $PROCTOR_URL with $PROCTOR_TOKEN, else the one that
    left a discovery file (of that name, or that process).

    Errors: ConnectError, which lists what there is.
    """
    if not url and not app and not pid and os.environ.get("PROCTOR_URL"):
        url = os.environ["PROCTOR_URL"]
    return App(*address(url, token, app, pid))


def address(url: str, token: str, app: str, pid: int) -> Tuple[str, str]:
    """URL and token of the program: what is given, else by its discovery file. Errors: ConnectError."""
    if url:
        if not url.startswith("http://"):
            raise ConnectError(f"{url!r} is no URL of a program: write it as http://127.0.0.1:PORT")
        return url, token or os.environ.get("PROCTOR_TOKEN", "")
    running = _discovered()
    wanted = [
        one
        for one in running
        if (not app or one.get("app") == app) and (not pid or one.get("pid") == pid)
    ]
    if len(wanted) == 1:
        return wanted[0]["url"], wanted[0]["token"]
    known = ", ".join(f"{one.get('app')} (pid {one.get('pid')})" for one in running) or "none"
    found = "no program" if not wanted else "more than one program"
    raise ConnectError(
        f"{found} to connect to; running with hooks: {known}. Name one with url=, app= or pid=."
    )


def _discovered() -> List[Dict[str, Any]]:
    """The discovery files of programs that still run."""
    found = []
    for file in [file for folder in _folders() for file in sorted(folder.glob("*.json"))]:
        try:
            content = json_module.loads(file.read_text(encoding="utf-8"))
            os.kill(int(content["pid"]), 0)
            found.append(content)
        except (OSError, ValueError, KeyError, TypeError):
            continue  # ended meanwhile, or written by something else
    return found


def _folders() -> List[Path]:
    """Where programs leave such files; of these the ones that nobody else can write to."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    folders = [Path(runtime) / "proctor"] if runtime.startswith("/") else []
    folders.append(Path(_SHARED) / f"proctor-{os.getuid()}")
    return [folder for folder in folders if _is_private(folder)]


def _is_private(folder: Path) -> bool:
    try:
        status = folder.lstat()
    except OSError:
        return False
    own = status.st_uid == os.getuid() and stat.S_ISDIR(status.st_mode)
    return own and status.st_mode & 0o077 == 0
