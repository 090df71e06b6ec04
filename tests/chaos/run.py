"""Chaos: batches whose processes, disks, ports and clocks fail at random moments.

    ./dev test --chaos 1000 --seed 7
    tests/chaos/run.py --build build/release --repeat killed:3141592653

Every batch is drawn from a seed of its own. One that leaves something to complain of prints its
seed, the command that repeats it, what was done to it, and the complaints. See README.md.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import List, Optional

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/chaos"))

import abilities  # noqa: E402
import batch  # noqa: E402
import scenario  # noqa: E402


def main() -> int:
    given = _arguments()
    batch.take_ctrl_c()
    build = given.build.resolve()
    can = abilities.probe(build)
    if can.lacking():
        print(f"not to be had here, and left out: {can.lacking()}", flush=True)
    drawn = [_drawn(spec, can) for spec in given.repeat or _specs(given)]
    begin = time.monotonic()
    failed = _run_all(drawn, build, can, given.jobs, given.keep)
    kinds = Counter(s.kind for s in drawn)
    print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) +
          f" in {time.monotonic() - begin:.0f} s")
    print(f"{len(drawn) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build/release")
    parser.add_argument("--batches", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None, help="default: another each time")
    parser.add_argument("--jobs", type=int, default=2, choices=(1, 2))
    parser.add_argument("--kind", default="", choices=["", *scenario.KINDS])
    parser.add_argument("--keep", type=Path, default=None, help="where folders of bad batches go")
    parser.add_argument("--repeat", nargs="+", metavar="KIND:SEED", help="these batches alone")
    return parser.parse_args()


def _specs(given: argparse.Namespace) -> List[str]:
    seed = random.SystemRandom().getrandbits(31) if given.seed is None else given.seed
    print(f"{given.batches} batches from seed {seed}", flush=True)
    r = random.Random(seed)
    return [f"{given.kind}:{r.getrandbits(32)}" for _ in range(given.batches)]


def _drawn(spec: str, can: abilities.Abilities) -> scenario.Scenario:
    kind, _, seed = spec.rpartition(":")
    return scenario.draw(int(seed), kind, can)


def _run_all(drawn: List[scenario.Scenario], build: Path, can: abilities.Abilities, jobs: int,
             keep: Optional[Path]) -> int:
    failed = came = 0
    against: "Counter[str]" = Counter()
    with concurrent.futures.ThreadPoolExecutor(max_workers=jobs) as pool:
        runs = [pool.submit(batch.run, one, build, can, number, keep)
                for number, one in enumerate(drawn)]
        which = dict(zip(runs, drawn))
        for number, run in enumerate(concurrent.futures.as_completed(runs), 1):
            if run.exception() is not None:  # a report that cannot even be read, for one
                failed += 1
                print(f"==== {which[run].name}: {run.exception()!r}", flush=True)
                continue
            found, complaints = run.result()
            failed += bool(complaints)
            came += len(found.happened)
            against.update({complaint.split(": ")[1] for complaint in complaints})
            if complaints:
                print(tell(which[run], found, complaints), flush=True)
            elif number % 50 == 0:
                print(f"{number} of {len(drawn)}, {failed} failed", flush=True)
    print(f"{came} times something was done to a batch while it ran")
    for sentence, count in against.most_common():
        print(f"{count} times not true: {sentence}")
    return failed


def tell(one: scenario.Scenario, found: batch.Facts, complaints: List[str]) -> str:
    """All that somebody needs who looks into a failure."""
    lines = [f"==== {one.name}: Proctor ended with {found.code} after {found.seconds:.1f} s",
             f"repeat: tests/chaos/run.py --keep /tmp/chaos --repeat {one.name}",
             f"restart = {one.restart}, lanes = {one.lanes}, spares = {one.spares}, "
             f"subject {','.join(one.plan)}, display {one.display}"]
    lines += [f"  wanted: {fault}" for fault in one.faults]
    lines += [f"  {what}" for what in found.happened]
    return "\n".join(lines + complaints) + "\n"


if __name__ == "__main__":
    sys.exit(main())
