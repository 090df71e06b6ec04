"""The pytest plugin of test authors: the fixture `live_gui`, and the check before each test
that uses it. It works under Proctor, and under plain pytest by keeping the program itself.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional, cast

import pytest

if TYPE_CHECKING:
    from .errors import SubjectError
    from .live_gui import LiveGui
    from .subjects import Subjects

SUBJECTS_PLUGIN = "proctor-subjects"  # under this name whoever provides subjects is registered


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: Any) -> None:
    """Before any fixture of a test that uses the live program: is it healthy?"""
    if "live_gui" in getattr(item, "fixturenames", ()):
        trouble = _trouble_with(item)
        if trouble is not None:
            raise trouble


@pytest.fixture
def live_gui(request: Any) -> LiveGui:
    """The live program: url, port, pid, generation, workspace, health(), ensure_healthy(),
    request(), wait_until(). It was healthy when the test began."""
    from .live_gui import LiveGui

    subjects = _subjects(request.config)
    return LiveGui(subjects.info(request.node), subjects.pointers(request.node))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: Any) -> None:
    """Ends the program, once the fixtures that may talk to it are torn down."""
    _close(session.config)


def pytest_unconfigure(config: Any) -> None:
    """The same for a session that was interrupted."""
    _close(config)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says which test file got which generation, and why."""
    subjects = terminalreporter.config.pluginmanager.get_plugin(SUBJECTS_PLUGIN)
    notes = subjects.notes() if subjects is not None else []
    if notes:
        terminalreporter.section("live_gui")
        for note in notes:
            terminalreporter.write_line(note)


def _trouble_with(item: Any) -> Optional[SubjectError]:
    """Why the test cannot have its subject, freed of the traceback that led there: the reader
    wants to know what became of the program, and not how this plugin found out."""
    from .errors import SubjectError

    try:
        _subjects(item.config).check(item)
    except SubjectError as error:
        error.__cause__ = None
        error.__suppress_context__ = True
        return error.with_traceback(None)
    return None


def _subjects(config: Any) -> Subjects:
    """Who provides subjects: Proctor's, where it is there, else our own, made now."""
    subjects = config.pluginmanager.get_plugin(SUBJECTS_PLUGIN)
    if subjects is None:
        from .plain_subjects import PlainSubjects

        subjects = PlainSubjects()
        config.pluginmanager.register(subjects, SUBJECTS_PLUGIN)
    return cast("Subjects", subjects)


def _close(config: Any) -> None:
    subjects = config.pluginmanager.get_plugin(SUBJECTS_PLUGIN)
    if subjects is not None:
        subjects.close()
