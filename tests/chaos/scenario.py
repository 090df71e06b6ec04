"""What one batch is made of, drawn from its seed: the same seed, the same batch.

A scenario is data alone. `project` writes it down as files, `faults` brings its faults about at
their moments, `invariants` knows from it what may have happened and what may not.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Tuple

from abilities import Abilities


@dataclass(frozen=True)
class Moment:
    """When a fault comes: so long after the start, or after the nth event of a type."""

    after: float  # seconds
    event: str = ""  # empty: the start of Proctor
    nth: int = 1


@dataclass(frozen=True)
class SignalFault:
    """A signal to every process of a role that is there at the moment, or to the next one."""

    role: str  # proctor tether nest worker subject xvfb
    signal: str
    moment: Moment
    resume_after: Optional[float] = None  # seconds until SIGCONT; None: never


@dataclass(frozen=True)
class PortThief:
    """Somebody else listens on the subject's fixed port as soon as it is free."""

    moment: Moment
    hold: float  # seconds


@dataclass(frozen=True)
class FullDisk:
    """A small disk of the batch's own is filled to its last byte."""

    which: str  # state, reports
    moment: Moment


@dataclass(frozen=True)
class ClockJump:
    """The wall clock of all processes jumps."""

    moment: Moment
    seconds: int


@dataclass(frozen=True)
class Request:
    """Something that a person asks of the batch; a key of director.ASKS."""

    what: str
    moment: Moment
    pick: float  # 0 to 1: which of the tests, files and lanes that there are


@dataclass(frozen=True)
class LetEnd:
    """From then on whatever keeps the batch from its end is let go, until it has ended."""

    moment: Moment


Fault = object


@dataclass
class Test:
    """A test of the project. `kind` says what it does: a key of project.BODIES."""

    name: str
    kind: str

    @property
    def uses_subject(self) -> bool:
        return self.kind in ("use", "ask", "kill_subject", "use_slow", "use_fail", "use_shared")


@dataclass
class Scenario:
    kind: str
    seed: int
    files: Dict[str, List[Test]]
    plan: List[str] = field(default_factory=lambda: ["ok"])  # of subject.cc
    restart: str = "unhealthy"
    budget: str = "4 in 30s"
    lanes: int = 1
    spares: int = 0
    fixed_port: bool = False
    thief_first: bool = False  # the port is taken before Proctor starts
    display: str = "inherit"
    small_disks: Tuple[str, ...] = ()  # state, reports: a tmpfs of a few megabytes each
    read_only: Tuple[str, ...] = ()
    clock: bool = False  # whether the clock can jump
    first_failure_stops: bool = False  # pytest's -x
    faults: List[Fault] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.kind}:{self.seed}"

    def tests(self) -> Dict[str, Test]:
        """Every planned test by its id."""
        return {f"tests/{file}::{test.name}": test
                for file, tests in self.files.items() for test in tests}

    def signals(self, role: str) -> List[SignalFault]:
        return [f for f in self.faults if isinstance(f, SignalFault) and f.role == role]

    def limit(self) -> float:
        """Seconds that the batch may take: the sum of all limits that it can run into."""
        tests = list(self.tests().values())
        if self.kind == "directed":  # nothing hangs in it
            let_go = max(f.moment.after for f in self.faults if isinstance(f, LetEnd))
            return 25.0 + let_go + 0.5 * len(tests) + 1.0 * len(self.faults)
        subject_tests = sum(t.uses_subject for t in tests)
        generation = 2.0 + 1.0 + 1.5  # ready.timeout, stop.grace twice and more, hang_after
        timed = sum(t.kind in ("ask", "noise", "output") for t in tests) + 3 * len(self.faults)
        seconds = 20.0 + 3.0 * len(self.faults)  # starts of Python on a busy machine
        seconds += generation * (subject_tests + 5) + 4.0 * timed
        for fault in self.faults:
            if isinstance(fault, SignalFault) and fault.signal == "SIGSTOP":
                # A worker that stands still outside of a test has a minute; the tether 5 s.
                forever = {"worker": 64.0, "tether": 10.0, "nest": 10.0}.get(fault.role, 4.0)
                seconds += forever if fault.resume_after is None else fault.resume_after + 1.0
        return seconds


QUIET_TESTS = ["pass", "pass", "pass", "use", "use", "use", "ask", "fail", "skip", "xfail", "slow",
               "use_slow", "param", "method", "broken_fixture"]
HEALTH = ["slow", "tardy", "silent", "deaf", "notjson", "wrongtypes", "404", "500", "empty", "half",
          "halfopen", "frozen", "backwards", "hugeframe", "degraded", "nohttp", "flood", "slammed",
          "stubborn", "dies", "exits"]
NOISES = ["garbage", "binary", "half_and_exit", "half_and_on", "long_line", "unknown_type",
          "wrong_types", "empty_lines", "closed"]
EVENTS = ["WorkerSpawned", "CollectionStarted", "FileCollected", "PreflightRequested",
          "SubjectSpawned", "SubjectBecameReady", "SubjectGranted", "TestStarted", "TestFinished",
          "RunFinished", "SubjectStopBegun"]
HARD = ["SIGKILL", "SIGSEGV"]


def draw(seed: int, kind: str, abilities: Abilities) -> Scenario:
    """The scenario of a seed. An empty kind is drawn too."""
    r = random.Random(seed)
    drawn = r.choices(list(KINDS), [WEIGHTS.get(k, 3) for k in KINDS])[0]
    scenario = Scenario(kind or drawn, seed, _files(r))
    scenario.restart = r.choice(["never", "unhealthy", "unhealthy", "unhealthy", "file", "class",
                                 "test"])
    scenario.lanes = r.choice([1, 1, 2]) if abilities.has("lanes") else 1
    scenario.spares = r.choice([0, 0, 1, 2]) if abilities.has("spares") else 0
    if r.random() < 0.25:
        scenario.plan = [r.choice(["ok", "ok", "ok@0+dies@600", "ok@0+degraded@500"])
                         for _ in range(3)] + ["ok"]
    KINDS[scenario.kind](r, scenario, abilities)
    return scenario


def _files(r: random.Random) -> Dict[str, List[Test]]:
    files: Dict[str, List[Test]] = {}
    for number in range(r.randint(3, 6)):
        kinds = [r.choice(QUIET_TESTS) for _ in range(r.randint(2, 5))]
        files[f"test_{'abcdef'[number]}.py"] = [
            Test(_name(kind, index), kind) for index, kind in enumerate(kinds)]
    # Whatever else is drawn, there is something to lose.
    first = files["test_a.py"]
    first.append(Test(f"test_{len(first)}", "use_slow"))
    return files


def _name(kind: str, index: int) -> str:
    if kind == "param":
        return f"test_{index}[a/b::c-1]"
    return f"TestX{index}::test_{index}" if kind == "method" else f"test_{index}"


def _moment(r: random.Random) -> Moment:
    if r.random() < 0.5:
        return Moment(r.uniform(0.0, 2.0))
    return Moment(r.choice([0.0, 0.0, 0.005, 0.05]), r.choice(EVENTS), r.randint(1, 4))


def _quiet(_r: random.Random, scenario: Scenario, _a: Abilities) -> None:
    scenario.plan = ["ok"]


def _killed(r: random.Random, scenario: Scenario, _a: Abilities) -> None:
    for _ in range(r.randint(1, 3)):
        role = r.choice(["subject", "subject", "worker", "worker", "tether", "nest"])
        scenario.faults.append(SignalFault(role, r.choice(HARD), _moment(r)))


def _stopped(r: random.Random, scenario: Scenario, _a: Abilities) -> None:
    for _ in range(r.randint(1, 2)):
        role = r.choice(["subject", "subject", "subject", "worker", "tether", "nest"])
        forever = r.random() < (0.25 if role == "worker" else 0.5)
        resume = None if forever else r.uniform(0.05, 2.0)
        scenario.faults.append(SignalFault(role, "SIGSTOP", _moment(r), resume))


def _proctor_killed(r: random.Random, scenario: Scenario, _a: Abilities) -> None:
    signal = r.choice(["SIGKILL", "SIGKILL", "SIGSEGV"])
    scenario.faults.append(SignalFault("proctor", signal, _moment(r)))


def _interrupted(r: random.Random, scenario: Scenario, _a: Abilities) -> None:
    which = r.choice(["SIGINT", "SIGINT SIGINT", "SIGTERM", "SIGSTOP"])
    for signal in which.split():
        resume = r.uniform(0.1, 2.0) if signal == "SIGSTOP" else None
        scenario.faults.append(SignalFault("proctor", signal, _moment(r), resume))


def _port(r: random.Random, scenario: Scenario, _a: Abilities) -> None:
    how = r.choice(["first", "between", "between", "race"])
    if how == "race":
        scenario.plan = [r.choice(["losesrace", "ok"]) for _ in range(4)] + ["ok"]
        return
    scenario.fixed_port = True
    scenario.lanes, scenario.spares = 1, 0  # they need a port each
    scenario.thief_first = how == "first"
    scenario.restart = r.choice(["file", "test", "unhealthy"])
    if how == "between":
        scenario.faults.append(PortThief(Moment(0.0, "SubjectStopBegun", r.randint(1, 3)),
                                         r.choice([0.05, 0.5, 60.0])))
        scenario.faults.append(SignalFault("subject", "SIGKILL", _moment(r)))


def _disk(r: random.Random, scenario: Scenario, abilities: Abilities) -> None:
    if not abilities.has("mount"):
        return
    if r.random() < 0.3:
        scenario.read_only = ("state",)
        return
    scenario.small_disks = ("state",)
    scenario.faults.append(FullDisk("state", _moment(r)))


def _reports(r: random.Random, scenario: Scenario, abilities: Abilities) -> None:
    if not abilities.has("mount"):
        return
    if r.random() < 0.3:
        scenario.read_only = ("reports",)
        return
    scenario.small_disks = ("reports",)
    scenario.faults.append(FullDisk("reports", _moment(r)))


def _noise(r: random.Random, scenario: Scenario, _a: Abilities) -> None:
    for _ in range(r.randint(1, 2)):
        tests = scenario.files[r.choice(list(scenario.files))]
        kind = "output" if r.random() < 0.25 else "noise_" + r.choice(NOISES)
        tests.insert(r.randrange(len(tests)), Test(f"test_noise{len(tests)}", kind))


def _health(r: random.Random, scenario: Scenario, _a: Abilities) -> None:
    def part() -> str:
        how = r.choice(HEALTH)
        if how in ("dies", "exits") or r.random() < 0.7:
            return f"ok@0+{how}@{r.randint(50, 1200)}" + r.choice(["", "", f"+ok@{1500}"])
        return how

    scenario.plan = [part() for _ in range(3)] + ["ok"]


def _clock(r: random.Random, scenario: Scenario, abilities: Abilities) -> None:
    scenario.clock = abilities.has("clock")
    if not scenario.clock:
        return
    for _ in range(r.randint(1, 4)):
        seconds = r.choice([-86400, -3600, 3600, 86400])
        scenario.faults.append(ClockJump(_moment(r), seconds))


def _display(r: random.Random, scenario: Scenario, abilities: Abilities) -> None:
    if not abilities.has("xvfb"):
        return
    scenario.display = "virtual"
    if r.random() < 0.3:
        return _killed(r, scenario, abilities)
    signal = r.choice(["SIGKILL", "SIGSEGV", "SIGSTOP"])
    scenario.faults.append(SignalFault("xvfb", signal, _moment(r)))


def _mixed(r: random.Random, scenario: Scenario, abilities: Abilities) -> None:
    for kind in r.sample([_killed, _stopped, _health, _clock, _noise], 2):
        kind(r, scenario, abilities)


def _directed(r: random.Random, scenario: Scenario, _a: Abilities) -> None:
    scenario.plan = ["ok"]
    scenario.first_failure_stops = r.random() < 0.1
    for tests in scenario.files.values():
        for _ in range(r.randint(0, 2)):
            kind = r.choice(["fail", "use_fail", "use_fail", "slow_fail", "use_shared"])
            tests.insert(r.randrange(len(tests) + 1), Test(f"test_directed{len(tests)}", kind))
    if r.random() < 0.6:
        scenario.faults.append(Request("hold", Moment(0.0, "CollectionStarted"), 0.0))
    end = r.uniform(2.0, 4.5)
    moment = Moment(0.0)
    for _ in range(r.randint(6, 24)):
        if r.random() < 0.6:  # else right after the one before
            moment = _moment_to_ask(r, end)
        what = r.choices(list(REQUESTS), list(REQUESTS.values()))[0]
        scenario.faults.append(Request(what, moment, r.random()))
    if r.random() < 0.15:
        scenario.faults.append(Request("stop", _moment_to_ask(r, end), 0.0))
    scenario.faults.append(LetEnd(Moment(end)))


def _moment_to_ask(r: random.Random, end: float) -> Moment:
    """Most come soon after something that is seen; a batch is over in two seconds."""
    if r.random() < 0.15:
        return Moment(r.uniform(0.3, end))
    after = r.choice([0.0, 0.0, 0.002, 0.005, 0.02, 0.1, 0.25])
    if r.random() < 0.5:
        return Moment(after, r.choice(EVENTS_OF_TESTS), r.randint(1, 15))
    return Moment(after, r.choice(EVENTS + EVENTS_OF_REQUESTS), r.randint(1, 4))


# What people ask, and how often.
REQUESTS = {
    "pause": 3, "resume": 3, "step": 4, "to_failure": 2, "rerun_kept": 4, "rerun_fresh": 3,
    "skip_file": 3, "jump": 3, "hold": 2, "do_not_hold": 1, "continue": 2, "release_rerun": 2,
    "release_restart": 2, "aside": 4, "restart_subject": 2, "kill_subject": 2, "run": 1, "silly": 2,
}
EVENTS_OF_TESTS = ["PreflightRequested", "SubjectGranted", "TestStarted", "TestFinished"]
EVENTS_OF_REQUESTS = ["TestHeld", "TestHeld", "PauseRequested", "RerunRequested", "StepRequested",
                      "SkipFileRequested", "JumpRequested", "ReleaseRequested", "SubjectTreeEnded"]


Maker = Callable[[random.Random, Scenario, Abilities], None]
KINDS: Dict[str, Maker] = {
    "quiet": _quiet, "killed": _killed, "stopped": _stopped, "proctor_killed": _proctor_killed,
    "interrupted": _interrupted, "port": _port, "disk": _disk, "reports": _reports,
    "noise": _noise, "health": _health, "clock": _clock, "display": _display, "mixed": _mixed,
    "directed": _directed,
}
WEIGHTS = {"quiet": 1, "display": 1, "killed": 5, "health": 5, "mixed": 5,
           "directed": 5}
