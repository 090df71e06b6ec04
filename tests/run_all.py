"""Runs every test of one build, two programs at a time, and counts them together.

The unit tests are doctest programs, the others pytest files; the last line is
`N passed, N failed`, over all of them. What fails is printed whole.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List

ROOT = Path(__file__).resolve().parent.parent
UNIT = ["hooks_fuzz", "run", "process", "kernel_real", "kernel_client", "kernel", "config", "history",
        "report", "hooks", "app"]
PYTEST = ["tests/unit/python", "tests/integration", "tests/chaos", "tests/gui"]
LIMIT_SECONDS = 900  # for one program; only a hang takes that long


@dataclass
class Tally:
    """What one program ran."""

    name: str
    passed: int
    failed: int
    skipped: int
    seconds: float
    output: str


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--build", type=Path, required=True)
    build = arguments.parse_args().build.resolve()
    environment = environment_for(build)
    jobs = [lambda n=name: run_doctest(build, n, environment) for name in UNIT]
    jobs += [lambda f=f: run_pytest(f, environment) for p in PYTEST for f in test_files(p)]
    tallies: List[Tally] = []
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for done in concurrent.futures.as_completed([pool.submit(job) for job in jobs]):
            tallies.append(done.result())
            show(tallies[-1])
    shutil.rmtree(environment["XDG_STATE_HOME"], ignore_errors=True)
    passed = sum(t.passed for t in tallies)
    failed = sum(t.failed for t in tallies)
    skipped = sum(t.skipped for t in tallies)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


def environment_for(build: Path) -> Dict[str, str]:
    """The tests' own: nothing of the user's state, bytecode kept, sanitizers strict."""
    environment = dict(os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PROCTOR_BIN_DIR"] = str(build / "bin")
    environment["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="proctor-tests-")
    environment["PYTHONPYCACHEPREFIX"] = environment["XDG_STATE_HOME"] + "/pycache"
    suppressions = f"suppressions={ROOT}/tests/tsan.supp"
    environment.setdefault("TSAN_OPTIONS", f"halt_on_error=1 {suppressions}")
    environment.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=1")
    environment.setdefault("LSAN_OPTIONS", f"suppressions={ROOT}/tests/lsan.supp:print_suppressions=0")
    environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")
    return environment


def test_files(folder: str) -> List[Path]:
    found = sorted((ROOT / folder).glob("test_*.py")) + sorted((ROOT / folder).glob("*_test.py"))
    return found


def run_doctest(build: Path, name: str, environment: Dict[str, str]) -> Tally:
    program = build / "bin" / f"{name}_tests"
    begin = time.monotonic()
    code, output = execute([str(program), "--no-colors"], environment)
    counts = re.search(r"test cases:\s*\d+ \|\s*(\d+) passed \|\s*(\d+) failed", output)
    passed, failed = (int(counts[1]), int(counts[2])) if counts else (0, 0)
    if code != 0 and failed == 0:
        failed = 1  # it ended before it could count
    return Tally(program.name, passed, failed, 0, time.monotonic() - begin, output)


def run_pytest(path: Path, environment: Dict[str, str]) -> Tally:
    begin = time.monotonic()
    name = str(path.relative_to(ROOT))
    with tempfile.NamedTemporaryFile(suffix=".xml") as report:
        code, output = execute(
            ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short",
             f"-ofaulthandler_timeout={LIMIT_SECONDS // 2}",
             f"--junitxml={report.name}", str(path)],
            environment,
        )
        passed, failed, skipped = count_junit(report.name)
    if code not in (0, 1, 5) or (code == 1 and failed == 0):
        failed += 1
    return Tally(name, passed, failed, skipped, time.monotonic() - begin, output)


def count_junit(path: str) -> tuple[int, int, int]:
    try:
        suite = ElementTree.parse(path).getroot().find("testsuite")
    except ElementTree.ParseError:
        return 0, 0, 0
    if suite is None:
        return 0, 0, 0
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    skipped = int(suite.get("skipped", 0))
    return int(suite.get("tests", 0)) - failed - skipped, failed, skipped


def execute(command: List[str], environment: Dict[str, str]) -> tuple[int, str]:
    """The exit code and all output; a program that hangs is ended and has failed."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        # A shell starts what is to run in the background with Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        output, _ = process.communicate(timeout=LIMIT_SECONDS)
        return process.returncode, output.decode(errors="replace")
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
        return 124, output.decode(errors="replace") + f"\nended: it ran for {LIMIT_SECONDS} s\n"


def show(tally: Tally) -> None:
    if tally.failed:
        print(tally.output)
    line = f"{tally.name}: {tally.passed} passed, {tally.failed} failed"
    line += f", {tally.skipped} skipped" if tally.skipped else ""
    print(f"{line} in {tally.seconds:.1f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
