"""Reads what each test file says about itself while pytest collects it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, Generator, Iterator, List, Optional, Tuple

import pytest
from _pytest.doctest import DoctestModule

from .file_policy import MARK, FilePolicy, PolicyError, comment_says, joined, mark_says

POLICIES_PLUGIN = "proctor-file-policies"  # under this name it is registered

Check = Callable[[Any, List[Any]], None]  # of a collector and its nodes. Errors: PolicyError


class FilePolicies:
    """A plugin. Knows the policies of all files that were collected."""

    def __init__(self) -> None:
        self._files: Dict[str, FilePolicy] = {}  # by node id

    @pytest.hookimpl(hookwrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: Any) -> Generator[None, Any, None]:
        """Has a file whose policy cannot be understood fail in pytest's own way."""
        module = isinstance(collector, pytest.Module) and not isinstance(collector, pytest.Package)
        if module or getattr(collector, "has_comments", False):  # percent-format notebooks
            collector.collect = _checked(collector, collector.collect, self._read)
        elif isinstance(collector, pytest.Class):  # markers of parameters are seen only there
            collector.collect = _checked(collector, collector.collect, _check_nodes)
        yield

    def of_file(self, nodeid: str) -> FilePolicy:
        """What the file of a node says."""
        return self._files.get(nodeid.split("::", 1)[0], FilePolicy())

    def _read(self, module: Any, nodes: List[Any]) -> None:
        """The file's policy; the markers of its tests and classes are looked at too."""
        file = _path(module)
        said = comment_says(file)
        for mark in module.iter_markers(MARK):
            said += mark_says(mark, file, 1, whole_file=True)
        _check_nodes(module, nodes)
        policy = joined(said)
        if isinstance(module, DoctestModule):  # it knows no markers
            self._files.setdefault(module.nodeid, policy)
        else:
            self._files[module.nodeid] = policy


def policies_of(config: Any) -> FilePolicies:
    """The session's policies."""
    policies: FilePolicies = config.pluginmanager.get_plugin(POLICIES_PLUGIN)
    return policies


def own_restart(item: Any) -> Optional[str]:
    """The restart policy of a test or of its class, the innermost first; None: its file's."""
    for node, mark in item.iter_markers_with_node(MARK):
        if not isinstance(node, pytest.File) and "restart" in mark.kwargs:
            return str(mark.kwargs["restart"])
    return None


def restart_of(item: Any) -> Optional[str]:
    """The policy that counts for a test; None: the batch's."""
    return own_restart(item) or policies_of(item.config).of_file(item.nodeid).restart


def _checked(collector: Any, collect: Callable[[], Any], check: Check) -> Callable[[], List[Any]]:
    """`collect`, which fails where the check does."""

    def checked() -> List[Any]:
        nodes = list(collect())
        try:
            check(collector, nodes)
        except PolicyError as error:
            raise collector.CollectError(str(error)) from None
        return nodes

    return checked


def _check_nodes(collector: Any, nodes: List[Any]) -> None:
    for node in nodes:
        for marks, line in _marked(node):
            for mark in marks:
                mark_says(mark, _path(collector), line, whole_file=False)


def _marked(node: Any) -> Iterator[Tuple[List[Any], int]]:
    """The markers of a test, or of a class and all in it, with the line where they begin."""
    thing = getattr(node, "obj", None)
    yield [mark for mark in node.own_markers if mark.name == MARK], _line(thing)
    if isinstance(thing, type):
        yield from _marked_within(thing)


def _marked_within(cls: type) -> Iterator[Tuple[List[Any], int]]:
    for thing in list(vars(cls).values()):
        given = getattr(thing, "pytestmark", None)
        if isinstance(given, list):
            marks = [getattr(mark, "mark", mark) for mark in given]
            yield [mark for mark in marks if mark.name == MARK], _line(thing)
        if isinstance(thing, type):
            yield from _marked_within(thing)


def _line(thing: Any) -> int:
    """Where a function begins, its decorators included; 1 for all else."""
    code = getattr(thing, "__code__", None)
    return int(code.co_firstlineno) if code is not None else 1


def _path(node: Any) -> Path:
    return Path(str(getattr(node, "path", None) or node.fspath))
