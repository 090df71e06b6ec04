"""HTTP/1.1 over asyncio to a host of kernels on this machine; see kernel_http.py."""

from __future__ import annotations

import asyncio
from typing import Dict, List, NamedTuple, Optional, Tuple

from .kernel_http import (
    chunk_size,
    content_length,
    is_readable,
    parse_head,
    request_bytes,
    target_of,
)
from .kernel_results import Json
from .kernel_steps import Answer

_BUFFER = 1 << 20  # bytes that are read ahead; a large answer comes in few pieces

class _Connection(NamedTuple):
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    loop: asyncio.AbstractEventLoop

    def is_fresh(self) -> bool:
        """Whether the other end keeps it open: between two requests only its end can be read."""
        if self.loop is not asyncio.get_running_loop() or self.writer.transport.is_closing():
            return False
        return not is_readable(self.writer.get_extra_info("socket").fileno())


class AsyncHttp:
    """Requests to one program; as many connections as there are requests at a time. A request
    whose task is cancelled takes its connection with it."""

    def __init__(self) -> None:
        self._idle: List[_Connection] = []

    async def send(
        self, method: str, url: str, *, token: str, json: Optional[Json], timeout: float
    ) -> Answer:
        """Errors: OSError, of which TimeoutError is one."""
        target = target_of(url)
        connection = self._taken()
        if connection is None:
            opening = asyncio.open_connection(target.host, target.port, limit=_BUFFER)
            reader, writer = await asyncio.wait_for(opening, timeout)
            connection = _Connection(reader, writer, asyncio.get_running_loop())
        data = request_bytes(method, target, token, json)
        return await self._exchange(connection, data, timeout)

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


async def _read_head(reader: asyncio.StreamReader) -> Tuple[int, Dict[str, str]]:
    try:
        return parse_head((await reader.readuntil(b"\r\n\r\n"))[:-4])
    except asyncio.LimitOverrunError:
        raise ConnectionError("it speaks no HTTP") from None


async def _read_body(reader: asyncio.StreamReader, headers: Dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(content_length(headers))
    parts: List[bytes] = []
    while True:
        size = chunk_size(await reader.readline())
        parts.append(await reader.readexactly(size))
        await reader.readline()
        if size == 0:
            return b"".join(parts)
