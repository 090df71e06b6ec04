"""What holds after every batch, whatever was done to it: a function each, its name the sentence.

Each yields a complaint for every fact that is against it, and nothing where all is well.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Callable, Iterator, List, Set

from facts import Facts, Json
from project import outcome_of
from scenario import FullDisk, Scenario, Test

OUTCOMES = ["passed", "failed", "error", "skipped", "xfailed", "xpassed", "timed_out", "crashed",
            "not_run"]
BAD = {"failed", "error", "timed_out", "crashed"}
# What a test may come to when something goes wrong around it, beside what it is.
DISTURBED = {"not_run", "crashed", "timed_out"}


def check(scenario: Scenario, found: Facts) -> List[str]:
    """Every complaint, with the sentence that it is against."""
    complaints = []
    for invariant in INVARIANTS:
        sentence = invariant.__name__.replace("_", " ")
        complaints += [f"not true: {sentence}: {what}" for what in invariant(scenario, found)]
    return complaints


def no_wait_exceeds_its_limit(scenario: Scenario, found: Facts) -> Iterator[str]:
    if found.overdue_stacks:
        yield (f"it still ran after {scenario.limit():.0f} s, the sum of its limits\n"
               f"{found.overdue_stacks}")


def no_process_is_left(_scenario: Scenario, found: Facts) -> Iterator[str]:
    if found.overdue_stacks:
        return  # Proctor was ended amid what it waited for; that is the complaint
    for process in found.processes_left:
        yield f"a second after Proctor had ended, {process} lived"


def no_socket_lock_or_workspace_is_left(scenario: Scenario, found: Facts) -> Iterator[str]:
    if found.killed:
        return  # who is ended by SIGKILL tidies up nothing
    for file in found.files_left:
        # Python tries out its temporary directory with such a file: a worker was killed over it.
        if scenario.signals("worker") and re.fullmatch(r"tmp/[a-z0-9_]{8}", file):
            continue
        # What could not be written into the database any more is in its log.
        if not (found.journal_failed() and "/journal.sqlite-" in file):
            yield file
    # An Xvfb that was killed cannot take its socket away, and its number may be another's by now:
    # the next server of that number clears it.
    killed = any(scenario.signals(role) for role in ("xvfb", "tether", "nest"))
    for path in [] if killed else found.displays_left:
        yield f"{path}, and nobody listens on it"


def the_exit_code_is_the_documented_one(scenario: Scenario, found: Facts) -> Iterator[str]:
    if found.killed:
        signals = {fault.signal for fault in scenario.signals("proctor")}
        if not signals & {"SIGKILL", "SIGSEGV"} and not found.overdue_stacks:
            yield f"Proctor was ended by signal {-found.code}, which nobody sent"
        return
    if found.code not in _codes(scenario, found):
        yield (f"it is {found.code}, and {sorted(_codes(scenario, found))} would be right after "
               f"{dict(_outcomes(found))}: {found.stderr[-300:]}")


def _outcomes(found: Facts) -> "Counter[str]":
    return Counter(test["outcome"] for test in (found.report or {}).get("tests", []))


def _codes(scenario: Scenario, found: Facts) -> Set[int]:
    """The exit codes that say what was seen."""
    counts = _outcomes(found)
    asked_to_stop = any(f.signal in ("SIGINT", "SIGTERM") for f in scenario.signals("proctor"))
    asked_to_stop = asked_to_stop or bool(found.of_type("StopRequested"))
    excused = _proctor_or_subject_may_fail(scenario, found)
    bad = any(counts[outcome] for outcome in BAD | {"not_run"})
    codes = {1} if bad else {0}
    if asked_to_stop:
        codes.add(2)
    if excused:
        codes.add(3)
        if not found.report:
            codes.add(4)  # a report that cannot be written is told before anything is run
    elif not found.report:
        codes = {2} if asked_to_stop else set()
    if scenario.signals("worker") or scenario.signals("nest"):
        codes.add(3)  # every worker was ended before its first test
    return codes


def _proctor_or_subject_may_fail(scenario: Scenario, found: Facts) -> bool:
    """Whether there is a cause for exit code 3, which has to be one of the scenario's own."""
    disks = any(isinstance(fault, FullDisk) for fault in scenario.faults)
    never_ready = bool(found.of_type("SubjectGivenUp", "SubjectNotSpawned"))
    lost = scenario.signals("tether") or scenario.signals("xvfb") or scenario.signals("nest")
    return bool(disks or scenario.read_only or never_ready or lost or scenario.thief_first)


def what_ended_badly_says_why(_scenario: Scenario, found: Facts) -> Iterator[str]:
    if found.report is None:
        if not found.killed and not found.stderr.strip():
            yield f"there is no report, exit code {found.code}, and nothing on stderr"
        return
    for test in found.report["tests"]:
        if test["outcome"] in BAD | {"not_run"} and not (test["message"] or "").strip():
            yield f"{test['id']} is {test['outcome']}, without a message"
        if test["outcome"] in BAD and not test["blame"]:
            yield f"{test['id']} is {test['outcome']}, and nobody is blamed"
    if found.code == 3 and not (found.stdout + found.stderr).strip():
        yield "exit code 3, and no word about it"


def every_planned_test_has_exactly_one_outcome(scenario: Scenario, found: Facts) -> Iterator[str]:
    if found.report is None:
        return
    reported = Counter(test["id"] for test in found.report["tests"])
    for test_id, count in reported.items():
        if count != 1:
            yield f"{test_id} has {count} outcomes"
    for test_id in _collected(found):
        if test_id not in reported:
            yield f"{test_id} was collected, and has no outcome"
    if found.code not in (0, 1):
        return  # then the batch ended before all was planned, and says so
    # A worker that is ended while it imports a file costs that file.
    lost_files = bool(scenario.signals("worker") or scenario.signals("nest"))
    for test_id in scenario.tests():
        instead = lost_files and test_id.split("::")[0] in reported
        if test_id not in reported and not instead:
            yield f"{test_id} is in no report"


def _collected(found: Facts) -> Set[str]:
    events = found.of_type("FileCollected")
    return {test["id"] for event in events for test in event.get("tests", [])}


def a_test_comes_to_what_it_is_or_to_grief(scenario: Scenario, found: Facts) -> Iterator[str]:
    quiet = scenario.kind == "quiet"
    planned = scenario.tests()
    for test in (found.report or {}).get("tests", []):
        known = planned.get(test["id"])
        if known is None:
            ended = scenario.signals("worker") or scenario.signals("nest")
            if test["outcome"] != "error" or not ended:
                yield f"{test['id']} is {test['outcome']}, and was never planned"
            continue
        if scenario.kind == "directed":
            yield from _of_a_directed_batch(scenario, known, test, found)
            continue
        allowed = {outcome_of(known)} | (set() if quiet else DISTURBED)
        if known.kind == "ask" or (known.uses_subject and not quiet):
            allowed |= {"failed", "error"}  # the subject may be lost under it or before it
        if known.kind.startswith("noise_"):
            allowed |= {"failed", "error"}
        if test["outcome"] not in allowed:
            yield (f"{test['id']} ({known.kind}) is {test['outcome']}: {test['message']}; "
                   f"right is {sorted(allowed)}")


def _of_a_directed_batch(scenario: Scenario, known: Test, test: Json,
                         found: Facts) -> Iterator[str]:
    """Nothing goes wrong in it but what was asked for."""
    asked = found.of_type("SubjectKillRequested", "SubjectRestartRequested")
    asked += [e for e in found.of_type("ReleaseRequested") if e["how"] == "restart"]
    told = f"{test['id']} ({known.kind}) is {test['outcome']} ({test['blame']}): {test['message']}"
    if test["outcome"] == "not_run":
        left_out = found.of_type("SkipFileRequested", "StopRequested", "SubjectGivenUp")
        if not left_out and not scenario.first_failure_stops:
            yield f"{told}; nobody had asked for that"
        if test["blame"] and not found.of_type("SubjectGivenUp"):
            yield f"{told}; nobody is to blame"
    elif test["outcome"] != outcome_of(known):
        if not known.uses_subject or test["outcome"] not in ("failed", "error") or not asked:
            yield f"{told}; right is {outcome_of(known)}"
        elif test["blame"] == "test":
            yield f"{told}; the test is not to blame"


def json_and_junit_agree(_scenario: Scenario, found: Facts) -> Iterator[str]:
    if found.report is None or found.junit is None:
        reports = {"--json": found.report, "--junit": found.junit}
        missing = [name for name, report in reports.items() if report is None]
        if found.code in (0, 1, 2):
            yield f"exit code {found.code}, and {missing} was not written"
        return
    if len(found.report["tests"]) != len(found.junit):
        yield f"{len(found.report['tests'])} tests in JSON, {len(found.junit)} in JUnit"
    for test, case in zip(found.report["tests"], found.junit):
        wanted = _JUNIT[test["outcome"]]
        address, *brackets = test["id"].partition("[")
        name = address.rpartition("::")[2] + "".join(brackets)
        if (case["tag"], case["type"] or "") != wanted or case["results"] > 1:
            yield f"{test['id']} is {test['outcome']} in JSON, {case} in JUnit"
        if "::" in test["id"] and case["name"] != name:
            yield f"{test['id']} stands where JUnit has {case['name']}"


_JUNIT = {"passed": ("", ""), "xpassed": ("", ""), "skipped": ("skipped", "pytest.skip"),
          "xfailed": ("skipped", "pytest.xfail"), "failed": ("failure", ""), "error": ("error", ""),
          "timed_out": ("error", "timed_out"), "crashed": ("error", "crashed"),
          "not_run": ("error", "not_run")}


def the_report_counts_right(_scenario: Scenario, found: Facts) -> Iterator[str]:
    if found.report is None:
        return
    counts, summary = _outcomes(found), found.report["summary"]
    for outcome in OUTCOMES:
        if counts[outcome] != summary[outcome]:
            yield f"{counts[outcome]} tests are {outcome}, and the summary says {summary[outcome]}"
    if not found.killed and found.code != 3 and found.report["exit"] != found.code:
        yield f"the report says exit code {found.report['exit']}, Proctor's is {found.code}"


def the_journal_equals_what_was_shown(scenario: Scenario, found: Facts) -> Iterator[str]:
    if found.journal_error:
        yield f"it cannot be read: {found.journal_error}"
        return
    failed = found.journal_failed()
    if failed and not (scenario.small_disks or scenario.read_only):
        yield "Proctor could not write it, and nothing was done to its disk"
    yield from _same_lines(found, failed)
    if found.batch_row and not failed and not found.killed:
        yield from _row_agrees(found.batch_row, found)
    if found.killed:
        yield from _shown_is_durable(scenario, found)


def _same_lines(found: Facts, failed: bool) -> Iterator[str]:
    """Line for line; where one of the two ended before the other, up to there."""
    for number, (row, line) in enumerate(zip(found.rows, found.events)):
        if row != line:
            yield f"line {number + 1} is {row[:200]} in the journal, {line[:200]} in --events"
            return
    rows, lines = len(found.rows), len(found.events)
    if found.killed and lines > rows:
        yield f"{lines} lines were shown, and only {rows} are in the journal"
    if not found.killed and not failed and rows != lines:
        yield f"{rows} events in the journal, {lines} in --events"


def _row_agrees(row: Json, found: Facts) -> Iterator[str]:
    if not row["ended"]:
        yield "the journal has the batch as unfinished"
        return
    if found.report and row["exit_code"] != found.report["exit"]:
        yield f"exit code {row['exit_code']} in the journal, {found.report['exit']} in the report"
    counts = _outcomes(found)
    for outcome in OUTCOMES:
        if found.report and row[outcome] != counts[outcome]:
            yield f"{row[outcome]} {outcome} in the journal, {counts[outcome]} in the report"


def _shown_is_durable(scenario: Scenario, found: Facts) -> Iterator[str]:
    """Of a killed Proctor: a test that it has printed is in the journal as done."""
    done = {event["test"] for event in found.of_type("TestFinished", "TestNotRun", "TestJudged")}
    for test_id in scenario.tests():
        printed = any(f"{outcome}  {test_id}" in found.stdout for outcome in BAD)
        crashed = bool(found.of_type("WorkerExited"))  # which is what completes a running test
        if printed and test_id not in done and not crashed:
            yield f"{test_id} was shown with its outcome, and the journal does not know it"


def proctor_show_says_the_same(_scenario: Scenario, found: Facts) -> Iterator[str]:
    if found.shown is None:
        return
    if found.shown.returncode != 0:
        yield f"proctor show ended with {found.shown.returncode}: {found.shown.stderr[-300:]}"
        return
    if found.killed or found.journal_failed():
        return
    said, shown = found.stdout.splitlines(), found.shown.stdout.splitlines()
    start = next((n for n, line in enumerate(said) if line.startswith("---- ")), len(said) - 1)
    summary = said[start:]
    if shown[-len(summary):] != summary:
        different = [pair for pair in zip(summary[::-1], shown[::-1]) if pair[0] != pair[1]]
        yield f"the run said {different[0][0]!r}, show says {different[0][1]!r}" if different else (
            f"{len(summary)} lines of summary in the run, {len(shown)} in show")


def a_resumed_batch_runs_nothing_twice(scenario: Scenario, found: Facts) -> Iterator[str]:
    if found.resumed is None:
        return
    if found.of_type("BatchEnded"):
        if found.resumed.returncode != 4:  # it was over just before, and nothing of it is left
            yield f"resume of a batch that had ended ended with {found.resumed.returncode}"
        return
    if found.resumed.returncode not in (0, 1):
        yield f"resume ended with {found.resumed.returncode}: {found.resumed.stderr[-300:]}"
    before = len(found.rows)
    if found.resumed_rows[:before] != found.rows:
        yield "what the journal had was changed"
    done = {event["test"] for event in found.of_type("TestFinished")}
    for line in found.resumed_rows[before:]:
        event = json.loads(line)
        if event["type"] == "TestStarted" and event["test"] in done:
            yield f"{event['test']} was finished before, and was run again"


def no_test_runs_without_being_asked_to(scenario: Scenario, found: Facts) -> Iterator[str]:
    """By the bodies themselves, which note that they begin."""
    if scenario.kind not in ("quiet", "directed"):
        return  # what a worker that is ended had begun, and not told of yet, runs again
    if scenario.first_failure_stops and scenario.lanes == 1:
        yield from _after_the_failure_that_stops(found)
    began = Counter(found.bodies)
    started = Counter(event["test"] for event in found.of_type("TestStarted"))
    again = Counter(event["test"] for event in found.of_type("TestRetried", "RerunRequested"))
    reruns = sum(event["how"] == "rerun" for event in found.of_type("ReleaseRequested"))
    held = {event["test"] for event in found.of_type("TestHeld")}
    for test_id, times in began.items():
        asked = 1 + again[test_id] + (reruns if test_id in held else 0)
        if times > asked:
            yield f"{test_id} ran {times} times, and was asked for {asked} times"
        if times > started[test_id] and not found.killed and not found.journal_failed():
            yield f"{test_id} ran {times} times, and the journal has {started[test_id]} of them"
    for test in (found.report or {}).get("tests", []):
        told = f"{test['id']} is {test['outcome']} at attempt {test['attempt']}"
        interrupted = (test["message"] or "").startswith("it was interrupted")
        ended = test["outcome"] != "not_run" or interrupted
        if not ended and began[test["id"]] > len(test["earlier"]):
            yield f"{told}, and ran {began[test['id']]} times; earlier: {test['earlier']}"
        if test["attempt"] != len(test["earlier"]) + ended:
            yield f"{told}; earlier: {test['earlier']}"


def _after_the_failure_that_stops(found: Facts) -> Iterator[str]:
    """Who asks for a way to go on after it gets what was asked for."""
    if found.of_type("PauseRequested", "StepRequested", "RunToFailureRequested", "RerunRequested",
                     "SkipFileRequested", "JumpRequested", "ReleaseRequested"):
        return
    failed = ""
    for event in found.of_type("PhaseFinished", "TestStarted"):
        if event["type"] == "TestStarted" and failed and failed != event["test"]:
            yield f"{event['test']} began although {failed} had failed, after which -x stops"
            return
        if event.get("outcome") == "failed":
            failed = event["test"]


def every_request_is_answered(_scenario: Scenario, found: Facts) -> Iterator[str]:
    for asked, what in found.unanswered:
        if found.seconds - asked > 1.0:  # else it ended meanwhile
            yield what


Invariant = Callable[[Scenario, Facts], Iterator[str]]
INVARIANTS: List[Invariant] = [
    no_wait_exceeds_its_limit, no_process_is_left, no_socket_lock_or_workspace_is_left,
    the_exit_code_is_the_documented_one, what_ended_badly_says_why,
    every_planned_test_has_exactly_one_outcome, a_test_comes_to_what_it_is_or_to_grief,
    json_and_junit_agree, the_report_counts_right, the_journal_equals_what_was_shown,
    proctor_show_says_the_same, a_resumed_batch_runs_nothing_twice,
    no_test_runs_without_being_asked_to, every_request_is_answered,
]

