"""What the demo's tests share: the program's routes, by the words of its panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

import pytest

if TYPE_CHECKING:
    from proctor import LiveGui, Response


class DemoProgram:
    """The demo program as its tests use it."""

    def __init__(self, gui: LiveGui) -> None:
        self.gui = gui

    def state(self) -> Dict[str, Any]:
        """What the panels show."""
        return self.gui.request("GET", "/api/demo/state").json()

    def do(self, action: str, **members: Any) -> Response:
        """One action, such as do("counter", add=2); it is drawn when this returns."""
        return self.gui.request("POST", f"/api/demo/{action}", json=members)

    def break_it(self, fault: str) -> Response:
        """Sets off one of the faults that the demo has built in."""
        return self.gui.request("POST", f"/api/fault/{fault}", json={})


@pytest.fixture
def demo(live_gui: LiveGui) -> DemoProgram:
    """The live program, healthy when the test begins."""
    return DemoProgram(live_gui)
