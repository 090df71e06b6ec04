"""The code cells of a notebook (.ipynb, nbformat 4) or of a percent-format .py file. Pure.

A cell is named by its first line where that is `# test: name`, else `cell[N]`: N is its place
among all cells of the file, text cells included, beginning with 0, as in the file's own list.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional, Tuple

Json = Dict[str, Any]

_NAME = re.compile(r"\s*#\s*test:\s*(\S.*?)\s*$")
_PERCENT = re.compile(r"^#[ \t]*%%(?!%)(.*)$", re.M)
_KIND = re.compile(r"\[(markdown|md|raw)\]", re.I)
_TAGS = re.compile(r"\btags\s*=\s*(\[.*?\])")


class NotebookError(Exception):
    """The file cannot be read as a notebook. The text says what is wrong."""


@dataclass(frozen=True)
class Cell:
    """One code cell that has code."""

    index: int  # among all cells of the file, from 0
    name: str  # unique in its file
    source: str
    cell_id: str = ""  # of nbformat 4.5; "": none
    tags: Tuple[str, ...] = ()
    line: Optional[int] = None  # of the file, from 1, where its source begins; None: not known
    outputs: List[Json] = field(default_factory=list)  # as stored


@dataclass(frozen=True)
class Notebook:
    """A file's cells, and what it stores."""

    cells: List[Cell]
    stores_outputs: bool  # whether the format has a place for them


def has_percent_cells(text: str) -> bool:
    """Whether a Python file has a `# %%` line."""
    return _PERCENT.search(text) is not None


def read_notebook(text: str) -> Notebook:
    """The cells of an .ipynb file. Errors: NotebookError."""
    document = parse_document(text)
    lines = _source_lines(text, len(document["cells"]))
    cells = []
    for index, cell in enumerate(document["cells"]):
        source = joined(cell.get("source", ""))
        if cell.get("cell_type") != "code" or not source.strip():
            continue
        metadata = cell.get("metadata")
        tags = metadata.get("tags") if isinstance(metadata, dict) else None
        cells.append(
            Cell(
                index=index,
                name=_name(source, index),
                source=source,
                cell_id=str(cell.get("id") or ""),
                tags=tuple(map(str, tags)) if isinstance(tags, list) else (),
                line=lines[index] if lines else None,
                outputs=list(cell.get("outputs") or []),
            )
        )
    return Notebook(_named_apart(cells), stores_outputs=True)


def read_percent(text: str) -> Notebook:
    """The cells of a percent-format .py file; what stands before the first `# %%` is a cell
    where it has code."""
    marks = list(_PERCENT.finditer(text))
    pieces: List[Tuple[str, int, int]] = []  # heading, start and end of the source
    first = marks[0].start() if marks else len(text)
    if _has_code(text[:first]):
        pieces.append(("", 0, first))
    for mark, following in zip(marks, marks[1:] + [None]):  # type: ignore[operator]
        end = following.start() if following is not None else len(text)
        pieces.append((mark.group(1), mark.end() + 1, end))
    cells = []
    for index, (heading, start, end) in enumerate(pieces):
        piece = text[start:end]
        source = piece.strip("\n")
        if _KIND.search(heading) or not source.strip():
            continue
        skipped = len(piece) - len(piece.lstrip("\n"))
        line = text.count("\n", 0, start + skipped) + 1
        cells.append(Cell(index, _name(source, index), source, "", _tags(heading), line))
    return Notebook(_named_apart(cells), stores_outputs=False)


def parse_document(text: str) -> Json:
    """The JSON of an .ipynb file. Errors: NotebookError."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise NotebookError(f"it is no notebook, for it is no JSON: {error}") from None
    version = document.get("nbformat") if isinstance(document, dict) else None
    if version is None:
        raise NotebookError("it is no notebook: it has no nbformat")
    if version != 4:
        raise NotebookError(
            f"its nbformat is {version}, and only 4 is read; convert it:"
            " jupyter nbconvert --to notebook --inplace FILE"
        )
    cells = document.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise NotebookError("it is no notebook: its cells are no list of objects")
    return document


def joined(value: Any) -> str:
    """A text that files may hold as a list of lines."""
    return "".join(map(str, value)) if isinstance(value, list) else str(value)


def failing_line(traceback: str, execution_count: int) -> Optional[int]:
    """The line of the cell, from 1, where a plain traceback of IPython first enters it."""
    count = re.escape(str(execution_count))
    forms = (
        rf"Cell In ?\[{count}\], line (\d+)",
        rf"Input In ?\[{count}\], in <(?:cell )?line: (\d+)>",
        rf"<ipython-input-{count}-[0-9a-f]+> in .*?\n(?:.*\n)*?-+> ?(\d+)",
    )
    for form in forms:
        match = re.search(form, traceback)
        if match:
            return int(match.group(1))
    return None


def marked_source(source: str, line: Optional[int]) -> str:
    """The cell with line numbers, and an arrow at the failing one."""
    lines = source.splitlines()
    width = len(str(len(lines)))
    return "\n".join(
        f"{'>' if number == line else ' '} {number:{width}}  {text}".rstrip()
        for number, text in enumerate(lines, start=1)
    )


def _name(source: str, index: int) -> str:
    match = _NAME.match(source.splitlines()[0])
    name = match.group(1).replace("::", ":") if match else ""
    return name or f"cell[{index}]"


def _named_apart(cells: List[Cell]) -> List[Cell]:
    """The second of a name gets [2]."""
    taken: Dict[str, int] = {}
    apart = []
    for cell in cells:
        name, number = cell.name, taken.get(cell.name, 0) + 1
        taken[cell.name] = number
        while number > 1 and f"{name}[{number}]" in taken:
            number += 1
        unique = name if number == 1 else f"{name}[{number}]"
        taken.setdefault(unique, 1)
        apart.append(cell if unique == name else _renamed(cell, unique))
    return apart


def _renamed(cell: Cell, name: str) -> Cell:
    return Cell(cell.index, name, cell.source, cell.cell_id, cell.tags, cell.line, cell.outputs)


def _tags(heading: str) -> Tuple[str, ...]:
    match = _TAGS.search(heading)
    try:
        tags = ast.literal_eval(match.group(1)) if match else []
    except (ValueError, SyntaxError):
        return ()
    return tuple(tag for tag in tags if isinstance(tag, str))


def _has_code(text: str) -> bool:
    lines = (line.strip() for line in text.splitlines())
    return any(line and not line.startswith("#") for line in lines)


def _source_lines(text: str, cells: int) -> List[int]:
    """The line where each cell's source begins, as far as the file is written as usual, with a
    line for each line of code; else nothing."""
    lines = text.splitlines()
    indent = len(lines[1]) - len(lines[1].lstrip(" ")) if len(lines) > 1 else 0
    opening = re.compile(rf' {{{3 * indent}}}"source": \[')
    found = []
    for number, line in enumerate(lines, start=1):
        if indent and opening.match(line):
            found.append(number if line.rstrip().endswith("],") or '"]' in line else number + 1)
    return found if len(found) == cells else []
