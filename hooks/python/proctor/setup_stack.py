"""Tearing pytest's fixtures down on purpose, between tests.

pytest keeps the set-up nodes (session, package, module, class, test) on a stack, and expects
the next test to share what is left on it. A jump to another test has to unwind it first.
"""

from __future__ import annotations

import traceback
from typing import Any, List, NamedTuple, Optional

from .reports import one_line


class TeardownFailure(NamedTuple):
    """What a fixture's finalizer raised; `owner` is the node id it belonged to, or the name of a
    fixture that was torn down before its node."""

    owner: str
    message: str
    details: str


def must_unwind(session: Any, target: Optional[Any]) -> bool:
    """Whether something is set up that `target` does not share."""
    stack = list(session._setupstate.stack)
    return stack != _shared_with(target)[: len(stack)]


def unwind_to(session: Any, target: Optional[Any]) -> List[TeardownFailure]:
    """Tears down every node but the ancestors of `target` (None: all), innermost first.

    One node at a time, so that an error is laid to the right one and hinders no other.
    """
    state = session._setupstate
    failures: List[TeardownFailure] = []
    while must_unwind(session, target):
        stack = list(state.stack)
        try:
            _tear_down_last(state, stack)
        except BaseException as error:  # pytest.fail() and pytest.exit() are no Exceptions
            failures.append(failure_of(stack[-1].nodeid, error))
        if len(state.stack) >= len(stack):
            raise RuntimeError(f"pytest did not tear down {stack[-1]!r}")
    return failures


def failure_of(owner: str, error: BaseException) -> TeardownFailure:
    """The error in words."""
    lines = traceback.format_exception_only(type(error), error)
    details = traceback.format_exception(type(error), error, error.__traceback__)
    return TeardownFailure(owner, one_line(lines[-1]), "".join(details))


def _shared_with(target: Optional[Any]) -> List[Any]:
    return list(target.listchain()[:-1]) if target is not None else []


def _tear_down_last(state: Any, stack: List[Any]) -> None:
    parent = stack[-2] if len(stack) > 1 else None
    if hasattr(state, "_teardown_towards"):  # pytest 6
        state._teardown_towards(parent.listchain() if parent is not None else [])
    else:
        state.teardown_exact(parent)
