"""The handle that a test holds to the kernel under test."""

from __future__ import annotations

from .kernel_client import BlockingKernelClient
from .subject_info import SubjectInfo


class LiveKernel(BlockingKernelClient):
    """The kernel under test, as the fixture `live_kernel` gives it.

    Good for the generation it was made for; its close() ends nothing but the handle.
    """

    def __init__(self, info: SubjectInfo) -> None:
        super().__init__(url=info.url, token=info.token, kernel_id=info.kernel)
        self._info = info

    def __repr__(self) -> str:
        return f"<LiveKernel {self.kernel_id} {self.url} generation {self.generation}>"

    @property
    def pid(self) -> int:
        """The kernel's process when the test began."""
        return self._info.pid

    @property
    def generation(self) -> int:
        """Which start of the kernel this is: 1, 2, 3 …"""
        return self._info.generation
