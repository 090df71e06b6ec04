"""HTTP/1.1 over asyncio to a program on this machine: kept connections, no proxy, no redirects."""

from __future__ import annotations

import asyncio
import json as json_module
import select
from typing import Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from .kernel_results import Json
from .kernel_steps import Answer


class _Connection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    loop: asyncio.AbstractEventLoop

    def is_fresh(self) -> bool:
        """Whether the other end keeps it open: between two requests only its end can be read."""
        if self.loop is not asyncio.get_running_loop() or self.writer.transport.is_closing():
            return False
        poll = select.poll()
        poll.register(self.writer.get_extra_info("socket").fileno(), select.POLLIN)
        return not poll.poll(0)


class AsyncHttp:
    """Requests to one program; as many connections as there are requests at a time. A request
    whose task is cancelled takes its connection with it."""

    def __init__(self) -> None:
        self._idle: List[_Connection] = []

    async def send(
        self, method: str, url: str, *, token: str, json: Optional[Json], timeout: float
    ) -> Answer:
        """Errors: OSError, of which TimeoutError is one."""
        parts = urlsplit(url)
        port = parts.port or 80
        connection = self._taken()
        if connection is None:
            opening = asyncio.open_connection(parts.hostname or "127.0.0.1", port)
            reader, writer = await asyncio.wait_for(opening, timeout)
            connection = _Connection(reader, writer, asyncio.get_running_loop())
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return await self._exchange(connection, _request(method, target, port, token, json), timeout)

    async def close(self) -> None:
        """Closes what is kept."""
        while self._idle:
            self._close(self._idle.pop())

    def _taken(self) -> Optional[_Connection]:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_fresh():
                return connection
            self._close(connection)
        return None

    async def _exchange(self, connection: _Connection, data: bytes, timeout: float) -> Answer:
        late: List[bool] = []

        def give_up() -> None:
            late.append(True)
            connection.writer.transport.abort()

        timer = connection.loop.call_later(timeout, give_up)
        try:
            connection.writer.write(data)
            status, headers = await _read_head(connection.reader)
            content = await _read_body(connection.reader, headers)
        except (OSError, EOFError) as error:
            if late:
                raise TimeoutError(f"no answer within {timeout:g} s") from None
            connection.writer.transport.abort()
            if isinstance(error, EOFError):
                raise ConnectionError("it hung up before it had answered") from None
            raise
        except BaseException:
            connection.writer.transport.abort()
            raise
        finally:
            timer.cancel()
        if headers.get("connection", "").lower() == "close":
            self._close(connection)
        else:
            self._idle.append(connection)
        return Answer(status, content)

    def _close(self, connection: _Connection) -> None:
        if connection.loop.is_closed():
            return  # its loop has closed it
        connection.writer.transport.abort()


def _request(method: str, target: str, port: int, token: str, json: Optional[Json]) -> bytes:
    body = b"" if json is None else json_module.dumps(json).encode("utf-8")
    lines = [f"{method} {target} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if json is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join((*lines, "", "")).encode("utf-8") + body


async def _read_head(reader: asyncio.StreamReader) -> Tuple[int, Dict[str, str]]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split(" ", 2)[1])
    except (ValueError, IndexError, asyncio.LimitOverrunError):
        raise ConnectionError("it speaks no HTTP") from None
    pairs = (line.partition(":") for line in lines if line)
    return status, {name.strip().lower(): value.strip() for name, _, value in pairs}


async def _read_body(reader: asyncio.StreamReader, headers: Dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    parts: List[bytes] = []
    while True:
        size = int((await reader.readline()).split(b";")[0], 16)
        parts.append(await reader.readexactly(size))
        await reader.readline()
        if size == 0:
            return b"".join(parts)
