"""HTTP/1.1 to a host of kernels on this machine: kept connections, no proxy, no redirects.

By itself and not by http.client, which takes as long for one exchange as a kernel for `1+1`. What
is pure in it serves the asyncio client too.
"""

from __future__ import annotations

import json as json_module
import select
import socket
import threading
import weakref
from typing import Dict, List, NamedTuple, Optional, Tuple
from urllib.parse import urlsplit

from .kernel_results import Json
from .kernel_steps import Answer

LONGEST_HEAD = 1 << 16  # bytes

_CHUNK = 1 << 18


class Target(NamedTuple):
    """Where a request goes."""

    host: str
    port: int
    path: str  # with the query


def target_of(url: str) -> Target:
    """The parts of a URL."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.hostname or "127.0.0.1", parts.port or 80, path)


def request_bytes(method: str, target: Target, token: str, json: Optional[Json]) -> bytes:
    """A request in one piece."""
    body = b"" if json is None else json_module.dumps(json).encode("utf-8")
    lines = [f"{method} {target.path} HTTP/1.1", f"Host: {target.host}:{target.port}"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if json is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join((*lines, "", "")).encode("utf-8") + body


def parse_head(head: bytes) -> Tuple[int, Dict[str, str]]:
    """Status and headers, their names in lower case. Errors: ConnectionError."""
    try:
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split(" ", 2)[1])
    except (ValueError, IndexError):
        raise ConnectionError("it speaks no HTTP") from None
    pairs = (line.partition(":") for line in lines if line)
    return status, {name.strip().lower(): value.strip() for name, _, value in pairs}


def content_length(headers: Dict[str, str]) -> int:
    """Errors: ConnectionError."""
    try:
        return int(headers.get("content-length", 0))
    except ValueError:
        raise ConnectionError("it speaks no HTTP") from None


def chunk_size(line: bytes) -> int:
    """Of a body in chunks. Errors: ConnectionError."""
    try:
        return int(line.split(b";")[0], 16)
    except ValueError:
        raise ConnectionError("it speaks no HTTP") from None


def is_readable(descriptor: int) -> bool:
    """Between two requests only its end can be read of a connection."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


class BlockingHttp:
    """Requests to one program, over one connection for each thread. One is taken again only while
    the other end has not closed it: a request that may have been read is never sent twice."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._made: "weakref.WeakSet[socket.socket]" = weakref.WeakSet()  # by all threads

    def send(
        self, method: str, url: str, *, token: str, json: Optional[Json], timeout: float
    ) -> Answer:
        """`timeout` is for each step: connecting, sending, every read. Errors: OSError."""
        target = target_of(url)
        connection = self._connected(target, timeout)
        self._local.connection = None  # where anything goes wrong it is not used again
        try:
            connection.sendall(request_bytes(method, target, token, json))
            reader = _Reader(connection)
            status, headers = parse_head(reader.until(b"\r\n\r\n"))
            content = _body(reader, headers)
        except BaseException:
            connection.close()
            raise
        if headers.get("connection", "").lower() == "close":
            connection.close()
        else:
            self._local.connection = connection
        return Answer(status, content)

    def close(self) -> None:
        """Closes every connection; a later request makes a new one."""
        for connection in list(self._made):
            connection.close()

    def _connected(self, target: Target, timeout: float) -> socket.socket:
        kept: Optional[socket.socket] = getattr(self._local, "connection", None)
        if kept is not None:
            if kept.fileno() >= 0 and not is_readable(kept.fileno()):
                kept.settimeout(timeout)
                return kept
            kept.close()
        connection = socket.create_connection((target.host, target.port), timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._made.add(connection)
        return connection


class _Reader:
    """The bytes of one answer."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._read = b""

    def until(self, mark: bytes) -> bytes:
        """All before the mark, which is taken out too. Errors: OSError."""
        while mark not in self._read:
            if len(self._read) > LONGEST_HEAD:
                raise ConnectionError("it speaks no HTTP")
            self._read += self._more()
        head, _, self._read = self._read.partition(mark)
        return head

    def exactly(self, size: int) -> bytes:
        """So many bytes. Errors: OSError."""
        pieces, length = [self._read], len(self._read)
        while length < size:
            pieces.append(self._more())
            length += len(pieces[-1])
        whole = b"".join(pieces)
        self._read = whole[size:]
        return whole[:size]

    def _more(self) -> bytes:
        data = self._connection.recv(_CHUNK)
        if not data:
            raise ConnectionError("it hung up before it had answered")
        return data


def _body(reader: _Reader, headers: Dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return reader.exactly(content_length(headers))
    parts: List[bytes] = []
    while True:
        size = chunk_size(reader.until(b"\r\n"))
        parts.append(reader.exactly(size))
        reader.until(b"\r\n")
        if size == 0:
            return b"".join(parts)
