"""Directs a running batch as people do: over Proctor's own HTTP, sensibly and otherwise."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import quote

from scenario import Request

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "hooks/python"))

from proctor.dashboard import Dashboard  # noqa: E402
from proctor.errors import RequestFailed  # noqa: E402

if TYPE_CHECKING:
    from faults import World

Json = Dict[str, Any]
Asked = Tuple[str, Any]  # path, body
PATIENCE = 5.0  # seconds for an answer


def connect(world: "World") -> bool:
    """Whether Proctor has said where it is. It says so in a file for people like us."""
    if world.dashboard is None:
        for file in (world.folder / "runtime/proctor").glob("*.json"):
            try:
                said = json.loads(file.read_text())
            except (OSError, ValueError):
                continue  # half written, or gone again
            world.dashboard = Dashboard(said["url"], said["token"])
    return world.dashboard is not None


def ask(world: "World", request: Request) -> None:
    batch = _send(world, "GET", "/api/batch")
    if batch is None:
        return
    path, body = ASKS[request.what](Choice(world, batch, request.pick))
    _send(world, "POST", path, body)


def let_end(world: "World") -> bool:
    """One round of letting go. True: the batch has ended, or nobody is there any more."""
    batch = _send(world, "GET", "/api/batch")
    if batch is None or batch["phase"] == "ended":
        return True
    lanes = batch["lanes"]
    _send(world, "POST", "/api/batch/hold", {"on_failure": False}, quiet=True)
    if batch["pace"] != "free" or any(lane["held"] and not lane["aside"] for lane in lanes):
        _send(world, "POST", "/api/batch/resume")
    for lane in lanes:
        if lane["held"] and lane["aside"]:
            _send(world, "POST", "/api/batch/release", {"lane": lane["lane"]})
    return False


class Choice:
    """What there is to ask something of."""

    def __init__(self, world: "World", batch: Json, pick: float) -> None:
        self._world, self._lanes, self.pick = world, batch["lanes"], pick

    def _one_of(self, things: List[Any], otherwise: Any) -> Any:
        return things[int(self.pick * len(things))] if things else otherwise

    @property
    def lane(self) -> int:
        number: int = self._one_of(self._lanes, {"lane": 0})["lane"]
        return number

    @property
    def holder(self) -> int:
        """A lane that holds a test, else any."""
        holders = [lane for lane in self._lanes if lane["held"]]
        number: int = self._one_of(holders, {"lane": self.lane})["lane"]
        return number

    @property
    def test(self) -> str:
        """One that is held, or has run; now and then one that may not have."""
        held = [lane["held"]["test"] for lane in self._lanes if lane["held"]]
        if held and self.pick < 0.4:
            return str(held[0])
        tests = self._tests()
        done = [test["id"] for test in tests if test["progress"] == "done"]
        known = done if done and self.pick < 0.9 else [test["id"] for test in tests]
        return str(self._one_of(known, "tests/test_a.py::test_0"))

    @property
    def file(self) -> str:
        """One that is not over yet, the running ones first; now and then any."""
        tests = self._tests()
        rest = sorted({test["file"] for test in tests if test["progress"] != "done"})
        known = rest if self.pick < 0.9 else sorted({test["file"] for test in tests})
        return str(self._one_of(known, "tests/test_a.py"))

    def _tests(self) -> List[Json]:
        answer = _send(self._world, "GET", "/api/tests?limit=1000")
        return list(answer["tests"]) if answer else []


def _post(what: str, body: Any = None) -> Asked:
    return f"/api/batch/{what}", body


def _silly(choice: Choice) -> Asked:
    """What makes no sense; each is to be refused, or to do nothing."""
    things = [
        _post("step", {"lane": 7}), _post("step", {"lane": "0"}), _post("step", []),
        _post("rerun", {"test": "tests/test_z.py::test_none"}), _post("rerun", {"failed": True}),
        _post("rerun", {"test": choice.test, "fixtures": "warm"}),
        _post("skip_file", {"path": "tests/test_z.py"}), _post("skip_file", {"path": 7}),
        _post("jump", {"path": ""}), _post("release", {"lane": -1}),
        _post("release", {"lane": 0, "how": "gently"}), _post("hold", {}),
        _post("stop", {"mode": "later"}), ("/api/subjects/9/kill", None),
        ("/api/subjects/x/restart", None), ("/api/tests/" + quote("nothing"), None),
    ]
    return things[int(choice.pick * len(things))]


ASKS: Dict[str, Callable[[Choice], Asked]] = {
    "pause": lambda c: _post("pause"),
    "resume": lambda c: _post("resume"),
    "step": lambda c: _post("step", {"lane": c.lane}),
    "to_failure": lambda c: _post("to_failure"),
    "rerun_kept": lambda c: _post("rerun", {"test": c.test, "fixtures": "kept"}),
    "rerun_fresh": lambda c: _post("rerun", {"test": c.test, "fixtures": "fresh"}),
    "skip_file": lambda c: _post("skip_file", {"path": c.file}),
    "jump": lambda c: _post("jump", {"path": c.file}),
    "hold": lambda c: _post("hold", {"on_failure": True}),
    "do_not_hold": lambda c: _post("hold", {"on_failure": False}),
    "continue": lambda c: _post("release", {"lane": c.holder}),
    "release_rerun": lambda c: _post("release", {"lane": c.holder, "how": "rerun"}),
    "release_restart": lambda c: _post("release", {"lane": c.holder, "how": "restart"}),
    "aside": lambda c: _post("release", {"lane": c.holder, "how": "aside"}),
    "restart_subject": lambda c: (f"/api/subjects/{c.lane}/restart", None),
    "kill_subject": lambda c: (f"/api/subjects/{c.lane}/kill", None),
    "stop": lambda c: _post("stop", {"mode": "after_test"}),
    "run": lambda c: _post("run"),
    "silly": _silly,
}


def _send(world: "World", method: str, path: str, body: Any = None,
          quiet: bool = False) -> Optional[Json]:
    """The answer; None where it was refused, or there was none."""
    try:
        answer = world.dashboard.request(method, path, json=body, timeout=PATIENCE)
    except RequestFailed as failure:
        world.unanswered.append((world.now, str(failure)))
        world.note(f"{method} {path}: no answer")
        return None
    if answer.status >= 500:
        world.unanswered.append((0.0, f"{method} {path} {body}: {answer.status} {answer.text}"))
    if method == "POST" and not quiet:
        said = "" if body is None else f" {json.dumps(body)}"
        why = "" if answer.ok else f" {answer.text[:120]}"
        world.note(f"POST {path}{said}: {answer.status}{why}")
    said_back: Json = answer.json() if answer.ok else None
    return said_back
