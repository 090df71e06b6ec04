"""Going through Proctor's batches step by step, as its buttons and keys do."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, Optional, Sequence
from urllib.parse import quote

from .app import App, address
from .errors import ActionRefused, WaitTimeout

Json = Dict[str, Any]

_NEWS = 5.0  # seconds that one question for news waits at most


class Dashboard(App):
    """A running Proctor: its window like any program's, and its batch.

    What changes the batch is asked for and returns at once; `wait_until()` and the readings
    tell what has come of it. Errors of all: RequestFailed; ActionRefused, which says why it
    cannot be done now.
    """

    @classmethod
    def connect(cls, url: str = "", token: str = "", *, pid: int = 0) -> Dashboard:
        """The Proctor at that URL, else the one that runs (of that process). Errors: ConnectError."""
        return cls(*address(url, token, app="" if url else "proctor", pid=pid))

    # ---- what there is ----

    def batch(self) -> Json:
        """The batch now: `phase`, `pace`, `summary`, `lanes` with what each holds, `exit`."""
        return self._get("/api/batch")

    def subjects(self) -> Json:
        """The lanes' generations and the ledger."""
        return self._get("/api/subjects")

    def test(self, test: str) -> Json:
        """One test of the batch by its id: outcome, blame, note, details."""
        return self._get("/api/tests/" + quote(test, safe="/:"))

    def wait_until(
        self, condition: Callable[[Json], Any], timeout: float = 60.0, what: str = "it"
    ) -> Json:
        """The first `batch()` for which the condition holds. Errors: WaitTimeout after seconds."""
        deadline = time.monotonic() + timeout
        batch = self.batch()
        while not condition(batch):
            left = deadline - time.monotonic()
            if left <= 0:
                raise WaitTimeout(f"{what} did not come within {timeout:g} s; last seen: {batch}")
            wait_ms = int(min(left, _NEWS) * 1000) + 1
            batch = self._get(f"/api/batch?wait_ms={wait_ms}&since={batch['version']}")
        return batch

    def wait_for_end(self, timeout: float = 600.0) -> Json:
        """The batch when it has ended. Errors: WaitTimeout after seconds."""
        return self.wait_until(lambda b: b["phase"] == "ended", timeout, "the end of the batch")

    def wait_for_hold(self, timeout: float = 60.0) -> Json:
        """The lane that holds a failed test, as `batch()` has it. Errors: WaitTimeout."""

        def held(batch: Json) -> Optional[Json]:
            lanes: List[Json] = [n for n in batch["lanes"] if n["held"] and not n["aside"]]
            return lanes[0] if lanes else None

        lane = held(self.wait_until(held, timeout, "a held test"))
        assert lane is not None
        return lane

    # ---- running ----

    def run(self, paths: Sequence[str] = (), tests: Sequence[str] = (), keyword: str = "") -> None:
        """Starts a batch of these files and tests; of all where none is named."""
        self._ask("run", {"paths": list(paths), "tests": list(tests), "keyword": keyword})

    def run_failed(self) -> None:
        """Starts a batch of what failed in the last one."""
        self._ask("rerun", {"failed": True})

    def stop(self, now: bool = False) -> None:
        """Stops the batch after the running test, or at once."""
        self._ask("stop", {"mode": "now" if now else "after_test"})

    # ---- stepping ----

    def pause(self) -> None:
        """Has every lane stand after its test, with module and class fixtures alive."""
        self._ask("pause")

    def resume(self) -> None:
        """Goes on after a pause or a hold."""
        self._ask("resume")

    def step(self, lane: int = 0) -> None:
        """Runs one test more on that lane, and stands again."""
        self._ask("step", {"lane": lane})

    def to_failure(self) -> None:
        """Goes on to the next failure, and stands there before its teardown."""
        self._ask("to_failure")

    def rerun(self, test: str, fixtures: str = "kept") -> None:
        """Runs a test of this batch once more, its fixtures "kept" or "fresh"."""
        self._ask("rerun", {"test": test, "fixtures": fixtures})

    def skip_file(self, path: str) -> None:
        """Leaves out what is left of a file."""
        self._ask("skip_file", {"path": path})

    def jump(self, path: str) -> None:
        """Has that file come next."""
        self._ask("jump", {"path": path})

    # ---- holding ----

    def hold_on_failure(self, on: bool = True) -> None:
        """From now on a failed test keeps its fixtures and its subject until it is let go."""
        self._ask("hold", {"on_failure": on})

    def release(self, lane: int = 0, how: str = "continue") -> None:
        """Lets go of what a lane holds: "continue", "rerun", "restart", or "aside", which keeps it
        and goes on with the rest meanwhile on a fresh worker and generation."""
        self._ask("release", {"lane": lane, "how": how})

    # ---- the subject ----

    def restart_subject(self, lane: int = 0) -> None:
        """Has the lane go on with a fresh generation."""
        self._post(f"/api/subjects/{lane}/restart")

    def kill_subject(self, lane: int = 0) -> None:
        """Ends the lane's subject at once, as a crash would."""
        self._post(f"/api/subjects/{lane}/kill")

    def _ask(self, what: str, body: Optional[Json] = None) -> None:
        self._post(f"/api/batch/{what}", body)

    def _post(self, path: str, body: Optional[Json] = None) -> None:
        self._send("POST", path, body)

    def _get(self, path: str) -> Json:
        answer: Json = self._send("GET", path, None)
        return answer

    def _send(self, method: str, path: str, body: Optional[Json]) -> Any:
        __tracebackhide__ = True
        answer = self.request(method, path, body, timeout=_NEWS + 10)
        if answer.ok:
            return answer.json()
        try:
            refusal = answer.json()
        except ValueError:
            refusal = {"error": answer.text[:200]}
        why = f"{refusal.get('error', answer.status)}. {refusal.get('hint') or ''}"
        raise ActionRefused(f"{method} {path}: {why}".rstrip(". "))
