"""A kernel as a blocking handle: run code, see what it shows, interrupt it, begin anew."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, Callable, Dict, Generator, Iterator, List, Optional, Type, Union

from .kernel_core import ClientCore, PathLike, request_options
from .kernel_http import BlockingHttp
from .kernel_results import Chunk, ExecutionResult, Json
from .kernel_steps import Answer, Call, HookCall, Question, Run, Steps

OnInput = Callable[[str], Optional[str]]  # of the prompt; the line, or None: it is replied elsewhere


class BlockingKernelClient:
    """One kernel, of this client alone; it is started at first use, and ended by close().

    Without `url` it is $PROCTOR_URL's Proctor that keeps the kernel, else a host that this
    process starts for itself. `kernel_id` attaches to a kernel that there is, which close() leaves
    alone. `cwd` is Python's own where none is given, in a sandbox a fresh directory, since the
    kernel may write to it; `env` comes on top of the environment.
    `images_dir` is where result.images are written; a temporary one by default.

    Methods may be called by any thread. Errors of all: KernelError; KernelDied.
    """

    def __init__(
        self,
        kernel: str = "python3",
        *,
        cwd: Optional[PathLike] = None,
        env: Optional[Dict[str, str]] = None,
        sandbox: str = "none",
        spares: int = 0,
        images_dir: Optional[PathLike] = None,
        startup_timeout: float = 60.0,
        url: str = "",
        token: str = "",
        kernel_id: str = "",
    ) -> None:
        self._core = ClientCore(
            kernel, cwd, env, sandbox, spares, images_dir, startup_timeout, url, token, kernel_id
        )
        self._http = BlockingHttp()
        self._starting = threading.Lock()
        self.loop = KernelLoop(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.kernel_id or 'not started'} {self._core.place.url}>"

    def __enter__(self) -> BlockingKernelClient:
        self.start()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        where: Optional[TracebackType],
    ) -> None:
        self.close()

    @property
    def kernel_id(self) -> str:
        """Its id with the host, such as "k1"; "" before it is started."""
        return self._core.steps.kernel_id

    @property
    def url(self) -> str:
        """Where the host listens; "" before it is started."""
        return self._core.place.url

    @property
    def token(self) -> str:
        """The host's token."""
        return self._core.place.token

    def start(self) -> None:
        """Starts the kernel and waits until it is ready; of no effect the second time."""
        core = self._core
        with self._starting:
            core.check_open()
            if core.started:
                return
            try:
                core.place.open()
                begin = core.steps.start if core.owns_kernel else core.steps.attach
                self._drive(begin(core.options()))
                core.started = True
            except BaseException:
                self._leave()
                raise

    def execute(
        self,
        code: str,
        timeout: Optional[float] = None,
        *,
        raise_on_error: bool = True,
        on_input: Optional[OnInput] = None,
        silent: bool = False,
        store_history: bool = True,
    ) -> ExecutionResult:
        """Runs the code to its end. `timeout` is in seconds from its start; then it is
        interrupted. `on_input` gets the prompt of each input() and gives the line.

        Errors: ExecutionError, unless `raise_on_error` is False; ExecutionTimeout, after which
        kernel and variables are there still; KernelDied.
        """
        __tracebackhide__ = True
        more = request_options(on_input is not None, silent, store_history)
        run = Run()
        for _ in self._chunks(run, code, timeout, more, on_input, on_input is not None):
            pass
        assert run.result is not None
        return self._core.finish(run.result, timeout, raise_on_error)

    def stream(
        self,
        code: str,
        timeout: Optional[float] = None,
        *,
        raise_on_error: bool = True,
        on_input: Optional[OnInput] = None,
        allow_stdin: bool = False,
        silent: bool = False,
        store_history: bool = True,
    ) -> Generator[Union[Chunk, ExecutionResult], None, None]:
        """Runs the code; each chunk as it comes, and the result last. Errors: as execute(), in
        place of the result. Whoever leaves before the end interrupts it. With `allow_stdin` and
        no `on_input`, a chunk of kind "input" wants a reply()."""
        more = request_options(allow_stdin or on_input is not None, silent, store_history)
        run = Run()
        yield from self._chunks(run, code, timeout, more, on_input, True)
        assert run.result is not None
        yield self._core.finish(run.result, timeout, raise_on_error)

    def interrupt(self) -> None:
        """Interrupts what is in flight, whoever asked for it."""
        self._ask(self._core.steps.interrupt())

    def reset(self) -> None:
        """A fresh process, with nothing of what was defined; a spare where there is one."""
        self._renew("reset")

    def restart(self) -> None:
        """The same."""
        self._renew("restart")

    def complete(self, code: str, cursor: Optional[int] = None) -> Json:
        """The kernel's reply: `matches`, `cursor_start`, `cursor_end`; `cursor` counts
        characters, the end by default."""
        body: Json = {"code": code, "cursor": len(code) if cursor is None else cursor}
        reply: Json = self._ask(self._core.steps.post("complete", body))
        return reply

    def inspect(self, code: str, cursor: Optional[int] = None, detail: int = 0) -> Json:
        """The kernel's reply: `found`, and what it knows of the name there as `data` by MIME."""
        body: Json = {"code": code, "cursor": len(code) if cursor is None else cursor}
        body["detail"] = detail
        reply: Json = self._ask(self._core.steps.post("inspect", body))
        return reply

    def reply(self, text: str) -> None:
        """The line that the kernel waits for. Errors: KernelError where it waits for none."""
        self._ask(self._core.steps.post("stdin", {"text": text}))

    def hooks(self, since: int = 0) -> List[HookCall]:
        """What each phase of each request was given, from that number on."""
        calls: List[HookCall] = self._ask(self._core.steps.hooks(since))
        return calls

    def status(self) -> Json:
        """The kernel as its host has it: `state`, `pid`, `starts`, `queued`, `request` …"""
        kernel: Json = self._ask(self._core.steps.status())
        return kernel

    def result_of(self, request: int, timeout: Optional[float] = None) -> ExecutionResult:
        """The result of a request by its number, waited for; nothing is raised for how it ended.
        Errors: KernelError where it does not end within the timeout."""
        result: ExecutionResult = self._ask(self._core.steps.result_of(request, timeout))
        self._core.add_images(result)
        return result

    def close(self) -> None:
        """Ends the kernel, unless it is somebody else's. Of no effect the second time."""
        with self._starting:
            self._leave()
            self._core.closed = True

    def _renew(self, how: str) -> None:
        if not self._core.owns_kernel or self._core.started:
            self._ask(self._core.steps.restart(how, self._core.options()))
        else:
            self.start()

    def _chunks(
        self,
        run: Run,
        code: str,
        timeout: Optional[float],
        more: Json,
        on_input: Optional[OnInput],
        stepwise: bool,
    ) -> Iterator[Chunk]:
        """The chunks; `run` has the result afterwards."""
        __tracebackhide__ = True
        self._core.check_not_driven()
        self.start()
        steps = self._core.steps.execute(run, code, timeout, more, stepwise)
        answer: Any = None
        try:
            while True:
                try:
                    item = steps.send(answer)
                except StopIteration:
                    return
                answer = None
                if isinstance(item, Call):
                    answer = self._send(item)
                elif isinstance(item, Question):
                    answer = on_input(item.prompt) if on_input is not None else None
                else:
                    yield item
        finally:
            if run.may_run:
                self._abandon(run)

    def _abandon(self, run: Run) -> None:
        """Nobody waits for it any more; it is not to run on."""
        try:
            self._send(self._core.steps.interrupt_call(run.request))
        except Exception:  # there is an error on its way already, which says more
            return

    def _ask(self, steps: Steps) -> Any:
        self.start()
        return self._drive(steps)

    def _drive(self, steps: Steps) -> Any:
        """A conversation to its end."""
        answer: Any = None
        while True:
            try:
                item = steps.send(answer)
            except StopIteration as stop:
                return stop.value
            answer = self._send(item) if isinstance(item, Call) else None

    def _send(self, call: Call) -> Answer:
        core = self._core
        core.check_open()
        try:
            return self._http.send(
                call.method,
                core.url(call),
                token=core.place.token,
                json=call.body,
                timeout=call.timeout,
            )
        except OSError as error:
            raise core.explain(call, error) from None

    def _leave(self) -> None:
        """Lets go of kernel, host and images."""
        core = self._core
        try:
            if core.owns_kernel and core.steps.kernel_id and not core.closed:
                self._drive(core.steps.post("shutdown", {}))
        except Exception:  # it is gone already, and its host ends what is left
            pass
        finally:
            if core.owns_kernel:
                core.steps.kernel_id = ""
            core.started = False
            self._http.close()
            core.images.close()
            core.place.close()


class KernelLoop:
    """The kernel's queue, taken over: nothing begins until step()."""

    def __init__(self, client: BlockingKernelClient) -> None:
        self._client = client

    def start(self) -> None:
        """Takes the queue over."""
        self._post("start")
        self._client._core.driven = True

    def enqueue(self, code: str, timeout: Optional[float] = None) -> int:
        """Queues the code; its request's number, for client.result_of()."""
        client = self._client
        request: int = client._ask(client._core.steps.enqueue(code, timeout))
        return request

    def step(self) -> Optional[int]:
        """Begins the next one; None where none is queued, or one is in flight."""
        request: Optional[int] = self._post("step")["request"]
        return request

    def settle(self, limit: float = 10.0) -> bool:
        """Runs what is queued, until nothing is queued and nothing in flight; whether that came
        about within the limit, in seconds."""
        client = self._client
        return bool(client._ask(client._core.steps.settle(limit)))

    def stop(self) -> List[int]:
        """Gives the queue back; what was queued is dropped, and named."""
        dropped: List[int] = self._post("stop")["dropped"]
        self._client._core.driven = False
        return dropped

    def _post(self, what: str) -> Json:
        client = self._client
        answer: Json = client._ask(client._core.steps.post(f"loop/{what}", {}))
        return answer
