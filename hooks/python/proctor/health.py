"""A program's health: the answer of its health route, read and put into words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Union

Record = Dict[str, Any]

_MISSING = object()


@dataclass(frozen=True)
class Pointers:
    """JSON pointers into the health answer, as proctor.toml names them."""

    healthy: str = "/healthy"
    reason: str = "/degraded_reason"
    detail: str = "/last_assert"
    frame: str = "/frame"


@dataclass(frozen=True)
class Health:
    """One health answer. `raw` has all of it; a program without hooks fills in little."""

    healthy: bool
    state: str  # starting, healthy, degraded, hung; "unknown" where the program does not say
    reason: Optional[str] = None  # why it is not healthy
    last_assert: Optional[Record] = None
    first_error: Optional[Record] = None
    frame: Optional[int] = None
    frame_age_ms: Optional[float] = None
    pid: Optional[int] = None
    generation: Optional[int] = None
    raw: Dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def details(self) -> str:
        """The recorded assert, else the first error, with its backtrace; "" without one."""
        return describe_record(self.last_assert or self.first_error)


def read_health(status: int, text: str, pointers: Pointers = Pointers()) -> Health:
    """The health that an answer tells of. Only a 2xx answer can be healthy; one without the
    pointed-to member is."""
    try:
        body = json.loads(text)
    except ValueError:
        body = None
    raw = body if isinstance(body, dict) else {}
    says = find(body, pointers.healthy)
    good_status = 200 <= status < 300
    healthy = good_status and says is not False
    reason = find(body, pointers.reason)
    if not healthy and not reason:
        reason = "it says that it is not healthy" if good_status else f"it answers HTTP {status}"
    detail = find(body, pointers.detail)
    frame = find(body, pointers.frame)
    return Health(
        healthy=healthy,
        state=str(raw.get("state") or ("unknown" if healthy else "degraded")),
        reason=str(reason) if reason else None,
        last_assert=_as_record(detail),
        first_error=_as_record(raw.get("first_error")),
        frame=frame if isinstance(frame, int) and not isinstance(frame, bool) else None,
        frame_age_ms=raw.get("frame_age_ms"),
        pid=raw.get("pid"),
        generation=raw.get("generation"),
        raw=raw,
    )


def find(document: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) points to; None where it is missing or null."""
    found = document
    for token in pointer.split("/")[1:] if pointer else []:
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(token, _MISSING)
        elif isinstance(found, list) and token.isdigit() and int(token) < len(found):
            found = found[int(token)]
        else:
            return None
        if found is _MISSING:
            return None
    return found


def describe_record(record: Union[Record, str, None]) -> str:
    """A recorded assert or error as text, its backtrace last. A text stays as it is."""
    if not record:
        return ""
    if not isinstance(record, dict):
        return str(record)
    kind, message = record.get("kind"), record.get("message")
    lines = [f"{kind}: {message}" if kind and message else str(message or kind or record)]
    expression = record.get("expression")
    if expression and expression != message:
        lines.append(f"  expression: {expression}")
    if record.get("file"):
        lines.append(f"  at {record['file']}:{record.get('line', '?')}")
    if record.get("window"):
        lines.append(f"  in window '{record['window']}'")
    if record.get("frame") is not None:
        lines.append(f"  in frame {record['frame']}")
    lines += _backtrace(record.get("backtrace"))
    return "\n".join(lines)


def _backtrace(frames: Any) -> List[str]:
    if not isinstance(frames, list) or not frames:
        return []
    return ["  backtrace:"] + [f"    {frame}" for frame in frames]


def _as_record(detail: Any) -> Optional[Record]:
    if not detail:
        return None
    return detail if isinstance(detail, dict) else {"message": str(detail)}
