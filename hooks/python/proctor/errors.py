"""What can go wrong with a live program, said so that the reader knows what to do."""

from __future__ import annotations

DIRTY_SUBJECT = "This test cannot proceed on a dirty subject."


class SubjectError(Exception):
    """The base of all that concerns the live program. Its text is meant for people."""


class SubjectUnavailable(SubjectError):
    """No healthy subject could be given to this test.

    `reason` is one sentence; `details` is the recorded assert with its backtrace, or "";
    `consequence` closes the text, "" for a program that never started and so is not dirty.
    """

    def __init__(self, reason: str, details: str = "", consequence: str = DIRTY_SUBJECT) -> None:
        self.reason = reason
        self.details = details
        self.consequence = consequence
        super().__init__("\n".join(part for part in (reason, details, consequence) if part))


class SubjectDied(SubjectError):
    """The program's process ended while a request was under way."""


class SubjectHung(SubjectError):
    """The process lives, but its frame loop stands still or it no longer answers."""


class RequestFailed(SubjectError):
    """A request got no answer although the program is alive and its frames go on."""


class WaitTimeout(SubjectError, AssertionError):
    """What `wait_until` waited for did not come about in time."""


class TargetNotFound(SubjectError):
    """No item has the path; the text names the nearest."""


class TargetAmbiguous(SubjectError):
    """Several items have the path; the text names them."""


class ActionRefused(SubjectError):
    """The target cannot do that, or the request makes no sense."""


class ExpectationFailed(SubjectError, AssertionError):
    """What `expect` waited for did not come about in time."""


class ConnectError(SubjectError):
    """There is no program to connect to, or more than one."""


class ConfigError(SubjectError):
    """proctor.toml is missing or cannot be used. The text names file, line and key."""


for _error in (
    SubjectError,
    SubjectUnavailable,
    SubjectDied,
    SubjectHung,
    RequestFailed,
    WaitTimeout,
    TargetNotFound,
    TargetAmbiguous,
    ActionRefused,
    ExpectationFailed,
    ConnectError,
    ConfigError,
):
    _error.__module__ = "proctor"  # as it is imported, and as a failure names it
