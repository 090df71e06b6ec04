"""The subjects of tests that run under Proctor: the worker asks, Proctor keeps them healthy.

What only tests with a subject need is imported by them, to keep the worker's start short.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from .channel import Message, as_sent
from .errors import SubjectUnavailable
from .subjects import Subjects

if TYPE_CHECKING:
    from .health import Pointers
    from .subject_info import SubjectInfo


class ProctorSubjects(Subjects):
    """Holds Proctor's last answer. The run loop fills it in before each test."""

    shows_evidence = True
    decides_what_follows = True

    def __init__(self) -> None:
        self._answer: Optional[Message] = None

    def take(self, answer: Optional[Message]) -> None:
        """Proctor's answer for the next test: `subject` or `refuse`; None: it was not asked."""
        self._answer = answer

    def check(self, item: Any) -> None:
        """Fails the test before any of its fixtures where Proctor refused it a subject."""
        __tracebackhide__ = True
        answer = self._answer
        if answer is not None and answer["type"] == "refuse":
            from .health import describe_record

            raise SubjectUnavailable(
                str(answer.get("reason") or "the subject is not healthy"),
                describe_record(answer.get("details")),
            )

    def pointers(self, item: Any) -> Pointers:
        """As Proctor read them from proctor.toml, where it says so."""
        from .health import Pointers

        given = (self._answer or {}).get("pointers") or {}
        return Pointers(**{key: given[key] for key in vars(Pointers()) if key in given})

    def info(self, item: Any) -> SubjectInfo:
        """The subject that Proctor gave to this test."""
        from .subject_info import SubjectInfo

        __tracebackhide__ = True
        self.check(item)
        answer = self._answer
        if answer is None or answer.get("test") != as_sent(item.nodeid):
            raise SubjectUnavailable(
                "live_gui or live_kernel was asked for with getfixturevalue(), so the subject could"
                " not be checked before the test: name it among the test's arguments, or mark the"
                " test with @pytest.mark.usefixtures('live_gui')"
            )
        port = int(answer.get("port") or 0)
        return SubjectInfo(
            generation=int(answer.get("generation") or 0),
            url=str(answer.get("url") or f"http://127.0.0.1:{port}").rstrip("/"),
            port=port,
            pid=int(answer.get("pid") or 0),
            token=str(answer.get("token") or ""),
            workspace=Path(str(answer.get("workspace") or ".")),
            health=answer.get("health") or {},
            health_url=str(answer.get("health_url") or ""),
            log=_path(answer.get("log")),
            evidence=_path(answer.get("evidence")),
            limit_seconds=_seconds(answer.get("limit_ms")),
            kernel=str(answer.get("kernel") or ""),
        )


def _path(text: Any) -> Optional[Path]:
    return Path(str(text)) if text else None


def _seconds(milliseconds: Any) -> Optional[float]:
    return float(milliseconds) / 1000 if milliseconds else None
