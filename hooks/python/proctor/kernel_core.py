"""What the blocking and the asyncio kernel client have in common."""

from __future__ import annotations

import os
from typing import Dict, Optional, Union

from .kernel_errors import KernelError
from .kernel_host import Place, folder_of, texts
from .kernel_images import ImageFolder
from .kernel_results import ExecutionResult, Json, Screen, failure_of
from .kernel_steps import Call, KernelOptions, KernelSteps

PathLike = Union[str, "os.PathLike[str]"]

_LONG_BODY = 8 << 20  # a Proctor takes no longer request


class ClientCore:
    """A client's kernel, its place and its images; sends nothing itself."""

    def __init__(
        self,
        kernel: str,
        cwd: Optional[PathLike],
        env: Optional[Dict[str, str]],
        sandbox: str,
        spares: int,
        images_dir: Optional[PathLike],
        startup_timeout: float,
        url: str,
        token: str,
        kernel_id: str,
    ) -> None:
        self._given = KernelOptions(
            kernel, folder_of(cwd), texts(env), sandbox, spares, startup_timeout
        )
        self.place = Place(url, token)
        self.images = ImageFolder(folder_of(images_dir))
        self.steps = KernelSteps(kernel_id)
        self.owns_kernel = not kernel_id
        self.started = False
        self.closed = False
        self.driven = False  # the client's loop has the queue

    def options(self) -> KernelOptions:
        """How the kernel is started, now that its place is open."""
        given = self._given
        environment = self.place.environment(given.env)
        return KernelOptions(
            given.kernel,
            given.cwd,
            environment,
            given.sandbox,
            given.spares,
            given.startup_timeout,
        )

    def check_open(self) -> None:
        """Errors: KernelError where the client was closed."""
        if self.closed:
            raise KernelError("this client is closed; make another one")

    def check_not_driven(self) -> None:
        """Errors: KernelError where nothing would begin by itself."""
        if self.driven:
            raise KernelError(
                "the client's loop has the queue: use loop.enqueue() and loop.step(), or give the"
                " queue back with loop.stop()"
            )

    def url(self, call: Call) -> str:
        """Where a call goes."""
        return self.place.url + call.path

    def explain(self, call: Call, error: BaseException) -> KernelError:
        """Why a call has no answer."""
        what = f"{call.method} {call.path.partition('?')[0]}"
        size = len(str((call.body or {}).get("code", "")).encode("utf-8", "surrogatepass"))
        if isinstance(error, ConnectionError) and size >= _LONG_BODY // 2:
            return KernelError(
                f"{what}: the host hung up on {size} bytes of code ({error!r}); it takes at most"
                " 8 MiB in a request: write what is large into a file, and have the code read it"
            )
        return self.place.explain(error, what)

    def finish(
        self, result: ExecutionResult, timeout: Optional[float], raise_on_error: bool
    ) -> ExecutionResult:
        """The result with its images. Errors: what it means, ExecutionError where wanted."""
        __tracebackhide__ = True
        self.add_images(result)
        failure = failure_of(result, timeout)
        if failure is not None and (raise_on_error or result.end not in ("error", "interrupted")):
            raise failure
        return result

    def add_images(self, result: ExecutionResult) -> None:
        """Writes what the result shows as files."""
        result.images.extend(self.images.write(Screen(result.chunks).shown))


def request_options(allow_stdin: bool, silent: bool, store_history: bool) -> Json:
    """As POST execute takes them."""
    return {"allow_stdin": allow_stdin, "silent": silent, "store_history": store_history}
