"""Recording what a person does to a program, as the Python test that does it again."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Type

from .refusals import refuse

if TYPE_CHECKING:
    from .program import Program


class Recording:
    """A recording, from `with app.recording() as recording:`. Good to read at any time."""

    def __init__(self, app: "Program") -> None:
        self._app = app
        self._last: Dict[str, Any] = {}
        self._running = False

    def __enter__(self) -> "Recording":
        self.start()
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Begins anew. Errors: ActionRefused where the program draws no frames."""
        self._switch(True)

    def stop(self) -> None:
        """Ends it; what was recorded stays."""
        self._switch(False)

    @property
    def steps(self) -> List[str]:
        """Each step as a call, such as 'app.locator("Window/Save").click()'."""
        return [step["python"] for step in self._now()["steps"]]

    @property
    def python(self) -> str:
        """A complete test function."""
        return str(self._now()["python"])

    def _now(self) -> Dict[str, Any]:
        if self._running:
            answer = self._app.request("GET", "/api/ui/record")
            if not answer.ok:
                refuse(answer)
            self._last = answer.json()
        return self._last or {"steps": [], "python": ""}

    def _switch(self, on: bool) -> None:
        answer = self._app.request("POST", "/api/ui/record", {"on": on})
        if not answer.ok:
            refuse(answer)
        self._last = answer.json()
        self._running = on
