"""Who gives tests their subject: Proctor through the worker, or the plugin by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List

if TYPE_CHECKING:
    from .health import Pointers
    from .subject_info import SubjectInfo


class Subjects:
    """What the plugin asks, about the test that is about to run or running."""

    shows_evidence = False  # whether it is shown elsewhere than in pytest's report

    def check(self, item: Any) -> None:
        """Before a test that uses the subject. Errors: SubjectUnavailable, ConfigError."""
        raise NotImplementedError

    def info(self, item: Any) -> SubjectInfo:
        """What `check` found. Errors: as `check`, which it makes up for where it was left out."""
        raise NotImplementedError

    def pointers(self, item: Any) -> Pointers:
        """How to read the program's health answer."""
        from .health import Pointers

        return Pointers()

    def notes(self) -> List[str]:
        """What each test file got for a subject, in a line each."""
        return []

    def close(self) -> None:
        """At the end of the session."""
