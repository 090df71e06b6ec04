"""The short chaos test: a batch of every kind, with seeds that stay the same."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/chaos"))

import abilities  # noqa: E402
import batch  # noqa: E402
import run  # noqa: E402
import scenario  # noqa: E402

# Each kind, and of the kinds that have several faces another one.
SEEDS = [
    ("quiet", 1), ("killed", 2), ("killed", 10), ("stopped", 2), ("proctor_killed", 1),
    ("interrupted", 1), ("port", 4), ("port", 5), ("disk", 1), ("reports", 1), ("noise", 1),
    ("health", 8), ("clock", 3), ("display", 7), ("mixed", 8),
    ("directed", 16),
]


@pytest.fixture(scope="module")
def build() -> Path:
    return Path(os.environ.get("PROCTOR_BIN_DIR", ROOT / "build/release/bin")).parent


@pytest.fixture(scope="module")
def can(build: Path) -> abilities.Abilities:
    batch.take_ctrl_c()
    return abilities.probe(build)


# What a kind needs of the machine; see abilities.
NEEDS = {"disk": "mount", "reports": "mount", "clock": "clock", "display": "xvfb"}


def test_every_kind_has_a_seed():
    assert {kind for kind, _ in SEEDS} == set(scenario.KINDS)


@pytest.mark.parametrize("kind, seed", SEEDS)
def test_a_batch_of_each_kind_keeps_every_promise(build, can, kind, seed):
    if kind in NEEDS and not can.has(NEEDS[kind]):
        pytest.skip(f"{NEEDS[kind]} is not to be had here")
    one = scenario.draw(seed, kind, can)
    found, complaints = batch.run(one, build, can, seed)
    assert not complaints, run.tell(one, found, complaints)
    assert found.happened or not one.faults, "the batch was over before its faults came"


def test_proctor_show_knows_the_tests_that_were_refused(build, can):
    tests = [scenario.Test("test_0", "use_slow"), scenario.Test("test_1", "use"),
             scenario.Test("test_2", "use")]
    one = scenario.Scenario("health", 0, {"test_a.py": tests}, plan=["ok@0+degraded@200"],
                            restart="never")
    found, complaints = batch.run(one, build, can, 0)
    assert not complaints, run.tell(one, found, complaints)
