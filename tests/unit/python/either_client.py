"""Both kernel clients behind one face, so that one test holds for both."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
from pathlib import Path
from typing import Any, Iterator

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "hooks" / "python"))

from proctor import BlockingKernelClient, KernelClient  # noqa: E402

LIMIT = 120.0  # seconds that any call may take before the test is failed for it
KINDS = ("blocking", "asyncio")


class LoopThread:
    """An event loop on a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, awaitable: Any) -> Any:
        async def awaited() -> Any:
            return await awaitable

        return asyncio.run_coroutine_threadsafe(awaited(), self.loop).result(LIMIT)

    def close(self) -> None:
        self.run(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(LIMIT)
        self.loop.close()


class Either:
    """A client of that kind; coroutines are run to their end, other things are as they are."""

    def __init__(self, kind: str, *args: Any, **options: Any) -> None:
        self._thread = LoopThread() if kind == "asyncio" else None
        make = KernelClient if kind == "asyncio" else BlockingKernelClient
        self.real = make(*args, **options)
        self.loop = _Calling(self.real.loop, self._thread)

    def __getattr__(self, name: str) -> Any:
        return getattr(_Calling(self.real, self._thread), name)

    def __enter__(self) -> Either:
        try:
            self.start()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *details: Any) -> None:
        self.end()

    def close(self) -> None:
        """Closes the client; calls it is asked for afterwards are refused by itself."""
        _Calling(self.real, self._thread).close()

    def end(self) -> None:
        """Closes the client, and the loop too."""
        try:
            self.close()
        finally:
            if self._thread is not None:
                self._thread.close()

    def stream(self, *args: Any, **options: Any) -> Iterator[Any]:
        items = self.real.stream(*args, **options)
        return items if self._thread is None else _stepped(items, self._thread)


class _Calling:
    def __init__(self, target: Any, thread: Any) -> None:
        self._target, self._thread = target, thread

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if not callable(value):
            return value

        def call(*args: Any, **options: Any) -> Any:
            made = value(*args, **options)
            return self._thread.run(made) if inspect.isawaitable(made) else made

        return call


def _stepped(items: Any, thread: LoopThread) -> Iterator[Any]:
    try:
        while True:
            try:
                yield thread.run(items.__anext__())
            except StopAsyncIteration:
                return
    finally:
        thread.run(items.aclose())
