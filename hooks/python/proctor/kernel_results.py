"""What a kernel makes of a piece of code: chunks as they come, and the result of them all. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterable, List, Optional

from .kernel_errors import (
    ExecutionError,
    ExecutionInterrupted,
    ExecutionTimeout,
    KernelDied,
    KernelError,
)

Json = Dict[str, Any]

IMAGE_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg", "image/svg+xml": ".svg"}

_RICH = ("result", "display", "update")  # what carries `data`
_SHOWN = ("stream", "result", "display")  # what stays on the screen
_COLOUR = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")  # also what moves the cursor
_DIED_ADVICE = (
    "What it had in memory is lost; reset() gives this client a fresh kernel, and result has what"
    " was printed before."
)


def without_colours(text: str) -> str:
    """The text without terminal codes."""
    return _COLOUR.sub("", text)


class Chunk(str):
    """One piece of output. As a text it is what it prints: of a stream the text as it came, of a
    result and a display its text/plain ("" for a display that is an image), of an error its
    traceback without colours, of an input request its prompt."""

    kind: str  # stream result display update clear error input
    name: str  # of a stream: stdout or stderr; of an error: the exception's name
    value: str  # of an error: the exception's text
    data: Dict[str, Any]  # of result, display and update, by MIME type
    metadata: Dict[str, Any]  # likewise
    display_id: str  # "": none
    execution_count: Optional[int]  # of a result
    wait: bool  # of clear: only when the next output comes
    password: bool  # of input: not to be shown
    traceback: List[str]  # of an error, with its colours

    def __new__(cls, message: Json) -> Chunk:
        """From a chunk of the HTTP interface."""
        self = super().__new__(cls, _printed(message))
        self.kind = str(message.get("kind", ""))
        self.name = str(message.get("name") or "")
        self.value = str(message.get("text") or "") if self.kind == "error" else ""
        self.data = dict(message.get("data") or {}) if self.kind in _RICH else {}
        self.metadata = dict(message.get("metadata") or {})
        self.display_id = str(message.get("display_id") or "")
        self.execution_count = message.get("execution_count")
        self.wait = bool(message.get("wait"))
        self.password = bool(message.get("password"))
        self.traceback = [str(line) for line in message.get("traceback") or []]
        return self

    def __repr__(self) -> str:
        return f"<Chunk {self.kind} {str.__repr__(self)}>"

    @property
    def text(self) -> str:
        """The same as a plain str."""
        return str.__str__(self)

    @property
    def is_image(self) -> bool:
        """Whether `data` has an image of a kind that is written to a file."""
        return any(kind in self.data for kind in IMAGE_SUFFIXES)

    def updated(self, update: Chunk) -> Chunk:
        """This display with the content of an update."""
        return Chunk(
            {
                "kind": self.kind,
                "data": update.data,
                "metadata": update.metadata,
                "display_id": self.display_id,
                "execution_count": self.execution_count,
            }
        )


OutputChunk = Chunk


class Screen:
    """What is to be seen of a cell's output at a moment: updates have replaced what they name,
    and what was cleared is gone."""

    def __init__(self, chunks: Iterable[Chunk] = ()) -> None:
        self.shown: List[Chunk] = []  # of the kinds stream, result, display
        self._clear_next = False
        for chunk in chunks:
            self.add(chunk)

    def add(self, chunk: Chunk) -> None:
        """One more chunk, in the order in which they came."""
        if chunk.kind == "clear":
            self._clear_next = chunk.wait
            if not chunk.wait:
                self.shown.clear()
        elif chunk.kind == "update":
            self.shown = [
                one.updated(chunk) if one.display_id and one.display_id == chunk.display_id else one
                for one in self.shown
            ]
        elif chunk.kind in _SHOWN or chunk.kind == "error":
            if self._clear_next:
                self.shown.clear()
                self._clear_next = False
            if chunk.kind in _SHOWN:
                self.shown.append(chunk)


@dataclass(frozen=True)
class ExecutionResult:
    """How a piece of code ended, and all that it showed."""

    request: int  # its number within the kernel
    end: str  # ok error interrupted timed_out kernel_died
    reason: Optional[str]  # a sentence where it is not ok
    cancelled: bool  # it never began
    execution_count: int
    duration_ms: float
    error: Optional[ExecutionError]  # the exception that ended it, not raised
    chunks: List[Chunk] = field(default_factory=list)  # all, in order
    images: List[Path] = field(default_factory=list)  # files, in the order of the displays

    @property
    def ok(self) -> bool:
        """Whether it ran to its end."""
        return self.end == "ok"

    @property
    def text(self) -> Optional[str]:
        """All that the cell showed as text: streams, and the text/plain of results and of displays
        that are no image, in order, without white space around it; None where there was none."""
        return joined_text(Screen(self.chunks).shown)

    @property
    def stdout(self) -> str:
        """All that was printed there, also what was cleared later."""
        return self._printed("stdout")

    @property
    def stderr(self) -> str:
        """The same of stderr."""
        return self._printed("stderr")

    @property
    def data(self) -> Optional[Dict[str, Any]]:
        """The value of the last expression by MIME type; None where it had none."""
        results = [chunk for chunk in Screen(self.chunks).shown if chunk.kind == "result"]
        return results[-1].data if results else None

    def _printed(self, name: str) -> str:
        return "".join(c for c in self.chunks if c.kind == "stream" and c.name == name)


def joined_text(shown: List[Chunk]) -> Optional[str]:
    """The text of what is shown. Results and displays stand on lines of their own."""
    text, any_text = "", False
    for chunk in shown:
        if chunk.kind != "stream" and "text/plain" not in chunk.data:
            continue
        if chunk.kind == "display" and chunk.is_image:
            continue
        any_text = True
        if chunk.kind == "stream":
            text += chunk
        else:
            text += ("\n" if text and not text.endswith("\n") else "") + chunk + "\n"
    return text.strip() if any_text else None


def read_result(message: Json, chunks: List[Chunk]) -> ExecutionResult:
    """The result as the HTTP interface has it, with the chunks that came before it."""
    result = ExecutionResult(
        request=int(message.get("request") or 0),
        end=str(message.get("end", "")),
        reason=message.get("reason"),
        cancelled=bool(message.get("cancelled")),
        execution_count=int(message.get("execution_count") or 0),
        duration_ms=float(message.get("duration_ms") or 0),
        error=_error(message),
        chunks=chunks,
    )
    if result.error is not None:
        result.error.result = result
    return result


def failure_of(result: ExecutionResult, timeout: Optional[float]) -> Optional[KernelError]:
    """What is to be raised for a result; None where it is ok."""
    reason = (result.reason or "").rstrip(".")
    if result.end == "ok":
        return None
    if result.end == "timed_out":
        return ExecutionTimeout(_timeout_text(result, timeout, reason), result)
    if result.end == "kernel_died":
        return KernelDied(f"{reason or 'the kernel died'}. {_DIED_ADVICE}", result)
    if result.error is not None:
        return result.error
    return ExecutionInterrupted("KeyboardInterrupt", reason or "interrupted", "", result)


def plain_traceback(lines: Iterable[str]) -> str:
    """A traceback without colours."""
    return without_colours("\n".join(lines)).rstrip("\n")


def _error(message: Json) -> Optional[ExecutionError]:
    error = message.get("error")
    if not error:
        return None
    made = ExecutionInterrupted if message.get("end") == "interrupted" else ExecutionError
    return made(
        str(error.get("name") or ""),
        without_colours(str(error.get("value") or "")),
        plain_traceback(str(line) for line in error.get("traceback") or []),
    )


def _timeout_text(result: ExecutionResult, timeout: Optional[float], reason: str) -> str:
    limit = f"{timeout:g} s" if timeout is not None else "its time"
    text = f"the code did not end within {limit} and was interrupted; the kernel goes on"
    text += f" ({reason})" if reason else ""
    where = result.error.traceback if result.error is not None else ""
    return f"{text}. It stood here:\n{where}" if where else f"{text}."


def _printed(message: Json) -> str:
    kind = message.get("kind")
    if kind in _RICH:
        data = message.get("data") or {}
        if kind != "result" and any(image in data for image in IMAGE_SUFFIXES):
            return ""
        return mime_text(data.get("text/plain", ""))
    if kind == "error":
        return plain_traceback(str(line) for line in message.get("traceback") or [])
    return str(message.get("text") or "")


def mime_text(value: Any) -> str:
    """A MIME type's text, which files may hold as a list of lines."""
    return "".join(map(str, value)) if isinstance(value, list) else str(value)
