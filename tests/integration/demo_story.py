"""What the demo's tests come to, told from their order alone: which of them gets a fresh program,
which is refused one, and what its file's note says. The table test holds batches against it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Optional, Set, Tuple

Verdict = Tuple[str, Optional[str]]  # outcome and blame

# These leave the program in a state that no other test should meet.
HARMFUL = {
    "test_a_crowded_dialog_still_closes": "left degraded by",
    "test_a_corrupt_file_is_imported": "died under",
    "test_a_shut_pool_takes_no_jobs": "left degraded by",
}
# Every other test passes, on a program that is well.
VERDICTS: Dict[str, Verdict] = {
    "test_amounts_have_two_decimals": ("failed", "test"),
    "test_a_corrupt_file_is_imported": ("failed", "subject_crash"),
    "test_a_report_is_printed": ("skipped", None),
    "test_halves_are_rounded_up": ("xfailed", None),
}
REFUSED: Verdict = ("error", "collateral")
WITHOUT_PROGRAM = "test_reports.py"


@dataclass
class Note:
    """What may stand beside a file, and who is named as the reason for a loss (none: nobody)."""

    kinds: Set[str]
    culprit: Optional[str] = None


@dataclass
class Story:
    """What one lane's tests come to."""

    verdicts: Dict[str, Verdict] = field(default_factory=dict)
    notes: Dict[str, Note] = field(default_factory=dict)
    firsts: Set[str] = field(default_factory=set)  # tests that are the first on a generation


def file_of(test: str) -> str:
    return test.split("::")[0].split("/")[-1]


def tell(policy: str, order: List[str]) -> Story:
    """The story of one lane, whose tests (by id) begin in this order."""
    story = Story()
    last: Optional[str] = None  # the latest test that had the program
    culprit: Optional[str] = None  # whose fault it is that the program is no good any more
    for test in order:
        name = test.split("::")[1]
        story.verdicts[test] = VERDICTS.get(name, ("passed", None))
        if file_of(test) == WITHOUT_PROGRAM:
            continue
        if culprit and policy == "never":
            story.verdicts[test] = REFUSED
            story.notes.setdefault(file_of(test), Note({"reused"}, culprit))
            continue
        other_file = last is not None and file_of(last) != file_of(test)
        wanted = policy == "test" or (policy in ("file", "class") and other_file)
        if culprit or wanted or last is None:
            story.firsts.add(test)
        story.notes.setdefault(file_of(test), note_for(culprit, wanted or last is None))
        last, culprit = test, name if name in HARMFUL else None
    return story


def note_for(culprit: Optional[str], wanted: bool) -> Note:
    """Where the policy wants a fresh program anyway nobody waits to see how the last one is; that
    it is no good may be known by then, or not."""
    if culprit:
        return Note({"respawned", "fresh"} if wanted else {"respawned"}, culprit)
    return Note({"fresh"} if wanted else {"reused"})
