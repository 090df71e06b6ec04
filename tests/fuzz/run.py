"""Runs every libFuzzer target of a build, two at a time, and ends with the tests' own line.

    ./dev test --fuzz

What a target has found interesting is kept in build/fuzz/corpus, and is where the next run begins.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Tuple

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--build", type=Path, required=True)
    arguments.add_argument("--seconds", type=int, default=SECONDS)
    given = arguments.parse_args()
    targets = sorted((given.build.resolve() / "bin").glob("*_fuzz"))
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        runs = pool.map(lambda target: run(target, given.build.resolve(), given.seconds), targets)
        passed = sum(show(target, *result) for target, result in zip(targets, runs))
    failed = len(targets) - passed
    print(f"{passed} passed, {failed} failed")
    return 0 if targets and failed == 0 else 1


def run(target: Path, build: Path, seconds: int) -> Tuple[int, str]:
    corpus = build / "corpus" / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = ROOT / "tests/fuzz/seeds" / target.name
    done = subprocess.run(
        [str(target), f"-max_total_time={seconds}", "-max_len=4096", "-timeout=10", "-close_fd_mask=0",
         f"-artifact_prefix={build}/{target.name}-", str(corpus), *([str(seeds)] if seeds.is_dir() else [])],
        cwd=build, capture_output=True, text=True, errors="replace", check=False,
        env={**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"})
    return done.returncode, done.stdout + done.stderr


def show(target: Path, code: int, output: str) -> bool:
    """Says how a run ended; of a failure all that the fuzzer printed."""
    executions = re.search(r"Done (\d+) runs", output)
    if code == 0 and executions:
        print(f"{target.name}: {int(executions[1]):,} inputs", flush=True)
        return True
    print(f"{target.name}: failed with {code}\n{output[-6000:]}", flush=True)
    return False


if __name__ == "__main__":
    sys.exit(main())
