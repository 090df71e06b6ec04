"""Driving a Dear ImGui program by its hooks: locators that wait, and assertions that wait.

    app.locator("Record/Save").click()
    expect(app.locator("Record/Notify me")).to_be_checked()

A locator is a path, or the end of one, and is looked up anew for each action. Every action
waits in the program until its target is there, visible, still, enabled and not covered.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple, Union
from urllib.parse import quote, urlencode

from .errors import ExpectationFailed, TargetAmbiguous, TargetNotFound, WaitTimeout
from .http_client import Response
from .program import DEFAULT_TIMEOUT, SPARE_SECONDS, Program
from .refusals import refuse
from .shortfalls import is_late, what_was_there


@dataclass(frozen=True)
class Item:
    """An item of the program's user interface, as one frame drew it."""

    path: str
    id: str  # "#" and eight hexadecimal digits
    label: str
    kind: str  # item button checkbox radio input combo tab tree menu menu_item
    rect: Tuple[float, float, float, float]  # x, y, width, height in pixels
    enabled: bool
    visible: bool
    clipped: bool
    covered_by: Optional[str]  # the window over its middle
    checked: Optional[bool]  # None: cannot be checked
    opened: Optional[bool]  # None: cannot be opened
    value: Optional[str]  # as shown
    focused: bool
    active: bool
    duplicate: bool  # shares its path but for the index

    @staticmethod
    def of(json: Dict[str, Any]) -> "Item":
        """From an answer's JSON."""
        members = {name: json[name] for name in Item.__dataclass_fields__ if name != "rect"}
        rect = json["rect"]
        return Item(rect=(rect["x"], rect["y"], rect["w"], rect["h"]), **members)


class Drivable(Program):
    """What a live program can be asked to do. `App` and `LiveGui` are such."""

    def locator(self, path: str) -> "Locator":
        """The item at a path ("Window/Save") or at the end of one ("Save"); looked up at use."""
        return Locator(self, path)

    def window(self, title: str) -> "Window":
        """A window by its title or path."""
        return Window(self, title)

    def items(self, filter: str = "", *, window: str = "", kind: str = "") -> List[Item]:
        """The items that are there now, in the order of drawing; all, or those that fit."""
        return [Item.of(item) for item in self.tree(filter, window=window, kind=kind)["items"]]

    def tree(
        self, filter: str = "", *, window: str = "", kind: str = "", text: str = ""
    ) -> Dict[str, Any]:
        """GET /api/ui as it comes. `text`: the window whose text is wanted as well."""
        wanted = {"filter": filter, "window": window, "kind": kind, "text": text}
        query = urlencode({name: value for name, value in wanted.items() if value})
        answer = self.request("GET", "/api/ui" + (f"?{query}" if query else ""))
        if not answer.ok:
            refuse(answer)
        tree: Dict[str, Any] = answer.json()
        return tree

    def press(self, keys: str, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Presses a chord, such as "Ctrl+Shift+S" or "Enter"."""
        self.perform("press", {"keys": keys}, timeout)

    def type(self, text: str, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Types text into whatever has the focus."""
        self.perform("type", {"text": text}, timeout)

    def menu(self, path: str, *, window: str = "", timeout: float = DEFAULT_TIMEOUT) -> None:
        """Chooses in a menu: menu("File/Open Recent/a.txt"), in `window` where several have one."""
        self.perform("menu", {"path": path, "window": window}, timeout)

    def screenshot(self, path: Union[str, Path, None] = None, *, target: str = "") -> bytes:
        """A PNG of all that is shown, or of one window or item; written to `path` as well."""
        query = f"?{urlencode({'target': target})}" if target else ""
        answer = self.request("GET", f"/api/screenshot.png{query}")
        if not answer.ok:
            refuse(answer)
        if path is not None:
            Path(path).write_bytes(answer.content)
        return answer.content

    def wait_idle(self, frames: int = 3, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Waits until nothing that is shown has changed in that many frames."""
        self.perform("wait", {"still": frames}, timeout)

    def wait_for_check(self, name: str, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Waits until a check that the program added says ok. Errors: WaitTimeout."""
        self.perform("wait", {"check": name}, timeout)

    def perform(self, action: str, members: Dict[str, Any], timeout: float) -> Dict[str, Any]:
        """POST /api/ui/{action}; the answer's JSON.

        Errors: TargetNotFound, TargetAmbiguous, WaitTimeout, ActionRefused; SubjectHung where
        no frame was drawn.
        """
        __tracebackhide__ = True
        answer = self.send_action(action, members, timeout)
        if not answer.ok:
            refuse(answer)
        done: Dict[str, Any] = answer.json()
        return done

    def send_action(self, action: str, members: Dict[str, Any], timeout: float) -> Response:
        """The same; a refusal is an answer."""
        __tracebackhide__ = True
        body = {**members, "timeout_ms": round(timeout * 1000)}
        return self.request("POST", f"/api/ui/{quote(action)}", body, timeout + SPARE_SECONDS)


class Window:
    """A window of the program."""

    def __init__(self, app: Drivable, title: str) -> None:
        self._app = app
        self.path = title

    def __repr__(self) -> str:
        return f"<Window {self.path!r}>"

    def locator(self, path: str) -> "Locator":
        """An item in this window, at any depth."""
        return self._app.locator(f"{self.path}/**/{path}")

    def text(self) -> str:
        """All that it shows, as text; of its lists also what is scrolled away."""
        __tracebackhide__ = True
        windows = [one for one in self._app.tree(text=self.path)["windows"] if "text" in one]
        named = [one for one in windows if one["path"] == self.path]
        named = named or [one for one in windows if one["title"] == self.path]
        if not named:
            raise TargetNotFound(f"there is no window {self.path!r}")
        if len(named) > 1:
            paths = ", ".join(one["path"] for one in named)
            raise TargetAmbiguous(f"{self.path!r} is the title of several windows: {paths}")
        return str(named[0]["text"])

    def close(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Clicks its close button."""
        self._act("close", timeout)

    def bring_to_front(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Raises it over the others and gives it the focus."""
        self._act("raise", timeout)

    def collapse(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Folds it to its title bar."""
        self._act("collapse", timeout)

    def expand(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Unfolds it."""
        self._act("expand", timeout)

    def resize(self, width: float, height: float, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Gives it a size in pixels."""
        self._act("resize", timeout, x=width, y=height)

    def move(self, x: float, y: float, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Puts its upper left corner to a place in pixels."""
        self._act("move", timeout, x=x, y=y)

    def _act(self, action: str, timeout: float, **members: Any) -> None:
        __tracebackhide__ = True
        self._app.perform("window", {"target": self.path, "action": action, **members}, timeout)


class Locator:
    """An item, by its path. Strict: a path that several items have is an error."""

    def __init__(self, app: Drivable, path: str) -> None:
        self._app = app
        self.path = path

    def __repr__(self) -> str:
        return f"<Locator {self.path!r}>"

    def locator(self, path: str) -> "Locator":
        """An item below this one, at any depth, such as a leaf of a tree node."""
        return Locator(self._app, f"{self.path}/**/{path}")

    def nth(self, index: int) -> "Locator":
        """One of several items that share this path; 0 is the first."""
        return Locator(self._app, f"{self.path}[{index}]")

    def click(
        self,
        *,
        button: str = "left",
        count: int = 1,
        modifiers: str = "",
        timeout: float = DEFAULT_TIMEOUT,
    ) -> None:
        """Clicks it. `button`: left, right, middle; `modifiers` as in "Ctrl+Shift"."""
        members = {"button": button, "count": count, "modifiers": modifiers}
        self._act("click", timeout, **members)

    def double_click(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Clicks it twice, quickly."""
        self.click(count=2, timeout=timeout)

    def hover(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Puts the mouse on it."""
        self._act("hover", timeout)

    def focus(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Gives it the keyboard's focus."""
        self._act("focus", timeout)

    def drag_to(self, other: "Locator", *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Drags it onto another item."""
        self._act("drag", timeout, to=other.path)

    def drag_by(self, dx: float, dy: float, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Drags it by an offset in pixels."""
        self._act("drag", timeout, dx=dx, dy=dy)

    def scroll(self, dx: float = 0, dy: float = 0, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Turns the wheel over it; -1 is a step down, or right."""
        self._act("scroll", timeout, dx=dx, dy=dy)

    def fill(self, value: Union[str, float], *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Replaces what an input, a slider or a drag holds."""
        self._act("set_value", timeout, value=value)

    def check(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Checks it, where it is not: checkbox, radio button, menu item, tab."""
        self._act("set_value", timeout, value=True)

    def uncheck(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Unchecks it, where it is checked."""
        self._act("set_value", timeout, value=False)

    def open(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Opens a tree node, a header or a menu, where it is closed."""
        self._act("set_value", timeout, value=True)

    def close(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Closes a tree node, a header or a menu, where it is open."""
        self._act("set_value", timeout, value=False)

    def select(self, option: str, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Chooses an option of a combo by its label."""
        self._act("set_value", timeout, value=option)

    def press(self, keys: str, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Focuses it and presses a chord."""
        __tracebackhide__ = True
        self.focus(timeout=timeout)
        self._app.press(keys, timeout=timeout)

    def wait_for(self, state: str = "visible", *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Waits for a state: visible hidden enabled disabled checked unchecked opened closed
        focused. Errors: WaitTimeout."""
        self._act("wait", timeout, state=state)

    def item(self, *, timeout: float = DEFAULT_TIMEOUT) -> Item:
        """All that is known of it, as soon as it is visible."""
        __tracebackhide__ = True
        return Item.of(self._act("wait", timeout, state="visible")["item"])

    def value(self, *, timeout: float = DEFAULT_TIMEOUT) -> Optional[str]:
        """The value that it shows."""
        return self.item(timeout=timeout).value

    # Errors of these: SubjectHung where no frame is drawn, TargetAmbiguous.

    def is_visible(self) -> bool:
        """Whether it can be seen now; waits for a frame, and for nothing else."""
        return self._now("visible")

    def is_enabled(self) -> bool:
        """Whether it takes input now; waits for a frame, and for nothing else."""
        return self._now("enabled")

    def is_checked(self) -> bool:
        """Whether it is checked now; waits for a frame, and for nothing else."""
        return self._now("checked")

    def _now(self, state: str) -> bool:
        __tracebackhide__ = True
        try:
            self._act("wait", 0.0, state=state)
        except (TargetNotFound, WaitTimeout):
            return False
        return True

    def _act(self, action: str, timeout: float, **members: Any) -> Dict[str, Any]:
        __tracebackhide__ = True
        return self._app.perform(action, {"target": self.path, **members}, timeout)


class Expectation:
    """Assertions on a locator or a window that wait until they hold, 5 s unless told."""

    def __init__(self, what: Union[Locator, Window]) -> None:
        self._what = what

    def to_be_visible(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """It is there and can be seen."""
        self._hold("visible", "to be visible", timeout)

    def to_be_hidden(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """It is not there, or clipped away."""
        self._hold("hidden", "to be hidden", timeout)

    def to_be_enabled(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """It takes input."""
        self._hold("enabled", "to be enabled", timeout)

    def to_be_disabled(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """It takes no input."""
        self._hold("disabled", "to be disabled", timeout)

    def to_be_checked(
        self, checked: bool = True, *, timeout: float = DEFAULT_TIMEOUT
    ) -> None:
        """It is checked (a tab: selected), or unchecked."""
        word = "checked" if checked else "unchecked"
        self._hold(word, f"to be {word}", timeout)

    def to_be_open(self, opened: bool = True, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """It is open, or closed."""
        word = "opened" if opened else "closed"
        self._hold(word, f"to be {word}", timeout)

    def to_be_focused(self, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """It has the keyboard's focus."""
        self._hold("focused", "to be focused", timeout)

    def to_have_value(
        self, value: Union[str, float], *, timeout: float = DEFAULT_TIMEOUT
    ) -> None:
        """It shows this value, as text: "0.500" for a slider with three digits."""
        self._hold("value", f"to have the value {str(value)!r}", timeout, value=str(value))

    def to_contain_text(self, text: str, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Its label or value contains the text; of a window: what it shows."""
        self._hold("text", f"to contain {text!r}", timeout, value=text)

    def _hold(self, state: str, wanted: str, timeout: float, **members: Any) -> None:
        __tracebackhide__ = True
        what = self._what
        body = {"target": what.path, "state": state, **members}
        answer = what._app.send_action("wait", body, timeout)
        if answer.ok:
            return
        if not is_late(answer):
            refuse(answer)
        within = f" within {timeout:g} s" if timeout else ""
        raise ExpectationFailed(
            f"expected {what.path!r} {wanted}{within}, but {what_was_there(answer, state)}"
        )


def expect(what: Union[Locator, Window]) -> Expectation:
    """Begins an assertion that waits: expect(app.locator("Save")).to_be_enabled()."""
    return Expectation(what)
