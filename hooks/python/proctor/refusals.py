"""What a program's refusal means: its answer as the error that says what to do."""

from __future__ import annotations

from typing import Any, Dict, NoReturn

from .errors import ActionRefused, SubjectHung, TargetAmbiguous, TargetNotFound, WaitTimeout
from .http_client import Response

_MOST_ITEMS_SHOWN = 40


def refuse(answer: Response) -> NoReturn:
    """Raises what the program's refusal means."""
    __tracebackhide__ = True
    try:
        refusal = answer.json()
    except ValueError:
        raise ActionRefused(f"HTTP status {answer.status}: {answer.text[:200]}") from None
    text = str(refusal.get("error", answer.status))
    hint = str(refusal.get("hint", ""))
    if not (refusal.get("tree") and "in the answer" in hint):  # for whoever reads the answer
        text = f"{text}. {hint}".rstrip()
    text += surroundings(refusal)
    if answer.status == 404:
        raise TargetNotFound(text)
    if answer.status == 409:
        raise TargetAmbiguous(text)
    if answer.status == 408:
        raise WaitTimeout(text)
    if answer.status == 504:
        raise SubjectHung(text)
    raise ActionRefused(text)


def surroundings(refusal: Dict[str, Any]) -> str:
    """The nearest paths, else the items at that moment, each from a new line on; or ""."""
    nearest = refusal.get("nearest") or []
    if nearest:
        return "\nnearest: " + ", ".join(nearest)
    shown = [_line(item) for item in (refusal.get("tree") or {}).get("items", [])]
    if not shown:
        return ""
    text = "\nthe items at that moment:\n" + "\n".join(shown[:_MOST_ITEMS_SHOWN])
    if len(shown) > _MOST_ITEMS_SHOWN:
        text += f"\n… and {len(shown) - _MOST_ITEMS_SHOWN} more"
    return text


def _line(item: Dict[str, Any]) -> str:
    """One item of the tree in a failure's text."""
    facts = [item["kind"]]
    facts += [word for word in ("checked", "opened") if item[word]]
    facts += [] if item["enabled"] else ["disabled"]
    facts += [] if item["visible"] else ["out of sight"]
    if item["value"] is not None:
        facts.append(repr(item["value"]))
    return f"  {item['path']} ({', '.join(facts)})"
