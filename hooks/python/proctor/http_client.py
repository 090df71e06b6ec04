"""HTTP to a program on this machine: one request, one answer, never through a proxy."""

from __future__ import annotations

import json as json_module
import select
import socket
import threading
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPMessage
from typing import Any, Dict, Optional
from urllib.parse import urlsplit

TransportError = (OSError, HTTPException)  # what `send` raises: no answer, or a broken one


@dataclass(frozen=True)
class Response:
    """An answer, whatever its status."""

    status: int
    headers: HTTPMessage  # a mapping; names in any case
    content: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Errors: ValueError."""
        return json_module.loads(self.content)


def send(
    method: str, url: str, *, token: str = "", json: Any = None, timeout: float = 10.0
) -> Response:
    """Sends a request. `timeout` is for each step: connecting, sending, every read.

    Errors: TransportError.
    """
    connection = _connection_to(url, timeout)
    try:
        return _exchange(connection, method, url, token, json, {"Connection": "close"})
    finally:
        connection.close()


class Kept:
    """Requests to one program over connections that are kept, one for each thread.

    A connection is taken again only while the other end has not closed it: a request that may
    have been read is never sent twice.
    """

    def __init__(self) -> None:
        self._local = threading.local()

    def send(
        self, method: str, url: str, *, token: str = "", json: Any = None, timeout: float = 10.0
    ) -> Response:
        """As `send` does. Errors: TransportError."""
        connection = self._ready(url, timeout)
        try:
            answer = _exchange(connection, method, url, token, json, {})
        except BaseException:
            self._drop()
            raise
        if connection.sock is None:  # the other end wants no second request
            self._drop()
        return answer

    def _ready(self, url: str, timeout: float) -> HTTPConnection:
        kept: Optional[HTTPConnection] = getattr(self._local, "connection", None)
        if kept is not None and kept.sock is not None and not _is_readable(kept.sock):
            kept.sock.settimeout(timeout)
            return kept
        self._drop()
        self._local.connection = _connection_to(url, timeout)
        return self._local.connection

    def _drop(self) -> None:
        kept: Optional[HTTPConnection] = getattr(self._local, "connection", None)
        if kept is not None:
            kept.close()
        self._local.connection = None


def _is_readable(sock: socket.socket) -> bool:
    """Between two requests only its end can be read of a connection."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


class _Connection(HTTPConnection):
    """Sends a request's head and body as one: the other end would else wake up for each."""

    _held: Optional[bytearray] = None  # while a request is put together

    def request(self, *args: Any, **options: Any) -> None:
        """As HTTPConnection does."""
        self._held = bytearray()
        try:
            super().request(*args, **options)
            whole = self._held
        finally:
            self._held = None
        super().send(whole)

    def send(self, data: Any) -> None:
        """As HTTPConnection does."""
        if self._held is not None:
            self._held += data
        else:
            super().send(data)


def _connection_to(url: str, timeout: float) -> HTTPConnection:
    parts = urlsplit(url)
    return _Connection(parts.hostname or "127.0.0.1", parts.port, timeout=timeout)


def _exchange(
    connection: HTTPConnection, method: str, url: str, token: str, json: Any, headers: Dict[str, str]
) -> Response:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    body: Optional[bytes] = None
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if json is not None:
        headers["Content-Type"] = "application/json"
        body = json_module.dumps(json).encode("utf-8")
    connection.request(method, target, body=body, headers=headers)
    answer = connection.getresponse()
    return Response(answer.status, answer.headers, answer.read())
