"""Brings the faults of a scenario about. Each actor is stepped until its fault has happened."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional

import director
import processes
from scenario import (ClockJump, Fault, FullDisk, LetEnd, Moment, PortThief, Request,
                      SignalFault)


@dataclass
class World:
    """What actors see of a running batch, and where they write what they did."""

    mark: str
    proctor: int
    folder: Path
    port: int
    events_file: Path
    now: float = 0.0  # seconds since the start
    seen: Dict[str, List[float]] = field(default_factory=dict)  # by event type, when seen
    happened: List[str] = field(default_factory=list)
    # When something was asked over HTTP that got no answer, or one that blames the server.
    unanswered: "List[tuple[float, str]]" = field(default_factory=list)
    dashboard: Any = None  # the director's; None: Proctor has not said yet where it is
    _read: int = 0

    def look(self, now: float) -> None:
        """Takes in the lines that Proctor has written since the last look."""
        self.now = now
        if not self.events_file.exists():
            return
        with self.events_file.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            self.seen.setdefault(json.loads(line)["type"], []).append(now)

    def note(self, what: str) -> None:
        self.happened.append(f"{self.now:.3f} s: {what}")

    def due(self, moment: Moment) -> bool:
        if not moment.event:
            return self.now >= moment.after
        times = self.seen.get(moment.event, [])
        return len(times) >= moment.nth and self.now >= times[moment.nth - 1] + moment.after


class Actor:
    """A fault that is still to come, or goes on. Returns True from step() when it is over."""

    def step(self, world: World) -> bool:
        raise NotImplementedError

    def close(self) -> None:
        """Gives back what the actor holds."""


class Signaller(Actor):
    def __init__(self, fault: SignalFault) -> None:
        self._fault = fault
        self._stopped: List[int] = []
        self._resume_at: Optional[float] = None

    def step(self, world: World) -> bool:
        if self._resume_at is not None:
            return self._resume(world)
        if not world.due(self._fault.moment):
            return False
        targets = processes.by_role(world.mark, world.proctor).get(self._fault.role, [])
        hit = [pid for pid in targets if self._send(pid, self._fault.signal)]
        if not hit:
            return False  # the next one of its kind gets it
        world.note(f"{self._fault.signal} to {self._fault.role} {hit}")
        if self._fault.resume_after is None:
            return True
        self._stopped, self._resume_at = hit, world.now + self._fault.resume_after
        return False

    def _resume(self, world: World) -> bool:
        if world.now < (self._resume_at or 0):
            return False
        for pid in self._stopped:
            self._send(pid, "SIGCONT")
        world.note(f"SIGCONT to {self._fault.role} {self._stopped}")
        return True

    @staticmethod
    def _send(pid: int, name: str) -> bool:
        try:
            os.kill(pid, getattr(signal, name))
            return True
        except ProcessLookupError:
            return False


class Thief(Actor):
    """Tries for the port at every step, as a program that has been waiting for it would."""

    def __init__(self, fault: PortThief) -> None:
        self._fault = fault
        self._socket: Optional[socket.socket] = None
        self._until = 0.0

    def step(self, world: World) -> bool:
        if self._socket is not None:
            if world.now < self._until:
                return False
            self.close()
            world.note("the thief lets go of the port")
            return True
        if world.due(self._fault.moment):
            self._socket = listen(world.port)
        if self._socket is not None:
            self._until = world.now + self._fault.hold
            world.note(f"port {world.port} was stolen")
        return False

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def listen(port: int) -> Optional[socket.socket]:
    """A listener on the port, or None where somebody else has it."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        return listener
    except OSError:
        listener.close()
        return None


class Filler(Actor):
    def __init__(self, fault: FullDisk) -> None:
        self._fault = fault

    def step(self, world: World) -> bool:
        if not world.due(self._fault.moment):
            return False
        fill(world.folder / self._fault.which)
        world.note(f"the disk of {self._fault.which} is full")
        return True


def fill(folder: Path) -> None:
    """Writes until nothing more fits, in ever smaller pieces."""
    with (folder / "filler").open("ab", buffering=0) as file:
        size = 1 << 16
        while size:
            try:
                file.write(b"x" * size)
            except OSError:
                size //= 2


class Clock(Actor):
    def __init__(self, fault: ClockJump) -> None:
        self._fault = fault

    def step(self, world: World) -> bool:
        if not world.due(self._fault.moment):
            return False
        set_clock(world.folder / "clock", self._fault.seconds)
        world.note(f"the wall clock is {self._fault.seconds:+} s off")
        return True


def set_clock(file: Path, seconds: int) -> None:
    """In place: the shim has the file mapped."""
    with file.open("r+b" if file.exists() else "w+b") as out:
        out.write(struct.pack("=q", seconds))


class Asker(Actor):
    def __init__(self, fault: Request) -> None:
        self._fault = fault

    def step(self, world: World) -> bool:
        if not world.due(self._fault.moment) or not director.connect(world):
            return False
        director.ask(world, self._fault)
        return True


class Finisher(Actor):
    def __init__(self, fault: LetEnd) -> None:
        self._fault = fault
        self._again_at = 0.0

    def step(self, world: World) -> bool:
        late = world.due(self._fault.moment) and world.now >= self._again_at
        if not late or not director.connect(world):
            return False
        self._again_at = world.now + 0.1
        return director.let_end(world)


_ACTORS: Dict[type, Any] = {
    SignalFault: Signaller, PortThief: Thief, FullDisk: Filler, ClockJump: Clock,
    Request: Asker, LetEnd: Finisher}


def actor_for(fault: Fault) -> Actor:
    actor: Actor = _ACTORS[type(fault)](fault)
    return actor
