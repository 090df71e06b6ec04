"""Notebooks as pytest sees them: a file of cells, each of which is a test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union, cast

import pytest
from _pytest._code.code import ReprFileLocation, TerminalRepr

from .kernel_errors import ExecutionError, ExecutionTimeout, KernelDied, KernelError
from .kernel_results import Chunk, ExecutionResult, Screen, joined_text
from .live_kernel import LiveKernel
from .notebook_cells import (
    Cell,
    Notebook,
    NotebookError,
    failing_line,
    marked_source,
    read_notebook,
    read_percent,
)
from .notebook_compare import Sanitizer, difference, outputs_of
from .notebook_file import NewOutputs, replace_file, with_outputs
from .subject_info import SubjectInfo

_SKIP_TAGS = ("skip", "skip-execution")
_RAISES_TAG = "raises-exception"
_MARGIN_SECONDS = 2.0  # of the test's limit, kept for the interrupt to be heeded
_MARGIN_SHARE = 0.2  # at most
_REST = "The rest of the file is not run on this kernel, since its cells build on each other."


@dataclass(frozen=True)
class NotebookOptions:
    """What is wanted besides running."""

    compare: str = "none"
    sanitizer: Sanitizer = Sanitizer()
    write_back: bool = False
    timeout: Optional[float] = None  # for a cell, in seconds, where nobody else says


class CellFailed(Exception):
    """A cell that did not do what it should; the text is for people."""

    def __init__(self, headline: str, details: str = "", line: Optional[int] = None) -> None:
        self.headline = headline
        self.details = details
        self.line = line  # of the cell, from 1
        super().__init__(headline)


class CellFailure(TerminalRepr):
    """The failure as pytest shows it: the cell's source, and what became of it."""

    def __init__(self, text: str, location: ReprFileLocation) -> None:
        self.text = text
        self.reprcrash = location

    def toterminal(self, tw: Any) -> None:
        """Called by pytest."""
        for line in self.text.splitlines():
            tw.line(line, red=line.startswith("E  "))


class NotebookFile(pytest.File):
    """A notebook. Its cells run in one kernel, in order; each builds on those before it."""

    notebook: Notebook
    text = ""  # as it was collected

    @property
    def has_comments(self) -> bool:
        """Whether its first lines may hold a `# proctor:` comment."""
        return path_of(self).suffix == ".py"

    def collect(self) -> Iterator[NotebookCell]:
        """The code cells."""
        path = path_of(self)
        try:
            self.text = _text_of(path)
            self.notebook = _parsed(path, self.text)
        except (NotebookError, OSError) as error:
            raise self.CollectError(f"{path}: {error}") from None
        self.broken = ""  # why the rest of the file cannot run
        self._ran: Dict[int, NewOutputs] = {}  # by index, all in one kernel
        self._kernel: Any = None  # which one
        self._client: Optional[LiveKernel] = None
        for cell in self.notebook.cells:
            yield NotebookCell.from_parent(self, name=cell.name, cell=cell)

    def client(self, info: SubjectInfo) -> LiveKernel:
        """The handle to the kernel that a cell was given."""
        identity = (info.url, info.kernel, info.generation)
        if self._client is None or identity != self._kernel:
            self._close_client()
            self._kernel = identity
            self._client = LiveKernel(info)
            self._ran.clear()
        return self._client

    def teardown(self) -> None:
        """Lets go of the kernel."""
        self._close_client()
        self._kernel = None

    def ran(self, cell: Cell, result: ExecutionResult, options: NotebookOptions) -> None:
        """Keeps what a cell showed; once every cell has run, stores it all."""
        if not self.notebook.stores_outputs or not options.write_back:
            return
        self._ran[cell.index] = NewOutputs(result.execution_count, outputs_of(result.chunks))
        wanted = {one.index for one in self.notebook.cells if not _skips(one)}
        if wanted <= set(self._ran):
            self._write_back()

    def _write_back(self) -> None:
        path = path_of(self)
        try:
            if _text_of(path) != self.text:
                raise OSError("it was changed meanwhile, so the new outputs were not stored")
            written = with_outputs(self.text, self._ran)
            if written != self.text:
                replace_file(path, written)
                self.text = written
        except (OSError, NotebookError) as error:
            raise CellFailed(f"the outputs of {path.name} could not be stored: {error}") from None

    def _close_client(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()


class NotebookCell(pytest.Item):
    """One code cell."""

    proctor_cumulative = True

    def __init__(self, *, cell: Cell, **more: Any) -> None:
        super().__init__(**more)
        self.cell = cell
        self.timed_out = False
        if cell.cell_id:
            self.extra_keyword_matches.add(cell.cell_id)
        for tag in cell.tags:
            self._mark(tag)

    @property
    def file(self) -> NotebookFile:
        """Its notebook."""
        return cast(NotebookFile, self.parent)

    @property
    def fixturenames(self) -> List[str]:
        """What it needs, as functions say it: a kernel, if it is going to run."""
        return [] if _skips(self.cell) or self.file.broken else ["live_kernel"]

    def setup(self) -> None:
        """Skips what cannot run on what the cells before it have left."""
        if self.file.broken:
            _skip(self.file.broken)

    def runtest(self) -> None:
        """Runs the cell. Errors: CellFailed."""
        from .plugin import subjects_of

        options: NotebookOptions = getattr(self.config, "proctor_notebook_options")
        subjects = subjects_of(self.config)
        info = subjects.kernel_info(self)
        self.timed_out = False
        try:
            result = self._execute(info, options)
        except (ExecutionTimeout, KernelDied) as error:
            self.timed_out = isinstance(error, ExecutionTimeout)
            self._show(error.result)
            happened = "timed out" if self.timed_out else "killed its kernel"
            if not subjects.decides_what_follows:
                self.file.broken = f"{self.name} {happened}, and this cell builds on it"
            raise self._broken(error, info.limit_seconds or options.timeout) from None
        self._show(result)
        self.file.ran(self.cell, result, options)
        self._judge(result, options)

    def reportinfo(self) -> Tuple[Any, Optional[int], str]:
        """Where it stands."""
        line = self.cell.line - 1 if self.cell.line is not None else 0
        return getattr(self, "path", None) or self.fspath, line, self.name

    def repr_failure(self, excinfo: Any, style: Any = None) -> Union[str, TerminalRepr]:
        """The cell with its failing line, and why."""
        error = excinfo.value
        if isinstance(error, CellFailed):
            return self._failure(error.headline, error.details, error.line)
        return super().repr_failure(excinfo)

    def _execute(self, info: SubjectInfo, options: NotebookOptions) -> ExecutionResult:
        timeout = options.timeout
        if info.limit_seconds is not None:
            margin = min(_MARGIN_SECONDS, info.limit_seconds * _MARGIN_SHARE)
            timeout = info.limit_seconds - margin
        client = self.file.client(info)
        result: ExecutionResult = client.execute(
            self.cell.source, timeout=timeout, raise_on_error=False
        )
        return result

    def _judge(self, result: ExecutionResult, options: NotebookOptions) -> None:
        error = result.error
        if error is not None or result.end != "ok":
            if _RAISES_TAG not in self.cell.tags or result.end == "interrupted":
                raise self._raised(result, error)
        elif _RAISES_TAG in self.cell.tags:
            raise CellFailed(f"the cell raised nothing, and its tag is {_RAISES_TAG}")
        if options.compare != "none" and self.file.notebook.stores_outputs:
            new = outputs_of(result.chunks)
            diff = difference(options.compare, self.cell.outputs, new, options.sanitizer)
            if diff:
                headline = f"the output differs from what is stored (compare = {options.compare!r})"
                raise CellFailed(headline, f"{diff}\n\n{_advice(self.cell)}")

    def _raised(self, result: ExecutionResult, error: Optional[ExecutionError]) -> CellFailed:
        if error is None:
            return CellFailed(f"the cell was interrupted: {result.reason or 'by somebody'}")
        line = failing_line(error.traceback, result.execution_count)
        return CellFailed(f"{error.name}: {error.value}".rstrip(": "), error.traceback, line)

    def _broken(self, error: KernelError, limit: Optional[float]) -> CellFailed:
        """What ends the file: the cell took too long, or its kernel died."""
        result, line, where = error.result, None, ""
        if result is not None and result.error is not None:
            line = failing_line(result.error.traceback, result.execution_count)
            where = f"It stood here:\n{result.error.traceback}\n\n"
        if self.timed_out:
            headline = f"timed out: the cell did not end within its limit of {limit:g} s"
            headline += " and was interrupted"
        else:
            reason = result.reason if result is not None else None
            headline = f"proctor.KernelDied: {reason or error}"
        return CellFailed(headline, where + _REST, line)

    def _failure(self, headline: str, details: str, line: Optional[int]) -> CellFailure:
        path, where = path_of(self), f"{self.name} of {path_of(self).name}"
        if self.name != f"cell[{self.cell.index}]":
            where = f"cell[{self.cell.index}], {where}"
        where += f", line {line}" if line else ""
        parts = [f"{where}:", marked_source(self.cell.source, line), _as_error(headline), details]
        text = "\n\n".join(part for part in parts if part)
        first = headline.splitlines()[0] if headline else ""
        at = (self.cell.line or 1) + ((line or 1) - 1 if self.cell.line is not None else 0)
        return CellFailure(text, ReprFileLocation(str(path), at, first))

    def _show(self, result: Optional[ExecutionResult]) -> None:
        """What the cell printed, as captured output."""
        if result is None:
            return
        shown = Screen(result.chunks).shown
        for stream in ("stdout", "stderr"):
            text = joined_text([c for c in shown if _is_stderr(c) == (stream == "stderr")])
            if text:
                self.add_report_section("call", stream, text + "\n")

    def _mark(self, tag: str) -> None:
        if tag in _SKIP_TAGS:
            self.add_marker(pytest.mark.skip(reason=f"the cell's tag {tag!r}"))
        name = tag.replace("-", "_")
        if name.isidentifier() and tag not in _SKIP_TAGS:
            self._register(name)
            self.add_marker(name)

    def _register(self, name: str) -> None:
        """Keeps --strict-markers content."""
        known = (line.partition(":")[0].partition("(")[0] for line in self.config.getini("markers"))
        if name not in known:
            self.config.addinivalue_line("markers", f"{name}: a tag of notebook cells")


def read_file(path: Path) -> Notebook:
    """The notebook in a file. Errors: NotebookError, OSError."""
    return _parsed(path, _text_of(path))


def path_of(node: Any) -> Path:
    """The file of a node, for every pytest."""
    return Path(str(getattr(node, "path", None) or node.fspath))


def _text_of(path: Path) -> str:
    """Byte by byte: the ends of lines stay as they are. Errors: NotebookError, OSError."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotebookError(f"it is no UTF-8: {error}") from None


def _parsed(path: Path, text: str) -> Notebook:
    if path.suffix == ".ipynb":
        return read_notebook(text)
    return read_percent(text.replace("\r\n", "\n"))


def _skips(cell: Cell) -> bool:
    return any(tag in _SKIP_TAGS for tag in cell.tags)


def _skip(reason: str) -> None:
    """Told at the cell's own place where pytest can do that."""
    if hasattr(pytest, "version_tuple"):
        raise pytest.skip.Exception(reason, _use_item_location=True)
    pytest.skip(reason)


def _is_stderr(chunk: Chunk) -> bool:
    return chunk.kind == "stream" and chunk.name == "stderr"


def _as_error(headline: str) -> str:
    """As pytest marks what went wrong."""
    return "\n".join(f"E   {line}".rstrip() for line in headline.splitlines())


def _advice(cell: Cell) -> str:
    if not cell.outputs:
        return "Nothing is stored for this cell. write_back = true stores what it shows."
    return "write_back = true stores the new output; sanitize replaces what differs each time."
