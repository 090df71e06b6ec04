"""What can go wrong with a kernel, said so that the reader knows what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from .errors import SubjectDied, SubjectError

if TYPE_CHECKING:
    from .kernel_results import ExecutionResult


class KernelError(SubjectError):
    """The base of all that concerns kernels: also what a host of kernels refuses to do."""

    result: Optional[ExecutionResult] = None  # what was printed before; None: nothing was run


class ExecutionError(KernelError):
    """The code raised. The text has name, value and traceback, without colour codes.

    `result` is what the cell showed before.
    """

    def __init__(
        self, name: str, value: str, traceback: str, result: Optional[ExecutionResult] = None
    ) -> None:
        self.name = name
        self.value = value
        self.traceback = traceback
        self.result = result
        super().__init__(f"{name}: {value}\n{traceback}".strip())


class ExecutionInterrupted(ExecutionError):
    """Somebody interrupted the cell, or it was dropped before it began."""


class ExecutionTimeout(KernelError, TimeoutError):
    """The cell did not end in time and was interrupted. The kernel goes on, with its variables.

    `result` is what the cell showed until then.
    """

    def __init__(self, text: str, result: Optional[ExecutionResult] = None) -> None:
        self.result = result
        super().__init__(text)


class KernelDied(KernelError, SubjectDied):
    """The kernel's process ended, in the midst of a cell or before it. `reset()` gives the
    client a fresh one."""

    def __init__(self, text: str, result: Optional[ExecutionResult] = None) -> None:
        self.result = result
        super().__init__(text)


for _error in (KernelError, ExecutionError, ExecutionInterrupted, ExecutionTimeout, KernelDied):
    _error.__module__ = "proctor"  # as it is imported, and as a failure names it
