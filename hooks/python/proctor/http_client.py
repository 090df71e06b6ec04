"""HTTP to a program on this machine: one request, one answer, never through a proxy."""

from __future__ import annotations

import json as json_module
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
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers: Dict[str, str] = {"Connection": "close"}
    body: Optional[bytes] = None
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if json is not None:
        headers["Content-Type"] = "application/json"
        body = json_module.dumps(json).encode("utf-8")
    connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=timeout)
    try:
        connection.request(method, target, body=body, headers=headers)
        answer = connection.getresponse()
        return Response(answer.status, answer.headers, answer.read())
    finally:
        connection.close()
