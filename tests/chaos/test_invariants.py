"""Every invariant can fail: a batch that went well is damaged in one place at a time."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Callable, Dict, Tuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/chaos"))

import abilities  # noqa: E402
import batch  # noqa: E402
import invariants  # noqa: E402
import scenario  # noqa: E402
from facts import Facts  # noqa: E402
from scenario import Scenario  # noqa: E402


@pytest.fixture(scope="module")
def well() -> Tuple[Scenario, Facts]:
    """A batch to which nothing was done."""
    build = Path(os.environ.get("PROCTOR_BIN_DIR", ROOT / "build/release/bin")).parent
    can = abilities.Abilities(frozenset())
    one = scenario.draw(7, "quiet", can)
    found, complaints = batch.run(one, build, can, 7)
    assert not complaints, "\n".join(complaints)
    return one, found


def _first(found: Facts, **new: object) -> None:
    assert found.report is not None
    found.report["tests"][0].update(new)


def _drop_last_test(found: Facts) -> None:
    assert found.report is not None
    found.report["tests"].pop()


def _repeat_a_test(found: Facts) -> None:
    assert found.report is not None
    found.report["tests"].append(copy.deepcopy(found.report["tests"][0]))


def _resume_twice(found: Facts) -> None:
    done = next(event for event in found.of_type("TestFinished"))
    found.resumed = subprocess.CompletedProcess([], 0, "", "")
    again = {"type": "TestStarted", "test": done["test"]}
    found.resumed_rows = [*found.rows, json.dumps(again)]


def _alter_row(found: Facts) -> None:
    found.rows[3] = found.rows[3].replace('"type":"', '"type":"X', 1)


def _set(name: str, value: object) -> Callable[[Facts], None]:
    return lambda found: setattr(found, name, value)


def _shown(found: Facts) -> None:
    assert found.shown is not None
    found.shown.stdout = found.shown.stdout.replace("exit code", "exit-code")


# What is done to the facts, and the invariant that has to notice.
DAMAGE: Dict[str, Tuple[Callable[[Facts], None], Callable[..., object]]] = {
    "a hang": (_set("overdue_stacks", "pid 1"), invariants.no_wait_exceeds_its_limit),
    "a process left": (_set("processes_left", ["pid 1: x"]), invariants.no_process_is_left),
    "a workspace left": (_set("files_left", ["tmp/x"]),
                         invariants.no_socket_lock_or_workspace_is_left),
    "a display's socket left": (_set("displays_left", ["/tmp/.X11-unix/X9"]),
                                invariants.no_socket_lock_or_workspace_is_left),
    "a wrong exit code": (_set("code", 3), invariants.the_exit_code_is_the_documented_one),
    "a crash of Proctor": (_set("code", -11), invariants.the_exit_code_is_the_documented_one),
    "no reason": (lambda f: _first(f, outcome="not_run", message=""),
                  invariants.what_ended_badly_says_why),
    "no report": (_set("report", None), invariants.what_ended_badly_says_why),
    "a test lost": (_drop_last_test, invariants.every_planned_test_has_exactly_one_outcome),
    "a test twice": (_repeat_a_test, invariants.every_planned_test_has_exactly_one_outcome),
    "a wrong outcome": (lambda f: _first(f, outcome="xpassed"),
                        invariants.a_test_comes_to_what_it_is_or_to_grief),
    "another JUnit": (lambda f: f.junit.pop() and None, invariants.json_and_junit_agree),
    "no JUnit": (_set("junit", None), invariants.json_and_junit_agree),
    "a wrong sum": (lambda f: f.report["summary"].update(passed=99),
                    invariants.the_report_counts_right),
    "another journal": (_alter_row, invariants.the_journal_equals_what_was_shown),
    "a shorter journal": (lambda f: f.rows.pop() and None,
                          invariants.the_journal_equals_what_was_shown),
    "a damaged journal": (_set("journal_error", "malformed"),
                          invariants.the_journal_equals_what_was_shown),
    "an unfinished journal": (lambda f: f.batch_row.update(ended=0),
                              invariants.the_journal_equals_what_was_shown),
    "another show": (_shown, invariants.proctor_show_says_the_same),
    "a test run twice": (_resume_twice, invariants.a_resumed_batch_runs_nothing_twice),
    "a body run twice": (lambda f: f.bodies.append(f.bodies[0]),
                         invariants.no_test_runs_without_being_asked_to),
    "a body of a test that was left out": (
        lambda f: _first(f, outcome="not_run", id=f.bodies[0]),
        invariants.no_test_runs_without_being_asked_to),
    "no answer": (_set("unanswered", [(-2.0, "POST /api/batch/pause: 500")]),
                  invariants.every_request_is_answered),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_noticed(well, what):
    one, found = well
    damage, invariant = DAMAGE[what]
    damaged = copy.deepcopy(found)
    assert not list(invariant(one, damaged))
    damage(damaged)
    assert list(invariant(one, damaged))


def test_a_test_after_the_failure_that_stops_is_noticed(well):
    one, found = well
    stops = replace(one, first_failure_stops=True, lanes=1)
    assert list(invariants.no_test_runs_without_being_asked_to(stops, found))


def test_every_invariant_is_shown_to_notice_something():
    assert {invariant for _, invariant in DAMAGE.values()} == set(invariants.INVARIANTS)


def test_the_same_seed_is_the_same_batch():
    can = abilities.Abilities(frozenset(abilities.PROBES))
    for seed in range(50):
        assert scenario.draw(seed, "", can) == scenario.draw(seed, "", can)
        one = scenario.draw(seed, "", can)
        assert scenario.draw(seed, one.kind, can) == one
