"""What a test gets to know about the live program, whoever keeps it running."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Optional


@dataclass(frozen=True)
class SubjectInfo:
    """One healthy generation, as it was handed to a test."""

    generation: int
    url: str  # of its HTTP server, without a slash at the end
    port: int
    pid: int
    token: str  # what its hooks demand as a bearer token; "" where it takes none
    workspace: Path
    health: Dict[str, Any] = field(default_factory=dict)  # its last health answer
    health_url: str = ""  # "": url + /api/gui_health
    log_tail: Optional[Callable[[], str]] = None  # the end of its output; None: not at hand
    exit_text: Optional[Callable[[], str]] = None  # how it ended, "" while it lives
    log: Optional[Path] = None  # where its output goes; None: not known
    evidence: Optional[Path] = None  # the folder for this attempt's evidence; None: of our own
    limit_seconds: Optional[float] = None  # what the test may take; None: nobody minds
    kernel: str = ""  # its id at `url`, where it is a kernel; "": it is a process
