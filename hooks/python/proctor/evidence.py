"""Evidence: what is kept of the live program when a test that uses it fails.

Screenshot, item tree, trace and log of the time of the test, and health are taken at the
failure, before the test's fixtures are torn down, each into a file of the attempt's folder.
Taking it changes no outcome and takes `LIMIT_SECONDS` at most, or what the environment variable
PROCTOR_EVIDENCE_SECONDS says (for slow machines); what could not be had is named with its reason.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional

if TYPE_CHECKING:
    from .subject_info import SubjectInfo

LIMIT_SECONDS = 2.0  # for all of one failure's evidence
LEFT_SECONDS = 0.25  # of the test's own time limit, for its teardown
KINDS = ("screenshot", "item_tree", "trace", "health", "log")
KINDS_OF_KERNEL = ("log",)  # it has no window, and what it showed is in the report
SECONDS_VARIABLE = "PROCTOR_EVIDENCE_SECONDS"  # a number above 0 in place of LIMIT_SECONDS
FOLDER_VARIABLE = "PROCTOR_EVIDENCE"  # where plain pytest puts the folders of the attempts

_MARK_SECONDS = 0.25  # for the question where the trace stands
_TO_COME = 1 << 62  # a sequence number that no trace gets to: asks only for what comes next
_LONGEST_NAME = 60  # characters of a test's name in that of its folder

_monotonic = time.monotonic  # tests may replace what they like


@dataclass(frozen=True)
class Piece:
    """One piece of evidence. `file` is None where it could not be had, and `note` says why."""

    kind: str  # one of KINDS
    file: Optional[str]  # absolute
    note: Optional[str]

    def as_message(self) -> Dict[str, Optional[str]]:
        """As the control channel carries it."""
        return {"kind": self.kind, "file": self.file, "note": self.note}


@dataclass(frozen=True)
class Mark:
    """Where the program stood when the test began."""

    info: SubjectInfo
    started: float  # by the monotonic clock
    trace_next: Optional[int]  # None: it keeps no trace
    log_size: int  # bytes of its output


class Witness:
    """Marks the start of each test that uses the program, and takes the evidence of a failure.

    Passive: the plugin's hooks drive it, on the main thread.
    """

    def __init__(self) -> None:
        self._item: Any = None
        self._mark: Optional[Mark] = None
        self._traceless: Optional[str] = None  # the URL of a program that keeps no trace

    def begin(self, item: Any, info: SubjectInfo) -> None:
        """A test begins on this generation."""
        size = 0
        if info.log is not None:
            try:
                size = os.stat(info.log).st_size
            except OSError:
                size = 0  # it has not written anything yet
        self._item = item
        self._mark = Mark(info, _monotonic(), self._trace_position(info), size)

    def take(self, item: Any) -> List[Piece]:
        """The evidence of the test's first failure; nothing for a further one, and for a test
        that had no program. Errors: OSError where no folder can be made, or the environment asks for
        what is no time."""
        mark = self._mark
        if self._item is not item or mark is None:
            return []
        self._item = self._mark = None
        from .evidence_gatherer import gather

        return gather(mark, _folder(item, mark.info), _seconds_for(mark))

    def _trace_position(self, info: SubjectInfo) -> Optional[int]:
        """The number of the trace's next event. A program without a trace is asked once."""
        if info.kernel or self._traceless == info.url:
            return None
        from .http_client import TransportError, send

        url = f"{info.url}/api/trace?since={_TO_COME}"
        try:
            answer = send("GET", url, token=info.token, timeout=_MARK_SECONDS)
            return int(answer.json()["otherData"]["next"])
        except TransportError:
            return 1  # it may answer when it matters, with all that it has
        except (ValueError, KeyError, TypeError):
            self._traceless = info.url
            return None


def _seconds_for(mark: Mark) -> float:
    """What the evidence may take; the test's own limit is not to be passed by it."""
    seconds, limit = _limit_seconds(), mark.info.limit_seconds
    if limit is None:
        return seconds
    return max(0.0, min(seconds, limit - (_monotonic() - mark.started) - LEFT_SECONDS))


def _limit_seconds() -> float:
    """What the environment asks for. Errors: OSError where that is no time."""
    text = os.environ.get(SECONDS_VARIABLE)
    if not text:
        return LIMIT_SECONDS
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds < float("inf"):
        raise OSError(
            f"{SECONDS_VARIABLE} is {text!r} in the environment, and has to be a number of"
            " seconds above 0, such as 20"
        )
    return seconds


def _folder(item: Any, info: SubjectInfo) -> Path:
    """A new folder for this attempt: Proctor's, else one under $PROCTOR_EVIDENCE or in pytest's
    temporary directory."""
    if info.evidence is not None:
        info.evidence.mkdir(parents=True, exist_ok=True)
        return info.evidence
    base = _base_folder(item.config)
    name = re.sub(r"[^\w.-]+", "_", item.name)[:_LONGEST_NAME]
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=str(base)))


def _base_folder(config: Any) -> Path:
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        base = Path(chosen).absolute()
    else:
        factory = getattr(config, "_tmp_path_factory", None)  # absent with -p no:tmpdir
        if factory is None:
            return Path(tempfile.mkdtemp(prefix="proctor-evidence-"))
        base = factory.getbasetemp() / "evidence"
    base.mkdir(mode=0o700, parents=True, exist_ok=True)
    return base
