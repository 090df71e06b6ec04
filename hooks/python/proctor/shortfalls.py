"""What a failed expectation says: what was there instead of what was waited for."""

from __future__ import annotations

import json
from typing import Any, Dict

from .http_client import Response
from .refusals import surroundings

_MOST_CHARACTERS = 400  # of a text; of a longer one beginning and end are said

# For a state that was waited for, the member of the item that decides, and how it was instead.
_INSTEAD = {
    "visible": ("visible", "it is out of sight"),
    "hidden": ("visible", "it is visible"),
    "enabled": ("enabled", "it is disabled"),
    "disabled": ("enabled", "it is enabled"),
    "checked": ("checked", "it is unchecked"),
    "unchecked": ("checked", "it is checked"),
    "opened": ("opened", "it is closed"),
    "closed": ("opened", "it is open"),
    "focused": ("focused", "it has no focus"),
}
_NEVER = {"checked": "be checked", "opened": "be opened"}  # what items without the member cannot


def is_late(answer: Response) -> bool:
    """Whether the wait is over for want of time: what was waited for, or the target, never came."""
    return answer.status == 408


def what_was_there(answer: Response, state: str) -> str:
    """The rest of the sentence, and the items at that moment."""
    refusal: Dict[str, Any] = answer.json()
    item = refusal.get("item")
    if item is not None:
        happened = _of_item(item, state)
    elif refusal.get("text") is not None:
        happened = f"it shows: {_quoted(refusal['text'])}"
    elif refusal.get("window"):
        happened = _of_window(state)
    else:
        happened = "it is not there"
    return happened + surroundings(refusal)


def _of_item(item: Dict[str, Any], state: str) -> str:
    if state == "value":
        value = item["value"]
        return "it has no value" if value is None else f"its value is {value!r}"
    if state == "text":
        value = item["value"]
        told = f"its label is {item['label']!r}"
        return told if value is None else f"{told} and its value {value!r}"
    member, instead = _INSTEAD[state]
    if item[member] is None:
        return f"it is of kind '{item['kind']}' and cannot {_NEVER[member]}"
    return instead


def _of_window(state: str) -> str:
    instead = {
        "hidden": "it is a window that is shown",
        "opened": "it is collapsed",
        "closed": "it is open",
        "focused": "it has no focus",
    }
    return instead.get(state, "it is a window, of which that cannot be said")


def _quoted(text: str) -> str:
    """On one line, cut in the middle where it is long."""
    if len(text) > _MOST_CHARACTERS:
        half = _MOST_CHARACTERS // 2
        text = f"{text[:half]} … {text[-half:]}"
    return json.dumps(text, ensure_ascii=False)
