"""The worker's end of the control socket: one JSON object a line, in both directions.

Passive: the run loop and the reporters drive it, all on the main thread. Tests may replace
what they like of json, os or time, so everything needed here is bound when the module loads.
"""

from __future__ import annotations

import json
import os
import re
import socket
from typing import Any, Callable, Deque, Dict, List, NoReturn, Optional

from collections import deque

Message = Dict[str, Any]

PROTOCOL_VERSION = 1


def _make_encode() -> Callable[[Any], str]:
    """json's encoder, made once: JSONEncoder.encode makes a new one for every message, which
    costs more than the encoding. Where that part of json is absent, its public way."""
    separators = (",", ":")
    slow = json.JSONEncoder(ensure_ascii=True, separators=separators, default=str).encode
    try:
        parts = json.encoder.c_make_encoder(
            None, str, json.encoder.encode_basestring_ascii, None, ":", ",", False, False, True
        )
        if "".join(parts({"a": [1, None]}, 0)) != slow({"a": [1, None]}):
            return slow
    except (AttributeError, TypeError):
        return slow
    join = "".join
    return lambda message: join(parts(message, 0))


_encode = _make_encode()
_decode = json.JSONDecoder().decode
_exit = os._exit
_SURROGATE = re.compile(r"\\ud[89a-f]")  # an escaped surrogate: half of a pair, or alone
_DONT_WAIT = socket.MSG_DONTWAIT
_CHUNK = 1 << 16


class Disconnected(Exception):
    """Proctor closed its end: it has died, or it wants this worker gone."""


class Channel:
    """Sends and receives messages. `flush` decides when buffered ones leave."""

    def __init__(self, fd: int) -> None:
        connection = socket.socket(fileno=fd)
        connection.setblocking(True)
        connection.set_inheritable(False)
        self._socket = connection
        self._sendall = connection.sendall
        self._recv = connection.recv
        self._outgoing: List[str] = []
        self._incoming = b""
        self._messages: Deque[Message] = deque()
        self._opened = False  # True once a first message, with the version, was queued
        self._foreign = False  # True in a forked child, which must not speak here

    def send(self, message: Message) -> None:
        """Sends a message, after all that were queued. Errors: Disconnected."""
        self.queue(message)
        self.flush()

    def queue(self, message: Message) -> None:
        """Keeps a message until the next flush."""
        if not self._opened:
            self._opened = True
            message = {"type": message["type"], "v": PROTOCOL_VERSION, **message}
        line = _encode(message)
        if _SURROGATE.search(line):
            line = _encode(_without_lone_surrogates(message))
        self._outgoing.append(line)

    def flush(self) -> None:
        """Sends what is queued, in one call. Errors: Disconnected."""
        if self._foreign:
            _leave_forked_child()
        if not self._outgoing:
            return
        self._outgoing.append("")
        data = "\n".join(self._outgoing).encode("ascii")
        self._outgoing.clear()
        try:
            self._sendall(data)
        except OSError as error:
            raise Disconnected(str(error)) from None

    def receive(self) -> Message:
        """Waits for the next message. Errors: Disconnected."""
        while not self._messages:
            if self._foreign:
                _leave_forked_child()
            self._read(0)
        return self._messages.popleft()

    def poll(self) -> Optional[Message]:
        """The next message if one is there, without waiting. Errors: Disconnected."""
        if not self._messages and not self._foreign:
            try:
                self._read(_DONT_WAIT)
            except BlockingIOError:
                return None
        return self._messages.popleft() if self._messages else None

    def abandon(self) -> None:
        """In a forked child: closes this copy, unheard by Proctor."""
        self._foreign = True
        self._outgoing.clear()
        self._socket.close()

    def close(self) -> None:
        """Ends the connection."""
        self._socket.close()

    def _read(self, flags: int) -> None:
        try:
            data = self._recv(_CHUNK, flags)
        except (ConnectionError, InterruptedError) as error:
            raise Disconnected(str(error)) from None
        if not data:
            raise Disconnected("Proctor closed the control socket")
        *lines, self._incoming = (self._incoming + data).split(b"\n")
        for line in lines:
            if line.strip():
                self._messages.append(_parsed(line))


def _parsed(line: bytes) -> Message:
    """The message of a line; one of type "" with the reason where it is not a message."""
    try:
        message = _decode(line.decode("utf-8"))
    except ValueError as error:
        return {"type": "", "error": f"not JSON ({error}): {line[:200]!r}"}
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return {"type": "", "error": f"not an object with a type: {line[:200]!r}"}
    return message


def as_sent(text: str) -> str:
    """The text as Proctor gets to read it: U+FFFD stands for what is no Unicode, such as the
    undecodable bytes of a file name."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _without_lone_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return as_sent(value)
    if isinstance(value, dict):
        return {_without_lone_surrogates(k): _without_lone_surrogates(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_lone_surrogates(element) for element in value]
    return value


def _leave_forked_child() -> NoReturn:
    """A test forked and its child came back into pytest: it is nobody's worker."""
    _exit(70)
