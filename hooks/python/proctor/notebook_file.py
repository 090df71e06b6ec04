"""Writing new outputs into a notebook: nothing else of the file changes."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

from .notebook_cells import parse_document

Json = Dict[str, Any]


class NewOutputs(NamedTuple):
    """What a cell showed, as nbformat 4 stores it."""

    execution_count: Optional[int]
    outputs: List[Json]


def with_outputs(text: str, new: Dict[int, NewOutputs]) -> str:
    """The notebook's text with the outputs of the cells at those indices in place of the stored
    ones; key order, indent and line ends as they were. Errors: NotebookError."""
    document = parse_document(text)
    for index, shown in new.items():
        cell = document["cells"][index]
        cell["execution_count"] = shown.execution_count
        cell["outputs"] = shown.outputs
    lines = text.splitlines()
    first = lines[1] if len(lines) > 1 else ""
    indent = first[: len(first) - len(first.lstrip())]
    ascii_only = text.isascii() and "\\u" in text
    if indent:
        written = json.dumps(document, indent=indent, ensure_ascii=ascii_only)
    else:
        separators = (", ", ": ") if '": ' in text else (",", ":")
        written = json.dumps(document, separators=separators, ensure_ascii=ascii_only)
    end = text[len(text.rstrip()) :]
    return (written.replace("\n", "\r\n") if "\r\n" in text else written) + end


def replace_file(file: Path, text: str) -> None:
    """Puts the text into the file's place in one step, with the file's mode. Errors: OSError."""
    target = file.resolve()
    descriptor, temporary = tempfile.mkstemp(dir=str(target.parent), prefix=f".{target.name}.")
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(text.encode("utf-8"))
            opened.flush()
            os.fsync(opened.fileno())
        os.chmod(temporary, target.stat().st_mode & 0o7777)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
