"""The kernels of tests that run under plain pytest: a fresh one for each test file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, List, Optional
from urllib.parse import urlsplit

from .config import KernelConfig, find_config, load_kernel
from .errors import SubjectUnavailable
from .subject_info import SubjectInfo

if TYPE_CHECKING:
    from .kernel_client import BlockingKernelClient


class PlainKernels:
    """Started at first need; one at a time. What proctor.toml says of a subject of kind "kernel"
    counts, else it is python3 in the present directory; of notebooks, in their own."""

    def __init__(self, let_go: Callable[[], None]) -> None:
        """`let_go` is called before a kernel is ended, for what still hangs on it."""
        self._let_go = let_go
        self._client: Optional[BlockingKernelClient] = None
        self._file = ""  # whose kernel it is
        self._started = 0
        self.notes: List[str] = []

    def give(self, item: Any) -> SubjectInfo:
        """The file's kernel, alive. Errors: SubjectUnavailable, ConfigError."""
        from .kernel_errors import KernelError

        file = item.nodeid.split("::", 1)[0]
        try:
            if self._client is None or self._file != file:
                self._replace(item, file, "fresh")
            elif self._is_dead():
                self._replace(item, file, "respawned")
            return self._info()
        except KernelError as error:
            self.close()
            raise SubjectUnavailable(str(error), consequence="") from None

    def close(self) -> None:
        """Ends the kernel; a later test gets another one."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _is_dead(self) -> bool:
        from .kernel_errors import KernelError

        assert self._client is not None
        try:
            return bool(self._client.status()["state"] == "dead")
        except KernelError:
            return True  # its host is gone

    def _replace(self, item: Any, file: str, word: str) -> None:
        from .kernel_client import BlockingKernelClient

        if self._client is not None:
            self._let_go()
            self.close()
        config = _config_of(item)
        self._client = BlockingKernelClient(
            config.kernel, cwd=config.cwd, env=config.env, sandbox=config.sandbox
        )
        self._client.start()
        self._file = file
        self._started += 1
        self.notes.append(f"{file}: {word}, kernel {self._started} ({config.kernel})")

    def _info(self) -> SubjectInfo:
        assert self._client is not None
        kernel = self._client.status()
        return SubjectInfo(
            generation=self._started,
            url=self._client.url,
            port=urlsplit(self._client.url).port or 0,
            pid=int(kernel.get("pid") or 0),
            token=self._client.token,
            workspace=Path(str(kernel.get("cwd") or ".")),
            kernel=self._client.kernel_id,
        )


def _config_of(item: Any) -> KernelConfig:
    directory = Path(str(getattr(item, "path", None) or item.fspath)).parent
    file = find_config(directory) or find_config(Path(str(item.config.rootpath)))
    found = load_kernel(file) if file is not None else None
    if found is not None:
        return found
    return KernelConfig(cwd=directory if getattr(item, "proctor_cumulative", False) else None)
