"""Stored outputs of a notebook's cells against new ones, and new ones as they are stored. Pure."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from typing import Any, Dict, Iterable, List, Tuple

from .kernel_results import Chunk, Screen, joined_text, mime_text, without_colours
from .notebook_cells import joined

Json = Dict[str, Any]

MODES = ("none", "text", "all")

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{4,}\b")
_KINDS = {"stream": "stream", "execute_result": "result", "display_data": "display"}
_TYPES = {"result": "execute_result", "display": "display_data"}


class SanitizeError(Exception):
    """A pattern that cannot be used. The text says which and why."""


class Sanitizer:
    """Replaces what differs from run to run: memory addresses, and what is given."""

    def __init__(self, pairs: Iterable[Tuple[str, str]] = ()) -> None:
        """Pairs of a regular expression and its replacement. Errors: SanitizeError."""
        self._patterns = [(_ADDRESS, "0xADDRESS")]
        for pattern, replacement in pairs:
            try:
                compiled = re.compile(pattern, re.M)
                compiled.sub(replacement, "")
                self._patterns.append((compiled, replacement))
            except (re.error, IndexError) as error:
                raise SanitizeError(f"the pattern {pattern!r} cannot be used: {error}") from None

    def clean(self, text: str) -> str:
        """The text without what differs."""
        for pattern, replacement in self._patterns:
            text = pattern.sub(replacement, text)
        return text


def difference(mode: str, stored: List[Json], new: List[Json], sanitizer: Sanitizer) -> str:
    """A unified diff of two lists of outputs, both as files store them; "" where they agree."""
    describe = _text_lines if mode == "text" else _all_lines
    before, after = (sanitizer.clean(describe(one)).splitlines() for one in (stored, new))
    if before == after:
        return ""
    lines = difflib.unified_diff(before, after, "stored output", "new output", lineterm="")
    return "\n".join(lines)


def outputs_of(chunks: Iterable[Chunk]) -> List[Json]:
    """What a cell shows in the end, as nbformat 4 stores it."""
    screen, errors = Screen(), []
    for chunk in chunks:
        screen.add(chunk)
        if chunk.kind == "error":
            errors.append(chunk)
    outputs: List[Json] = []
    for chunk in screen.shown:
        if chunk.kind == "stream":
            _add_stream(outputs, chunk)
        else:
            outputs.append(_rich(chunk))
    return [_stored(output) for output in outputs] + [_error(chunk) for chunk in errors]


def _add_stream(outputs: List[Json], chunk: Chunk) -> None:
    """Neighbours of one stream are one output."""
    last = outputs[-1] if outputs else {}
    if last.get("output_type") == "stream" and last.get("name") == chunk.name:
        last["text"] += chunk.text
    else:
        outputs.append({"name": chunk.name, "output_type": "stream", "text": chunk.text})


def _rich(chunk: Chunk) -> Json:
    output: Json = {"data": chunk.data}
    if chunk.kind == "result":
        output["execution_count"] = chunk.execution_count
    return {**output, "metadata": chunk.metadata, "output_type": _TYPES[chunk.kind]}


def _error(chunk: Chunk) -> Json:
    return {
        "ename": chunk.name,
        "evalue": chunk.value,
        "output_type": "error",
        "traceback": chunk.traceback,
    }


def _stored(output: Json) -> Json:
    """Texts as lists of lines; images and JSON stay as they are."""
    if output["output_type"] == "stream":
        return {**output, "text": output["text"].splitlines(True)}
    data = {mime: _stored_value(mime, value) for mime, value in sorted(output["data"].items())}
    return {**output, "data": data}


def _stored_value(mime: str, value: Any) -> Any:
    is_text = mime.startswith("text/") or mime in ("image/svg+xml", "application/javascript")
    return value.splitlines(True) if is_text and isinstance(value, str) else value


def _text_lines(outputs: List[Json]) -> str:
    """What `text` of a result would be, and what was raised."""
    shown, raised = [], []
    for output in outputs:
        kind = output.get("output_type")
        if kind == "error":
            raised.append(_raised(output))
        elif kind in _KINDS:
            message = {**output, "kind": _KINDS[kind], "text": joined(output.get("text", ""))}
            shown.append(Chunk(message))
    return "\n".join([joined_text(shown) or "", *raised]).strip()


def _all_lines(outputs: List[Json]) -> str:
    """Every MIME type of every output; neither execution counts nor metadata."""
    lines: List[str] = []
    last_stream = ""
    for output in outputs:
        kind = str(output.get("output_type"))
        if kind == "stream":
            name = f"stream {output.get('name')}"
            lines += [] if last_stream == name else [f"{name}:"]
            lines += [f"  {line}" for line in joined(output.get("text", "")).splitlines()]
            last_stream = name
            continue
        last_stream = ""
        if kind == "error":
            lines.append(_raised(output))
        for mime, value in sorted((output.get("data") or {}).items()):
            lines.append(f"{kind} {mime}:")
            lines += [f"  {line}" for line in _value_text(mime, value).splitlines()]
    return "\n".join(lines)


def _raised(output: Json) -> str:
    return without_colours(f"error {output.get('ename')}: {output.get('evalue')}")


def _value_text(mime: str, value: Any) -> str:
    if mime.startswith("image/") and mime != "image/svg+xml":
        content = "".join(mime_text(value).split())
        digest = hashlib.sha256(content.encode("utf-8")).hexdigest()
        return f"{len(content)} characters of base64, sha256 {digest}"
    if isinstance(value, (dict, int, float)) or value is None or mime.endswith("json"):
        return json.dumps(value, sort_keys=True, indent=1, ensure_ascii=False)
    return mime_text(value)
