"""All that a batch left behind to be read: reports, events, journal, output, files."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import xml.etree.ElementTree as ElementTree
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Optional

Json = Dict[str, Any]
SHARED = ("proctor",)  # in the runtime directory, which all Proctors of a user share


@dataclass
class Facts:
    code: int  # negative: the signal that ended Proctor
    seconds: float
    happened: List[str]  # what the faults did, in order
    stdout: str = ""
    stderr: str = ""
    report: Optional[Json] = None  # None: none was written
    junit: Optional[List[Json]] = None  # name, tag, type of each case
    events: List[str] = field(default_factory=list)  # the whole lines of --events
    journal_error: str = ""  # why the journal cannot be read; empty: it can, or there is none
    batch_row: Optional[Json] = None
    rows: List[str] = field(default_factory=list)  # the journal's lines
    files_left: List[str] = field(default_factory=list)
    processes_left: List[str] = field(default_factory=list)
    displays_left: List[str] = field(default_factory=list)
    overdue_stacks: str = ""  # not empty: Proctor had to be ended
    shown: "Optional[subprocess.CompletedProcess[str]]" = None
    resumed: "Optional[subprocess.CompletedProcess[str]]" = None
    resumed_rows: List[str] = field(default_factory=list)
    bodies: List[str] = field(default_factory=list)  # the tests whose body began, each time
    unanswered: "List[tuple[float, str]]" = field(default_factory=list)  # when, what was asked

    @property
    def killed(self) -> bool:
        """Proctor itself was ended by a fault."""
        return self.code < 0

    def of_type(self, *types: str) -> List[Json]:
        """The events of some types, in order, from the journal or, where that could not be
        written to its end, from --events."""
        events = (json.loads(line) for line in max(self.rows, self.events, key=len))
        return [event for event in events if event["type"] in types]

    def journal_failed(self) -> bool:
        """Proctor said that its journal or its events file cannot be written any more."""
        return "cannot write the journal" in self.stdout + self.stderr

    def read_resumed_journal(self, folder: Path) -> None:
        _, self.batch_row, self.resumed_rows = _journal(folder / "state/proctor/journal.sqlite")


def gather(folder: Path, code: int, seconds: float, happened: List[str]) -> Facts:
    found = Facts(code, seconds, happened)
    found.stdout = (folder / "stdout").read_text(errors="replace")
    found.stderr = (folder / "stderr").read_text(errors="replace")
    # Before anything is opened: SQLite tidies up when a reader comes.
    found.files_left = left_in(folder)
    found.report = _report(folder / "reports/report.json")
    found.junit = _junit(folder / "reports/junit.xml")
    events = folder / "events.jsonl"
    if events.exists():
        text = events.read_text(errors="replace")
        found.events = text[: text.rfind("\n") + 1].splitlines()
    bodies = folder / "project/bodies"
    found.bodies = bodies.read_text().splitlines() if bodies.exists() else []
    found.journal_error, found.batch_row, found.rows = _journal(
        folder / "state/proctor/journal.sqlite")
    return found


def left_in(folder: Path) -> List[str]:
    """What should not be there any more: anything in TMPDIR and the runtime directory, and
    sockets, locks and drafts anywhere."""
    left = []
    for top in ("tmp", "runtime", "state", "reports"):
        for path, _, names in os.walk(folder / top):
            for name in names:
                file = Path(path, name)
                kept = top in ("state", "reports") and _may_stay(file)
                if not kept:
                    left.append(str(file.relative_to(folder)))
        if top in ("tmp", "runtime"):
            left += [f"{top}/{name}/" for name in os.listdir(folder / top)
                     if (folder / top / name).is_dir() and name not in SHARED]
    return left


def _may_stay(file: Path) -> bool:
    if not stat.S_ISREG(file.lstat().st_mode):
        return False
    return not file.name.endswith((".part", ".lock", ".sqlite-wal", ".sqlite-shm",
                                   ".sqlite-journal"))


def _report(path: Path) -> Optional[Json]:
    if not path.exists():
        return None
    report: Json = json.loads(path.read_text())
    return report


def _junit(path: Path) -> Optional[List[Json]]:
    if not path.exists():
        return None
    cases = []
    for case in ElementTree.parse(path).iter("testcase"):
        results = [c for c in case if c.tag in ("failure", "error", "skipped")]
        tag = results[0].tag if results else ""
        kind = results[0].get("type", "") if results else ""
        cases.append({"name": case.get("name"), "tag": tag, "type": kind, "results": len(results)})
    return cases


def _journal(path: Path) -> "tuple[str, Optional[Json], List[str]]":
    """Why it cannot be read, the batch's row, the lines of its events."""
    if not path.exists():
        return "", None, []
    try:
        with closing(sqlite3.connect(path)) as db:
            db.row_factory = sqlite3.Row
            batches = db.execute("SELECT * FROM batches ORDER BY number").fetchall()
            rows = db.execute("SELECT body FROM events ORDER BY batch, seq").fetchall()
    except sqlite3.Error as error:
        return str(error), None, []
    if len(batches) > 1:
        return f"{len(batches)} batches, where one was run", None, []
    return "", dict(batches[0]) if batches else None, [row[0] for row in rows]
