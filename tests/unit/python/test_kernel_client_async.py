"""What only the asyncio client has: tasks that are cancelled, several at a time, several loops."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

import pytest

from either_client import KINDS
from fake_kernels import Host
from proctor import KernelClient
from proctor.kernel_errors import KernelError
from proctor.kernel_http import BlockingHttp
from proctor.kernel_http_async import AsyncHttp

LIMIT = 60.0
ENDLESS = "print('on', flush=True)\nwhile True: pass"


@pytest.fixture
def host():
    made = Host()
    threading.Thread(target=made.serve_forever, args=[0.01], daemon=True).start()
    yield made
    made.end()
    made.shutdown()
    made.server_close()


def run(scene):
    return asyncio.run(asyncio.wait_for(scene, LIMIT))


def client(host, **options):
    return KernelClient(url=host.url, token=host.token, **options)


def test_a_client_is_a_context(host):
    async def scene():
        async with client(host) as kernel:
            assert (await kernel.execute("6 * 7")).text == "42"
        with pytest.raises(KernelError, match="closed"):
            await kernel.execute("1")

    run(scene())
    assert [path for _, path, _ in host.log][-1].endswith("/shutdown")


def test_wait_for_interrupts_and_the_client_goes_on(host):
    async def scene():
        async with client(host) as kernel:
            await kernel.execute("kept = 1")
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(kernel.execute(ENDLESS), 0.3)
            assert (await kernel.execute("kept")).text == "1"
            assert (await kernel.result_of(2)).end == "interrupted"

    run(scene())


@pytest.mark.parametrize("milliseconds", [0, 1, 2, 5, 20, 45, 60, 120])
def test_a_cancelled_task_interrupts_at_any_moment(host, milliseconds):
    async def scene():
        async with client(host) as kernel:
            task = asyncio.ensure_future(kernel.execute(ENDLESS))
            await asyncio.sleep(milliseconds / 1000)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await kernel.execute("'usable'")).text == "'usable'"

    run(scene())


def test_a_stream_that_is_closed_interrupts(host):
    async def scene():
        async with client(host) as kernel:
            stream = kernel.stream(ENDLESS)
            async for chunk in stream:
                assert chunk == "on\n"
                break
            await stream.aclose()
            assert (await kernel.result_of(1)).end == "interrupted"

    run(scene())


def test_tasks_of_one_client_take_turns(host):
    async def scene():
        async with client(host) as kernel:
            results = await asyncio.gather(*(kernel.execute(f"print({n})") for n in range(20)))
            assert [result.text for result in results] == [str(n) for n in range(20)]

    run(scene())
    assert len(host.kernels) == 1


def test_only_the_cancelled_task_is_interrupted(host):
    async def scene():
        async with client(host) as kernel:
            first = asyncio.ensure_future(kernel.execute("import time\ntime.sleep(0.5)\n'first'"))
            second = asyncio.ensure_future(kernel.execute("while True: pass"))
            third = asyncio.ensure_future(kernel.execute("'third'"))
            await asyncio.sleep(0.2)
            second.cancel()
            assert (await first).text == "'first'" and (await third).text == "'third'"
            assert second.cancelled() or isinstance(second.exception(), asyncio.CancelledError)

    run(scene())


def test_a_start_that_is_cancelled_leaves_no_kernel(host):
    async def scene():
        kernel = client(host)
        task = asyncio.ensure_future(kernel.start())
        while not host.made:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await kernel.close()

    run(scene())
    assert any(path.endswith("/shutdown") for _, path, _ in host.log)


def test_on_input_may_be_a_coroutine(host):
    async def answer(prompt):
        await asyncio.sleep(0)
        return prompt.upper()

    async def scene():
        async with client(host) as kernel:
            assert (await kernel.execute("input('a')", on_input=answer)).text == "'A'"

    run(scene())


def test_a_client_outlives_its_event_loop(host):
    kernel = client(host)
    run(kernel.execute("x = 1"))
    assert run(kernel.execute("x")).text == "1"
    run(kernel.close())


def test_a_refused_execute_interrupts_nobody(host):
    async def scene():
        async with client(host) as kernel:
            with pytest.raises(KernelError, match="1 MiB"):
                await kernel.execute("x" * 1_200_000)

    run(scene())
    assert not any(path.endswith("/interrupt") for _, path, _ in host.log)


async def _serve(answer, during):
    """`during(url)` while a server gives that answer to every connection."""

    async def connected(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        return await during(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x")
    finally:
        server.close()


async def send(kind, url, timeout=LIMIT):
    """By the asyncio client's HTTP, or by the blocking one's in a thread."""
    if kind == "asyncio":
        return await AsyncHttp().send("GET", url, token="t", json=None, timeout=timeout)
    http = BlockingHttp()
    try:
        ask = partial(http.send, "GET", url, token="t", json=None, timeout=timeout)
        return await asyncio.get_running_loop().run_in_executor(None, ask)
    finally:
        http.close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b"5\r\nhello\r\n6;a=b\r\n world\r\n0\r\n\r\n",
    ],
)
def test_answers_come_whole_or_in_chunks(kind, answer):
    said = run(_serve(answer, partial(send, kind)))
    assert (said.status, said.content) == (200, b"hello world")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n",
        b"?\r\n\r\n",
    ],
)
def test_broken_answers_are_errors(kind, answer):
    async def during(url):
        with pytest.raises(ConnectionError):
            await send(kind, url)

    run(_serve(answer, during))


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_does_not_come_is_an_error_in_time(kind):
    async def scene():
        silent = await asyncio.start_server(lambda r, w: asyncio.sleep(LIMIT), "127.0.0.1", 0)
        url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/x"
        with pytest.raises(TimeoutError):
            await send(kind, url, timeout=0.2)
        silent.close()

    run(scene())
