"""The pytest plugin for notebooks: each code cell of an .ipynb or percent-format .py is a test.

`pytest -p proctor.notebooks` runs them, in order, in a fresh kernel for each file; under Proctor
in the subject's kernel. Ids are `file.ipynb::cell[3]`, or `file.ipynb::name` for a cell whose first
line is `# test: name`; `file.ipynb::<id of the cell>` selects one too, and -k knows these ids. The
tags `skip` and `raises-exception` mean what they say, every other one is a marker.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Generator, List, Optional, Tuple

import pytest

from .notebook_cells import NotebookError, has_percent_cells
from .notebook_compare import MODES, SanitizeError, Sanitizer
from .notebook_items import NotebookCell, NotebookFile, NotebookOptions, read_file
from .reports import TIMED_OUT

pytest_plugins = ["proctor.plugin"]

OPTIONS = "proctor_notebook_options"  # the attribute of pytest's config

_MARKERS = (
    "slow: a cell that takes long; deselect it with -m 'not slow'",
    "raises_exception: the cell has the tag raises-exception",
)


def pytest_addoption(parser: Any) -> None:
    """What Proctor passes from proctor.toml."""
    group = parser.getgroup("proctor", "Proctor's notebooks")
    group.addoption(
        "--proctor-notebook-compare",
        choices=MODES,
        default="none",
        help="compare the stored outputs with the new ones: their text, or every MIME type",
    )
    group.addoption(
        "--proctor-notebook-sanitize",
        action="append",
        default=[],
        metavar="WHAT",
        help="replace what differs from run to run before comparing: PATTERN=REPLACEMENT (split at"
        ' the last =), {"pattern": "…", "replace": "…"}, or a file with one of these in a line;'
        " may be given several times",
    )
    group.addoption(
        "--proctor-notebook-write-back",
        action="store_true",
        default=False,
        help="store the new outputs in each .ipynb of which every cell ran",
    )
    group.addoption(
        "--proctor-notebook-timeout",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="interrupt a cell after so long; under Proctor the suite's timeout counts",
    )
    group.addoption(
        "--proctor-notebook-only",
        action="store_true",
        default=False,
        help="collect nothing but notebooks, and every .py that has a '# %%%%' line",
    )


def pytest_configure(config: Any) -> None:
    """Reads the options. Errors: UsageError."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    try:
        sanitizer = Sanitizer(_pairs(config.getoption("--proctor-notebook-sanitize")))
    except SanitizeError as error:
        raise pytest.UsageError(f"--proctor-notebook-sanitize: {error}") from None
    options = NotebookOptions(
        compare=config.getoption("--proctor-notebook-compare"),
        sanitizer=sanitizer,
        write_back=config.getoption("--proctor-notebook-write-back"),
        timeout=config.getoption("--proctor-notebook-timeout") or None,
    )
    setattr(config, OPTIONS, options)


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: Any) -> None:
    """`file.ipynb::<id of a cell>` on the command line is the cell's own name."""
    session.config.args = [_by_name(argument) for argument in session.config.args]


def _collect(path: Path, parent: Any, nodes: List[Any]) -> List[Any]:
    """What is collected of a file, where pytest by itself would collect `nodes`."""
    only = parent.config.getoption("--proctor-notebook-only")
    if path.suffix == ".ipynb":
        return [_file(path, parent)]
    if path.suffix == ".py" and (only or any(isinstance(node, pytest.Module) for node in nodes)):
        if path.name != "conftest.py" and _has_cells(path):
            return [_file(path, parent)]
    return [] if only else nodes


if hasattr(pytest, "version_tuple"):  # pytest 7 and later

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collect_file(file_path: Path, parent: Any) -> Generator[None, Any, None]:
        """A file with cells is a notebook, also where pytest would import it."""
        made = yield
        made.force_result(_collect(file_path, parent, _flat(made.get_result())))

else:

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_collect_file(path: Any, parent: Any) -> Generator[None, Any, None]:  # type: ignore[misc]
        """A file with cells is a notebook, also where pytest would import it."""
        made = yield
        made.force_result(_collect(Path(str(path)), parent, _flat(made.get_result())))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: Any) -> Generator[None, Any, None]:
    """Says of a cell that was interrupted at its limit that it was."""
    made = yield
    if isinstance(item, NotebookCell) and item.timed_out:
        report = made.get_result()
        if report.when == "call":
            setattr(report, TIMED_OUT, True)


def _file(path: Path, parent: Any) -> Any:
    if hasattr(pytest, "version_tuple"):
        return NotebookFile.from_parent(parent, path=path)
    import py

    return NotebookFile.from_parent(parent, fspath=py.path.local(str(path)))


def _flat(nodes: Any) -> List[Any]:
    """Plugins answer a node, a list of nodes, or nothing."""
    flat: List[Any] = []
    for node in nodes or []:
        flat += node if isinstance(node, list) else [node]
    return flat


def _has_cells(path: Path) -> bool:
    try:
        return has_percent_cells(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return False  # pytest tells what is wrong with it


def _by_name(argument: str) -> str:
    path, separator, wanted = str(argument).partition("::")
    if not separator or not path.endswith(".ipynb"):
        return argument
    try:
        cells = read_file(Path(path)).cells
    except (NotebookError, OSError):
        return argument  # its collection tells
    names = [cell.name for cell in cells if cell.cell_id == wanted]
    known = any(cell.name == wanted for cell in cells)
    return f"{path}::{names[0]}" if names and not known else argument


def _pairs(given: List[str]) -> List[Tuple[str, str]]:
    """Errors: SanitizeError."""
    pairs: List[Tuple[str, str]] = []
    for one in given:
        file = _existing(one)
        if file is None:
            pairs.append(_pair(one, one))
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if line.strip() and not line.startswith("#"):
                pairs.append(_pair(line, f"{file}:{number}"))
    return pairs


def _existing(text: str) -> Optional[Path]:
    try:
        return Path(text) if Path(text).is_file() else None
    except (OSError, ValueError):
        return None  # no path at all


def _pair(text: str, where: str) -> Tuple[str, str]:
    if text.startswith("{"):
        try:
            pair = json.loads(text)
            return str(pair["pattern"]), str(pair["replace"])
        except (ValueError, KeyError, TypeError):
            pass  # a pattern may begin so too
    pattern, equals, replacement = text.rpartition("=")
    if not equals or not pattern:
        raise SanitizeError(f"{where}: neither a file nor PATTERN=REPLACEMENT")
    return pattern, replacement
