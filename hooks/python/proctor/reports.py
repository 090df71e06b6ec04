"""pytest's reports as messages of the control channel. Pure functions, no state."""

from __future__ import annotations

import os
from typing import Any, Dict, List, Optional, Tuple

import pytest

from .channel import Message
from .file_policies import own_restart, policies_of

MAX_TEXT = 1 << 20  # characters kept of each captured text and of a failure's representation
MAX_LINE = 2000  # characters kept of a one-line message
EVIDENCE = "proctor_evidence"  # a report's attribute: a list of {"kind", "file", "note"}
TIMED_OUT = "proctor_timed_out"  # a report's attribute: the test was interrupted at its limit
CUMULATIVE = "proctor_cumulative"  # an item's attribute: its file's tests build on each other
SUBJECT_FIXTURES = ("live_gui", "live_kernel")

_OUTCOMES = ("passed", "failed", "skipped")
_STREAMS = {"stdout": "stdout", "stderr": "stderr", "log": "log"}


def is_outcome(report: Any) -> bool:
    """False for what other plugins log besides outcomes, such as "rerun"."""
    return report.outcome in _OUTCOMES


def phase_message(report: Any, rootdir: str) -> Message:
    """The message of one phase (setup, call, teardown) of one test."""
    message: Message = {
        "type": "phase",
        "test": report.nodeid,
        "when": report.when,
        "outcome": report.outcome,
        "duration_ms": milliseconds(report.duration),
    }
    xfail = getattr(report, "wasxfail", None)
    if xfail is not None:
        message["xfail"] = _without_prefix(str(xfail), "reason: ")
    if report.outcome != "passed" and report.longrepr is not None:
        _add_failure(message, report, rootdir)
    if report.sections:
        _add_output(message, report)
    evidence = getattr(report, EVIDENCE, None)
    if evidence:
        message["evidence"] = evidence
    if getattr(report, TIMED_OUT, False):
        message["timed_out"] = True
    return message


def _add_failure(message: Message, report: Any, rootdir: str) -> None:
    longrepr = report.longrepr
    file, line = _crash_location(longrepr) or _test_location(report)
    message["location"] = {"file": os.path.join(rootdir, file) if file else "", "line": line}
    if isinstance(longrepr, tuple):  # a skip: (file, line, reason)
        message["message"] = one_line(_without_prefix(str(longrepr[2]), "Skipped: "))
        return
    details = report.longreprtext
    message["message"] = _headline(report) or one_line(details)
    message["details"] = capped(details + _foreign_sections(report))


def _headline(report: Any) -> Optional[str]:
    """What says most in one line: the reason of an xfail, the error of a missing fixture."""
    reason = _without_prefix(str(getattr(report, "wasxfail", "") or ""), "reason: ")
    if reason:
        return one_line(reason)
    missing = getattr(report.longrepr, "errorstring", None)  # of pytest's FixtureLookupErrorRepr
    if missing:
        return one_line(str(missing))
    lines = report.longreprtext.splitlines()
    if lines and lines[0][:3].isdigit():  # a doctest: its source comes first
        return one_line(next((line for line in lines if line.startswith("Expected")), lines[-1]))
    return _crash_message(report.longrepr)


def _crash_message(longrepr: Any) -> Optional[str]:
    crash = getattr(longrepr, "reprcrash", None)
    return one_line(crash.message) if crash is not None else None


def _crash_location(longrepr: Any) -> Optional[Tuple[str, Optional[int]]]:
    if isinstance(longrepr, tuple):
        return str(longrepr[0]), longrepr[1]
    crash = getattr(longrepr, "reprcrash", None)
    return (str(crash.path), crash.lineno) if crash is not None else None


def _test_location(report: Any) -> Tuple[str, Optional[int]]:
    file, line, _ = report.location
    return file, None if line is None else line + 1


def _add_output(message: Message, report: Any) -> None:
    """What was captured in this phase; a report also carries that of the phases before it."""
    for heading, content in report.sections:
        words = heading.split(" ")
        if len(words) == 3 and words[0] == "Captured" and words[2] == report.when and content:
            stream = _STREAMS.get(words[1])
            if stream is not None:
                message[stream] = capped(message.get(stream, "") + content)


def _foreign_sections(report: Any) -> str:
    """Sections that other plugins added to a failure, as pytest's terminal would show them."""
    return "".join(
        f"\n{(' ' + heading + ' ').center(80, '-')}\n{content}"
        for heading, content in report.sections
        if not heading.startswith("Captured ")
    )


def collect_message(report: Any, rootdir: str) -> Message:
    """The message of a collector that failed or was skipped."""
    node = report.nodeid or _crashed_file(report, rootdir)
    message: Message = {
        "type": "collect_error" if report.failed else "collect_skipped",
        "path": file_part(node),
        "id": node,
    }
    if isinstance(report.longrepr, tuple):
        message["message"] = one_line(_without_prefix(str(report.longrepr[2]), "Skipped: "))
        return message
    details = report.longreprtext
    message["message"] = _crash_message(report.longrepr) or error_line(details)
    message["details"] = capped(details)
    return message


def _crashed_file(report: Any, rootdir: str) -> str:
    """Where the session as a whole failed to collect, such as a conftest.py of a folder."""
    file = os.path.join(rootdir, (_crash_location(report.longrepr) or (".", None))[0])
    return os.path.relpath(file, rootdir)


def error_line(details: str) -> str:
    """The last error line of a traceback as pytest prints it, else its last line."""
    lines = [line.strip() for line in details.splitlines() if line.strip()]
    errors = [line[2:].strip() for line in lines if line.startswith("E ")]
    return one_line((errors or lines or [""])[-1])


def one_line(text: str) -> str:
    """The first line that says something."""
    for line in text.splitlines():
        if line.strip():
            return line.strip()[:MAX_LINE]
    return ""


def capped(text: str, limit: int = MAX_TEXT) -> str:
    """The text, or its head and tail with a line between them that says how much is missing."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[… {len(text) - 2 * half} characters cut …]\n{text[-half:]}"


def file_part(nodeid: str) -> str:
    """The file of a node id."""
    return nodeid.split("::", 1)[0]


def milliseconds(seconds: float) -> float:
    """A duration as the channel carries it, to the microsecond."""
    return round(seconds * 1000, 3)


def _without_prefix(text: str, prefix: str) -> str:
    return text[len(prefix) :] if text.startswith(prefix) else text


def file_messages(items: List[Any]) -> List[Message]:
    """One `file` message for each test file, in the order of its first test."""
    files: Dict[str, Message] = {}
    for item in items:
        path = file_part(item.nodeid)
        if path not in files:
            files[path] = {"type": "file", "path": path, **_said_by_file(item), "tests": []}
        files[path]["tests"].append(_test_entry(item))
    return list(files.values())


def _said_by_file(item: Any) -> Message:
    """`restart`, `group` and `alone`, where the file says so; `cumulative` where its tests build
    on each other."""
    policy = policies_of(item.config).of_file(item.nodeid)
    said = {key: value for key, value in policy._asdict().items() if value}
    return {**said, "cumulative": True} if getattr(item, CUMULATIVE, False) else said


def _test_entry(item: Any) -> Message:
    line = item.location[1]
    entry: Message = {
        "id": item.nodeid,
        "name": item.name,
        "line": None if line is None else line + 1,
        "class": _class_name(item),
        "subject": uses_subject(item),
        "markers": list(dict.fromkeys(mark.name for mark in item.iter_markers())),
    }
    restart = own_restart(item)
    if restart is not None:
        entry["restart"] = restart
    return entry


def uses_subject(item: Any) -> bool:
    """Whether the test wants the live program, itself or through a fixture."""
    names = getattr(item, "fixturenames", ())
    return any(name in names for name in SUBJECT_FIXTURES)


def _class_name(item: Any) -> Optional[str]:
    """The test's class, `Outer::Inner` for a nested one."""
    if getattr(item, "cls", None) is None:
        return None
    names: List[str] = []
    node = item.parent
    while node is not None:
        if isinstance(node, pytest.Class):
            names.append(node.name)
        node = node.parent
    return "::".join(reversed(names)) or item.cls.__name__
