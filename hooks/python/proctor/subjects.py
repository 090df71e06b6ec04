"""Who gives tests their subject: Proctor through the worker, or the plugin by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, List

if TYPE_CHECKING:
    from .health import Pointers
    from .subject_info import SubjectInfo


class Subjects:
    """What the plugin asks, about the test that is about to run or running."""

    shows_evidence = False  # whether it is shown elsewhere than in pytest's report
    decides_what_follows = False  # whether somebody else says what comes after a subject's end

    def check(self, item: Any) -> None:
        """Before a test that uses the subject. Errors: SubjectUnavailable, ConfigError."""
        raise NotImplementedError

    def info(self, item: Any) -> SubjectInfo:
        """What `check` found. Errors: as `check`, which it makes up for where it was left out."""
        raise NotImplementedError

    def kernel_info(self, item: Any) -> SubjectInfo:
        """The same for a test that wants a kernel. Errors: as `check`; SubjectUnavailable where
        the subject is none."""
        from .errors import SubjectUnavailable

        info = self.info(item)
        if not info.kernel:
            raise SubjectUnavailable(
                "live_kernel and notebooks need a kernel, and the subject is a process: write"
                ' kind = "kernel" into [subject], or use live_gui',
                consequence="",
            )
        return info

    def pointers(self, item: Any) -> Pointers:
        """How to read the program's health answer."""
        from .health import Pointers

        return Pointers()

    def notes(self) -> List[str]:
        """What each test file got for a subject, in a line each."""
        return []

    def close(self) -> None:
        """At the end of the session."""
