"""What happened in and to a program: the events of its trace, and the timing of its frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, List, NamedTuple, Optional


@dataclass(frozen=True)
class Event:
    """One event of the trace."""

    seq: int  # 1, 2, 3 …; numbers that are missing were dropped
    kind: str  # request ui action frame health assert log
    name: str
    start_ms: float  # on the program's clock, 0 at the start of its hooks
    duration_ms: Optional[float]  # None: a moment
    thread: int
    args: Dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(json: Dict[str, Any]) -> "Event":
        """From an event in Chrome's trace format."""
        args = dict(json["args"])
        return Event(
            seq=args.pop("seq"),
            kind=json["cat"],
            name=json["name"],
            start_ms=json["ts"] / 1000,
            duration_ms=json["dur"] / 1000 if "dur" in json else None,
            thread=json["tid"],
            args=args,
        )


class Events(NamedTuple):
    """Events in the order of their numbers, and how to go on."""

    events: List[Event]
    next: int  # what to ask for the next time, as `since`
    dropped: int  # of those asked for, how many the program no longer holds


@dataclass(frozen=True)
class Frame:
    """The timing of one frame."""

    frame: int  # its number, as the health tells it
    start_ms: float  # on the clock of the trace
    duration_ms: float
    interval_ms: float  # since the start of the frame before


def read_events(trace: Dict[str, Any]) -> Events:
    """The events of a trace in Chrome's format, without the names of processes and threads."""
    other = trace["otherData"]
    events = [Event.of(one) for one in trace["traceEvents"] if one["ph"] != "M"]
    return Events(events, other["next"], other["dropped"])
