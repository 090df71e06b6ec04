"""What both kernel clients say over HTTP, step by step, without saying it themselves. Pure.

A conversation is a generator: it yields a `Call` and is sent the `Answer`; in between it yields
chunks of output and questions of the kernel. The blocking and the asyncio client drive the same
conversations, and differ only in how they send.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Generator, List, NamedTuple, Optional, Union
from urllib.parse import quote

from .kernel_errors import KernelDied, KernelError
from .kernel_results import Chunk, ExecutionResult, Json, read_result

ANSWER_SECONDS = 30.0  # what any answer may take on top of the wait that was asked for
_WAIT_MS = 20_000  # that one question for news waits at most
_FIRST_WAIT_MS = 50  # of the question that starts a cell: its number has to be known soon
_GOODBYE_SECONDS = 5.0


class Call(NamedTuple):
    """One request."""

    method: str
    path: str
    body: Optional[Json] = None
    timeout: float = ANSWER_SECONDS
    must_arrive: bool = False  # its answer is needed even where nobody waits any more


class Answer(NamedTuple):
    """What came of it."""

    status: int
    content: bytes


class Question(NamedTuple):
    """The kernel asks for a line; it is sent back into the conversation."""

    prompt: str
    password: bool


Steps = Generator[Union[Call, Chunk, Question], Any, Any]


@dataclass
class Run:
    """One piece of code on its way."""

    request: int = 0  # its number in the kernel; 0: not known yet
    posted: bool = False  # the host was asked, and its answer is not known
    chunks: List[Chunk] = field(default_factory=list)
    result: Optional[ExecutionResult] = None

    @property
    def may_run(self) -> bool:
        """Whether the kernel may be at it, or about to be."""
        return self.result is None and (self.posted or self.request != 0)


@dataclass(frozen=True)
class HookCall:
    """What a phase of the kernel's session was given, as values."""

    n: int
    phase: str  # preparation pre_execution post_execution on_finish
    outcome: str  # pending success failure cancelled interrupted died
    request: int
    code: str
    result: Optional[ExecutionResult]
    outputs: List[Chunk]
    at_ms: float


@dataclass(frozen=True)
class KernelOptions:
    """Which kernel is started."""

    kernel: str = "python3"
    cwd: Optional[Path] = None  # None: Python's present one; in a sandbox a fresh one of its own
    env: Dict[str, str] = field(default_factory=dict)
    sandbox: str = "none"
    spares: int = 0
    startup_timeout: float = 60.0

    def as_body(self) -> Json:
        """As POST /api/kernels takes it."""
        return {
            "kernel": self.kernel,
            "cwd": self._cwd_text(),
            "env": self.env,
            "sandbox": self.sandbox,
            "spares": self.spares,
            "ready_timeout_s": self.startup_timeout,
        }

    def _cwd_text(self) -> str:
        if self.cwd is None and self.sandbox != "none":
            return ""
        return str((self.cwd or Path.cwd()).absolute())


class KernelSteps:
    """The conversations about one kernel. Errors of all: KernelError, KernelDied."""

    def __init__(self, kernel_id: str = "") -> None:
        self.kernel_id = kernel_id  # "": not started yet

    def start(self, options: KernelOptions) -> Steps:
        """Has the host start a kernel, and waits until it is ready."""
        answer = yield Call("POST", "/api/kernels", options.as_body(), must_arrive=True)
        self.kernel_id = started_id(answer)
        return (yield from self._ready(options.startup_timeout, -1))

    def attach(self, options: KernelOptions) -> Steps:
        """Waits until a kernel that there is is ready."""
        return (yield from self._ready(options.startup_timeout, -1))

    def restart(self, how: str, options: KernelOptions) -> Steps:
        """`how`: restart or reset. The fresh process is ready afterwards."""
        begun = _checked((yield self._call("POST", how, {})), how)
        before = int(begun.get("starts", -1))
        return (yield from self._ready(options.startup_timeout, before))

    def execute(
        self, run: Run, code: str, timeout: Optional[float], more: Json, stepwise: bool
    ) -> Steps:
        """Runs the code; yields its chunks, all at its end or, `stepwise`, each as it comes."""
        until = "output" if stepwise else "end"
        body = {"code": code, "timeout_s": timeout, "stop_on_error": False, **more}
        body.update(wait_ms=_FIRST_WAIT_MS, until=until)
        run.posted = True
        answer = yield self._call("POST", "execute", body)._replace(must_arrive=True)
        run.posted = False
        if answer.status == 409:
            yield from self._explain_refusal(answer)
        return (yield from self._follow(run, _checked(answer, "execute"), until, _forever()))

    def enqueue(self, code: str, timeout: Optional[float]) -> Steps:
        """Queues the code; its request's number."""
        body = {"code": code, "timeout_s": timeout, "stop_on_error": False, "wait_ms": 0}
        return int(_checked((yield self._call("POST", "execute", body)), "enqueue")["request"])

    def result_of(self, request: int, wait: Optional[float]) -> Steps:
        """The result of a request, once it has ended. Errors: also KernelError, not in time."""
        path = f"requests/{request}?since=0&wait_ms=0&until=end"
        message = _checked((yield self._call("GET", path)), f"request {request}")
        run = Run()
        deadline = _forever() if wait is None else time.monotonic() + wait
        result = yield from self._follow(run, message, "end", deadline)
        if result is None:
            raise KernelError(f"request {request} has not ended within {wait:g} s")
        return result

    def interrupt(self, request: int = 0) -> Steps:
        """Whatever is in flight, or that request."""
        _checked((yield self.interrupt_call(request)), "interrupt")

    def interrupt_call(self, request: int) -> Call:
        """The same for those who are leaving: its answer says nothing that they need."""
        body = {"request": request} if request else {}
        return self._call("POST", "interrupt", body)._replace(timeout=_GOODBYE_SECONDS)

    def post(self, what: str, body: Json) -> Steps:
        """Anything that is asked by one POST; its answer."""
        return _checked((yield self._call("POST", what, body)), what)

    def settle(self, limit: float) -> Steps:
        """Whether nothing was queued and in flight within the limit."""
        call = self._call("POST", "loop/settle", {"limit_s": limit})
        answer = yield call._replace(timeout=limit + ANSWER_SECONDS)
        return bool(_checked(answer, "settle")["settled"])

    def status(self) -> Steps:
        """The kernel as the host has it."""
        return _checked((yield self._call("GET", "")), "the kernel")

    def hooks(self, since: int) -> Steps:
        """The calls of the session's phases."""
        message = _checked((yield self._call("GET", f"hooks?since={since}")), "hooks")
        return [_hook_call(call) for call in message["calls"]]

    def _follow(self, run: Run, message: Json, until: str, deadline: float) -> Steps:
        """Until the request has ended; None where the deadline comes first.

        What is printed meanwhile is fetched now and then also by those who want only the end: it
        is read while the kernel goes on, and not all of it afterwards.
        """
        patience = _FIRST_WAIT_MS
        while True:
            run.request = int(message["request"])
            fresh = [Chunk(chunk) for chunk in message.get("chunks") or []]
            run.chunks += fresh
            for chunk in fresh:
                yield chunk
            result = message.get("result")
            if result is not None:
                run.result = read_result(result, run.chunks)
                return run.result
            if fresh and fresh[-1].kind == "input":
                line = yield Question(str(fresh[-1]), fresh[-1].password)
                if line is not None:
                    yield from self.post("stdin", {"text": line})
            patience = min(_WAIT_MS, _FIRST_WAIT_MS if fresh else 2 * patience)
            longest = patience if until == "end" else _WAIT_MS
            wait_ms = int(min(longest, max(0.0, (deadline - time.monotonic()) * 1000)))
            if wait_ms == 0:
                return None
            query = f"since={message.get('next', 0)}&wait_ms={wait_ms}&until={until}"
            answer = yield self._call("GET", f"requests/{run.request}?{query}", wait_ms=wait_ms)
            message = _checked(answer, f"request {run.request}")

    def _ready(self, limit: float, starts_before: int) -> Steps:
        """The kernel once it is idle or busy, in a process later than those."""
        deadline = time.monotonic() + limit
        while True:
            asked = time.monotonic()
            wait_ms = int(max(0.0, min(_WAIT_MS, (deadline - asked) * 1000)))
            query = f"?wait_ms={wait_ms}&until=ready"
            query += f"&starts={starts_before}" if starts_before >= 0 else ""
            kernel = _checked((yield self._call("GET", query, wait_ms=wait_ms)), "the kernel")
            in_time = (time.monotonic() - asked) * 1000 < wait_ms
            is_fresh = int(kernel["starts"]) > starts_before
            if kernel["state"] == "dead" and (is_fresh or in_time):
                raise KernelDied(self._not_up(kernel))
            if is_fresh and kernel["state"] in ("idle", "busy"):
                return kernel
            if time.monotonic() >= deadline:
                raise KernelError(self._too_late(kernel, limit))

    def _explain_refusal(self, answer: Answer) -> Steps:
        """Raises KernelDied where the kernel refuses because it is dead."""
        kernel = yield from self.status()
        if kernel["state"] == "dead":
            reason = str(kernel.get("reason") or _said(answer)).rstrip(".")
            raise KernelDied(f"the kernel is dead: {reason}. reset() gives a fresh one.")

    def _too_late(self, kernel: Json, limit: float) -> str:
        text = f"the kernel {kernel.get('kernel')} was not ready within {limit:g} s"
        text += f" (it is {kernel['state']}); give it more time with startup_timeout=."
        return text + (f" Its log is {kernel['log']}." if kernel.get("log") else "")

    def _not_up(self, kernel: Json) -> str:
        reason = str(kernel.get("reason") or "it gave no reason").rstrip(".")
        text = f"the kernel {kernel.get('kernel')} could not be started: {reason}."
        return text + (f" Its log is {kernel['log']}." if kernel.get("log") else "")

    def _call(self, method: str, what: str, body: Optional[Json] = None, wait_ms: int = 0) -> Call:
        separator = "/" if what and not what.startswith("?") else ""
        path = f"/api/kernels/{quote(self.kernel_id, safe='')}{separator}{what}"
        return Call(method, path, body, timeout=wait_ms / 1000 + ANSWER_SECONDS)


def started_id(answer: Answer) -> str:
    """The id of a kernel that the host was asked to start."""
    return str(_checked(answer, "starting a kernel")["id"])


def request_number(answer: Answer) -> int:
    """The number of the request that an answer is about; 0: of none."""
    try:
        return int(json.loads(answer.content).get("request") or 0)
    except (ValueError, AttributeError, TypeError):
        return 0


def _checked(answer: Answer, what: str) -> Json:
    """The answer's JSON. Errors: KernelError with what the host says."""
    if 200 <= answer.status < 300:
        message: Json = json.loads(answer.content) if answer.content else {}
        return message
    raise KernelError(f"{what}: {_said(answer)}")


def _said(answer: Answer) -> str:
    """A refusal in words."""
    try:
        refusal = json.loads(answer.content)
        text = str(refusal["error"]).rstrip(".")
        hint = str(refusal.get("hint") or "")
        return f"{text}. {hint}".strip() if hint else f"{text}."
    except (ValueError, KeyError, TypeError, AttributeError):
        said = answer.content.decode("utf-8", "replace").strip()[:200]
        text = f"the host answers with HTTP status {answer.status}" + (f": {said}" if said else "")
        if answer.status == 404:
            text += ". Is that URL one of Proctor? Other programs with hooks have no kernels"
        return text + "."


def _hook_call(call: Json) -> HookCall:
    outputs = [Chunk(chunk) for chunk in call.get("outputs") or []]
    result = call.get("result")
    return HookCall(
        n=int(call["n"]),
        phase=str(call["phase"]),
        outcome=str(call["outcome"]),
        request=int(call["request"]),
        code=str(call["code"]),
        result=read_result(result, outputs) if result is not None else None,
        outputs=outputs,
        at_ms=float(call.get("at_ms") or 0),
    )


def _forever() -> float:
    return float("inf")
