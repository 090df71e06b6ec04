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
    ("interrupted", 1), ("port", 4), ("port", 5), ("disk", 4), ("reports", 4), ("noise", 1),
    ("health", 8), ("clock", 3), ("display", 7), ("mixed", 8),
]


@pytest.fixture(scope="module")
def build() -> Path:
    return Path(os.environ.get("PROCTOR_BIN_DIR", ROOT / "build/release/bin")).parent


@pytest.fixture(scope="module")
def can(build: Path) -> abilities.Abilities:
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
