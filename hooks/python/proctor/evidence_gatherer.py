"""Takes the pieces of evidence from the program, in a thread that nobody has to wait for."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

from .evidence import KINDS, KINDS_OF_KERNEL, Mark, Piece
from .http_client import Response, TransportError, send
from .process_watch import wait_for_exit

LONGEST_LOG = 1 << 20  # bytes kept of the log slice: its end

_HEALTH_SECONDS = 0.5  # a program that takes longer for its health answers nothing
_LEAST_SECONDS = 0.05  # less than that is not worth a question
_DYING_SECONDS = 0.1  # what a process that broke a connection may take to be gone
_SETTLE_SECONDS = 0.2  # what the last output of a dead program may take to its log
_SETTLE_STEP = 0.02
_PNG = b"\x89PNG\r\n\x1a\n"

_monotonic = time.monotonic
_sleep = time.sleep


class Missing(Exception):
    """A piece that cannot be had; the text says why."""


def gather(mark: Mark, folder: Path, seconds: float) -> List[Piece]:
    """A piece of each kind, in files of `folder`. Returns after `seconds` at the latest; what
    has not come by then is named, and is not written any more."""
    gatherer = Gatherer(mark, folder, _monotonic() + seconds)
    thread = threading.Thread(target=gatherer.run, name="proctor evidence", daemon=True)
    thread.start()
    thread.join(seconds)
    return gatherer.close(seconds)


class Gatherer:
    """Asks for the cheap and certain pieces first, then for those that take a frame."""

    def __init__(self, mark: Mark, folder: Path, deadline: float) -> None:
        self._mark = mark
        self._info = mark.info
        self._folder = folder
        self._deadline = deadline
        self._silent = ""  # why the program answers nothing any more; "": it may answer
        self._frozen = ""  # why it draws no frames; "": it may draw them
        self._lock = threading.Lock()  # guards what follows
        self._pieces: Dict[str, Piece] = {}
        self._closed = False

    def run(self) -> None:
        """In a thread of its own."""
        if self._info.kernel:
            self._take("log", "log.txt", self._log)
            return
        self._take("health", "health.json", self._health)
        self._take("log", "log.txt", self._log)
        self._take("trace", "trace.json", self._trace)
        self._take("item_tree", "item_tree.json", self._item_tree)
        self._take("screenshot", "screenshot.png", self._screenshot)

    def close(self, seconds: float) -> List[Piece]:
        """What there is by now; nothing is added later."""
        with self._lock:
            self._closed = True
            late = f"it had not come within {seconds:.2g} s"
            kinds = KINDS_OF_KERNEL if self._info.kernel else KINDS
            return [self._pieces.get(kind, Piece(kind, None, late)) for kind in kinds]

    def _take(self, kind: str, name: str, ask: Callable[[], "tuple[bytes, Optional[str]]"]) -> None:
        file = self._folder / name
        try:
            content, note = ask()
            with self._lock:
                if self._closed:
                    return
                file.write_bytes(content)
                self._pieces[kind] = Piece(kind, str(file), note)
        except Missing as missing:
            self._miss(kind, str(missing))
        except Exception as error:  # whatever a test has done to what this stands on
            self._miss(kind, f"{type(error).__name__}: {error}")

    def _miss(self, kind: str, why: str) -> None:
        with self._lock:
            if not self._closed:
                self._pieces[kind] = Piece(kind, None, why)

    def _health(self) -> "tuple[bytes, Optional[str]]":
        url = self._info.health_url or f"{self._info.url}/api/gui_health"
        try:
            answer = self._ask(url, _HEALTH_SECONDS)
        except Missing as missing:
            self._silent = str(missing)
            if not self._info.health:
                raise
            return _readable(self._info.health), f"as it was before the test; {missing}"
        document = _object(answer, "a health answer")
        if document.get("state") == "hung":
            why = document.get("degraded_reason") or "no frame is drawn"
            self._frozen = f"the frame loop hangs: {why}"
        return _readable(document), None

    def _trace(self) -> "tuple[bytes, Optional[str]]":
        if self._mark.trace_next is None:
            raise Missing("the program keeps no trace")
        url = f"{self._info.url}/api/trace?since={self._mark.trace_next}"
        document = _object(self._ask(url), "a trace", "traceEvents")
        other = document.get("otherData")
        dropped = other.get("dropped") if isinstance(other, dict) else 0
        note = f"{dropped} older events of the test were dropped" if dropped else None
        return _readable(document), note

    def _item_tree(self) -> "tuple[bytes, Optional[str]]":
        if self._frozen:
            raise Missing(self._frozen)
        answer = self._ask(f"{self._info.url}/api/ui")
        return _readable(_object(answer, "an item tree", "items")), None

    def _screenshot(self) -> "tuple[bytes, Optional[str]]":
        if self._frozen:
            raise Missing(self._frozen)
        answer = self._ask(f"{self._info.url}/api/screenshot.png")
        if not answer.content.startswith(_PNG):
            raise Missing("what the program answered is no PNG picture")
        return answer.content, None

    def _log(self) -> "tuple[bytes, Optional[str]]":
        log = self._info.log
        if log is None:
            raise Missing("where the program's output goes is not known")
        if self._silent and wait_for_exit(self._info.pid, 0.0):
            self._let_settle(log)
        with log.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = max(self._mark.log_size, size - LONGEST_LOG)
            file.seek(start)
            content = file.read(LONGEST_LOG)
        if not content:
            raise Missing("the program wrote nothing during the test")
        cut = start - self._mark.log_size
        return content, f"the first {cut} bytes are left out" if cut > 0 else None

    def _let_settle(self, log: Path) -> None:
        """Proctor drains a dead program's pipe into the log at its own pace, and this side gets
        no event for it."""
        size, end = -1, _monotonic() + _SETTLE_SECONDS
        while _monotonic() < end and size != os.stat(log).st_size:
            size = os.stat(log).st_size
            _sleep(_SETTLE_STEP)

    def _ask(self, url: str, at_most: float = 60.0) -> Response:
        """A 2xx answer. Errors: Missing."""
        if self._silent:
            raise Missing(self._silent)
        seconds = min(at_most, self._deadline - _monotonic())
        if seconds < _LEAST_SECONDS:
            raise Missing("no time was left for it")
        try:
            answer = send("GET", url, token=self._info.token, timeout=seconds)
        except TransportError as error:
            raise Missing(self._why_silent(error, seconds)) from None
        if not answer.ok:
            raise Missing(f"the program answered HTTP {answer.status}: {answer.text[:200]}")
        return answer

    def _why_silent(self, error: BaseException, seconds: float) -> str:
        timed_out = isinstance(error, TimeoutError) or "timed out" in str(error)
        if wait_for_exit(self._info.pid, 0.0 if timed_out else _DYING_SECONDS):
            how = self._info.exit_text() if self._info.exit_text else ""
            return "the program has ended" + (f" ({how})" if how else "")
        if timed_out:
            return f"the program lives, but did not answer within {seconds:.2g} s"
        return f"the program lives, but does not answer: {error!r}"


def _object(answer: Response, what: str, member: str = "") -> Dict[str, Any]:
    """The answer's JSON object. Errors: Missing where it is something else."""
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, dict) or (member and member not in document):
        raise Missing(f"what the program answered is not {what}")
    return document


def _readable(document: Dict[str, Any]) -> bytes:
    """The JSON with a line for each member, and for each element of a list."""
    lines = []
    for name, value in document.items():
        text = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list) and value:
            elements = (json.dumps(element, ensure_ascii=False) for element in value)
            text = "[\n  " + ",\n  ".join(elements) + "\n ]"
        lines.append(f" {json.dumps(name)}: {text}")
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode("utf-8", "backslashreplace")
