"""A kernel for asyncio: the same as `BlockingKernelClient`, with coroutines."""

from __future__ import annotations

import asyncio
import inspect as inspect_module
from types import TracebackType
from typing import Any, AsyncGenerator, Callable, Dict, List, Optional, Type, Union

from .kernel_core import ClientCore, PathLike, request_options
from .kernel_http_async import AsyncHttp
from .kernel_results import Chunk, ExecutionResult, Json
from .kernel_steps import Answer, Call, HookCall, Question, Run, Steps, request_number, started_id

OnInput = Callable[[str], Any]  # of the prompt; the line, or an awaitable of it, or None

_GOODBYE_SECONDS = 5.0


class KernelClient:
    """One kernel, of this client alone: `async with KernelClient() as k: await k.execute(…)`.

    The arguments are those of `BlockingKernelClient`. A task that is cancelled while it runs code,
    as by asyncio.wait_for(), interrupts that code; the client stays usable. Requests of several
    tasks run one after the other. Errors of all: KernelError; KernelDied.
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
        self._http = AsyncHttp()
        self._starting: Optional[asyncio.Lock] = None  # made within the event loop
        self.loop = AsyncKernelLoop(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.kernel_id or 'not started'} {self._core.place.url}>"

    async def __aenter__(self) -> KernelClient:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        where: Optional[TracebackType],
    ) -> None:
        await self.close()

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

    async def start(self) -> None:
        """Starts the kernel and waits until it is ready; of no effect the second time."""
        core = self._core
        core.check_open()
        if core.started:
            return
        if self._starting is None:
            self._starting = asyncio.Lock()
        async with self._starting:
            core.check_open()
            if core.started:
                return
            try:
                await self._open_place()
                begin = core.steps.start if core.owns_kernel else core.steps.attach
                await self._drive(begin(core.options()))
                core.started = True
            except BaseException:
                await self._leave()
                raise

    async def execute(
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
        interrupted. `on_input` gets the prompt of each input() and gives the line, or an awaitable.

        Errors: ExecutionError, unless `raise_on_error` is False; ExecutionTimeout, after which
        kernel and variables are there still; KernelDied.
        """
        __tracebackhide__ = True
        more = request_options(on_input is not None, silent, store_history)
        run = Run()
        chunks = self._chunks(run, code, timeout, more, on_input, on_input is not None)
        async for _ in chunks:
            pass
        assert run.result is not None
        return self._core.finish(run.result, timeout, raise_on_error)

    async def stream(
        self,
        code: str,
        timeout: Optional[float] = None,
        *,
        raise_on_error: bool = True,
        on_input: Optional[OnInput] = None,
        allow_stdin: bool = False,
        silent: bool = False,
        store_history: bool = True,
    ) -> AsyncGenerator[Union[Chunk, ExecutionResult], None]:
        """Runs the code; each chunk as it comes, and the result last. Errors: as execute(), in
        place of the result. Whoever closes it before the end (aclose()) interrupts the code. With
        `allow_stdin` and no `on_input`, a chunk of kind "input" wants a reply()."""
        more = request_options(allow_stdin or on_input is not None, silent, store_history)
        run = Run()
        chunks = self._chunks(run, code, timeout, more, on_input, True)
        try:
            async for chunk in chunks:
                yield chunk
        finally:
            await chunks.aclose()
        assert run.result is not None
        yield self._core.finish(run.result, timeout, raise_on_error)

    async def interrupt(self) -> None:
        """Interrupts what is in flight, whoever asked for it."""
        await self._ask(self._core.steps.interrupt())

    async def reset(self) -> None:
        """A fresh process, with nothing of what was defined; a spare where there is one."""
        await self._renew("reset")

    async def restart(self) -> None:
        """The same."""
        await self._renew("restart")

    async def complete(self, code: str, cursor: Optional[int] = None) -> Json:
        """The kernel's reply: `matches`, `cursor_start`, `cursor_end`; `cursor` counts
        characters, the end by default."""
        body: Json = {"code": code, "cursor": len(code) if cursor is None else cursor}
        reply: Json = await self._ask(self._core.steps.post("complete", body))
        return reply

    async def inspect(self, code: str, cursor: Optional[int] = None, detail: int = 0) -> Json:
        """The kernel's reply: `found`, and what it knows of the name there as `data` by MIME."""
        body: Json = {"code": code, "cursor": len(code) if cursor is None else cursor}
        body["detail"] = detail
        reply: Json = await self._ask(self._core.steps.post("inspect", body))
        return reply

    async def reply(self, text: str) -> None:
        """The line that the kernel waits for. Errors: KernelError where it waits for none."""
        await self._ask(self._core.steps.post("stdin", {"text": text}))

    async def hooks(self, since: int = 0) -> List[HookCall]:
        """What each phase of each request was given, from that number on."""
        calls: List[HookCall] = await self._ask(self._core.steps.hooks(since))
        return calls

    async def status(self) -> Json:
        """The kernel as its host has it: `state`, `pid`, `starts`, `queued`, `request` …"""
        kernel: Json = await self._ask(self._core.steps.status())
        return kernel

    async def result_of(self, request: int, timeout: Optional[float] = None) -> ExecutionResult:
        """The result of a request by its number, waited for; nothing is raised for how it ended.
        Errors: KernelError where it does not end within the timeout."""
        result: ExecutionResult = await self._ask(self._core.steps.result_of(request, timeout))
        self._core.add_images(result)
        return result

    async def close(self) -> None:
        """Ends the kernel, unless it is somebody else's. Of no effect the second time."""
        await self._leave()
        self._core.closed = True

    async def _renew(self, how: str) -> None:
        if not self._core.owns_kernel or self._core.started:
            await self._ask(self._core.steps.restart(how, self._core.options()))
        else:
            await self.start()

    async def _chunks(
        self,
        run: Run,
        code: str,
        timeout: Optional[float],
        more: Json,
        on_input: Optional[OnInput],
        stepwise: bool,
    ) -> AsyncGenerator[Chunk, None]:
        """The chunks; `run` has the result afterwards."""
        __tracebackhide__ = True
        self._core.check_not_driven()
        await self.start()
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
                    answer = await self._send_for(run, item)
                elif isinstance(item, Question):
                    answer = await _line(on_input, item)
                else:
                    yield item
        finally:
            if run.may_run:
                await self._abandon(run)

    async def _send_for(self, run: Run, call: Call) -> Answer:
        """Sends; the answer that says the request's number is taken in by whoever is cancelled
        meanwhile too, for nothing else tells what is to be interrupted."""
        if not call.must_arrive:
            return await self._send(call)
        sending = asyncio.ensure_future(self._send(call))
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            answer = await _arrived(sending)
            run.request = request_number(answer) if answer is not None else 0
            run.posted = answer is None
            raise

    async def _abandon(self, run: Run) -> None:
        """Nobody waits for it any more; it is not to run on."""
        try:
            await self._send(self._core.steps.interrupt_call(run.request))
        except Exception:  # there is an error on its way already, which says more
            return

    async def _ask(self, steps: Steps) -> Any:
        await self.start()
        return await self._drive(steps)

    async def _drive(self, steps: Steps) -> Any:
        """A conversation to its end."""
        answer: Any = None
        while True:
            try:
                item = steps.send(answer)
            except StopIteration as stop:
                return stop.value
            answer = None
            if isinstance(item, Call):
                answer = await self._send_whole(item)

    async def _send_whole(self, call: Call) -> Answer:
        """As `_send`; a kernel that is being started is known also to whoever is cancelled."""
        if not call.must_arrive:
            return await self._send(call)
        sending = asyncio.ensure_future(self._send(call))
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            answer = await _arrived(sending)
            if answer is not None and answer.status < 300:
                self._core.steps.kernel_id = started_id(answer)
            raise

    async def _send(self, call: Call) -> Answer:
        core = self._core
        core.check_open()
        try:
            return await self._http.send(
                call.method,
                core.url(call),
                token=core.place.token,
                json=call.body,
                timeout=call.timeout,
            )
        except (OSError, asyncio.TimeoutError) as error:
            raise core.explain(call, error) from None

    async def _open_place(self) -> None:
        """In a thread: starting a host takes a while. One that comes up for nobody is let go."""
        place = self._core.place

        def let_go(opened: "asyncio.Future[None]") -> None:
            if opened.exception() is None:
                place.close()

        opening = asyncio.get_running_loop().run_in_executor(None, place.open)
        try:
            await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(let_go)
            raise

    async def _leave(self) -> None:
        """Lets go of kernel, host, connections and images."""
        core = self._core
        try:
            if core.owns_kernel and core.steps.kernel_id and not core.closed:
                await self._drive(core.steps.post("shutdown", {}))
        except Exception:  # it is gone already, and its host ends what is left
            pass
        finally:
            if core.owns_kernel:
                core.steps.kernel_id = ""
            core.started = False
            await self._http.close()
            core.images.close()
            await asyncio.get_running_loop().run_in_executor(None, core.place.close)


class AsyncKernelLoop:
    """The kernel's queue, taken over: nothing begins until step()."""

    def __init__(self, client: KernelClient) -> None:
        self._client = client

    async def start(self) -> None:
        """Takes the queue over."""
        await self._post("start")
        self._client._core.driven = True

    async def enqueue(self, code: str, timeout: Optional[float] = None) -> int:
        """Queues the code; its request's number, for client.result_of()."""
        client = self._client
        request: int = await client._ask(client._core.steps.enqueue(code, timeout))
        return request

    async def step(self) -> Optional[int]:
        """Begins the next one; None where none is queued, or one is in flight."""
        request: Optional[int] = (await self._post("step"))["request"]
        return request

    async def settle(self, limit: float = 10.0) -> bool:
        """Runs what is queued, until nothing is queued and nothing in flight; whether that came
        about within the limit, in seconds."""
        client = self._client
        return bool(await client._ask(client._core.steps.settle(limit)))

    async def stop(self) -> List[int]:
        """Gives the queue back; what was queued is dropped, and named."""
        dropped: List[int] = (await self._post("stop"))["dropped"]
        self._client._core.driven = False
        return dropped

    async def _post(self, what: str) -> Json:
        client = self._client
        answer: Json = await client._ask(client._core.steps.post(f"loop/{what}", {}))
        return answer


async def _arrived(sending: "asyncio.Future[Answer]") -> Optional[Answer]:
    """The answer, if it comes soon."""
    try:
        return await asyncio.wait_for(sending, _GOODBYE_SECONDS)
    except (Exception, asyncio.CancelledError):
        return None


async def _line(on_input: Optional[OnInput], question: Question) -> Optional[str]:
    line = on_input(question.prompt) if on_input is not None else None
    if inspect_module.isawaitable(line):
        line = await line
    return line  # type: ignore[no-any-return]
