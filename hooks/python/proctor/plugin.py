"""The pytest plugin of test authors: the fixtures `live_gui` and `live_kernel`, and the check
before each test that uses one. It works under Proctor, and under plain pytest by keeping the
program or the kernel itself.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generator, Optional, cast

import pytest

from .file_policies import POLICIES_PLUGIN, FilePolicies
from .file_policy import MARK_HELP
from .reports import EVIDENCE, SUBJECT_FIXTURES, uses_subject

if TYPE_CHECKING:
    from .errors import SubjectError
    from .evidence import Piece, Witness
    from .live_gui import LiveGui
    from .live_kernel import LiveKernel
    from .subject_info import SubjectInfo
    from .subjects import Subjects

SUBJECTS_PLUGIN = "proctor-subjects"  # under this name whoever provides subjects is registered
WITNESS_PLUGIN = "proctor-witness"  # under this name what takes evidence is registered


def pytest_configure(config: Any) -> None:
    """Makes the marker known, and reads it and the comment of each file at its collection."""
    config.addinivalue_line("markers", MARK_HELP)
    config.pluginmanager.register(FilePolicies(), POLICIES_PLUGIN)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: Any) -> None:
    """Before any fixture of a test that uses the live program: is it healthy?"""
    if uses_subject(item):
        from .fixture_chain import chain_of

        chain_of(item.config)  # it has to see each fixture being made
        trouble = _trouble_with(item)
        if trouble is not None:
            raise trouble
        info = _info(item)
        if _leaves_evidence(info):
            _witness(item.config).begin(item, info)


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: Any) -> Generator[None, Any, None]:
    """At the first failure of a test that uses the live program, while its fixtures are still
    set up: what does the program look like?"""
    made = yield
    if made.excinfo is None and uses_subject(item):
        report = made.get_result()
        if report.failed:
            _add_evidence(item, report)


@pytest.fixture(scope="session")
def live_gui(request: Any) -> LiveGui:
    """The live program: url, port, pid, generation, workspace, health(), ensure_healthy(),
    request(), wait_until(). It was healthy when the test began.

    It lives as long as the generation of the program does: fixtures of class, module and session
    scope may use it; they are torn down before the generation ends, and made anew for the next.
    """
    from .errors import SubjectUnavailable
    from .live_gui import LiveGui

    subjects, item = subjects_of(request.config), request._pyfuncitem
    info = subjects.info(item)
    if info.kernel:
        raise SubjectUnavailable("the subject is a kernel: use live_kernel", consequence="")
    return LiveGui(info, subjects.pointers(item))


@pytest.fixture(scope="session")
def live_kernel(request: Any) -> Generator[LiveKernel, None, None]:
    """The kernel under test as a BlockingKernelClient: execute(), stream(), reset() …

    Under Proctor it is the present generation of a subject of kind "kernel", and lives as long as
    that; under plain pytest each test file has a kernel of its own.
    """
    from .live_kernel import LiveKernel

    client = LiveKernel(subjects_of(request.config).kernel_info(request._pyfuncitem))
    yield client
    client.close()


def pytest_collection_finish(session: Any) -> None:
    """A live program that is there already is given to no test that may not have it."""
    for name in SUBJECT_FIXTURES:
        for fixturedef in session._fixturemanager._arg2fixturedefs.get(name, ()):
            if getattr(fixturedef.func, "__module__", "") == __name__:
                _guard(fixturedef)


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
        terminalreporter.section("live programs")
        for note in notes:
            terminalreporter.write_line(note)


def _trouble_with(item: Any) -> Optional[SubjectError]:
    """Why the test cannot have its subject, freed of the traceback that led there: the reader
    wants to know what became of the program, and not how this plugin found out."""
    from .errors import SubjectError

    try:
        subjects_of(item.config).check(item)
    except SubjectError as error:
        error.__cause__ = None
        error.__suppress_context__ = True
        return error.with_traceback(None)
    return None


def _guard(fixturedef: Any) -> None:
    """Before pytest hands out the live program, cached or not, the running test's subject is asked
    for: in a test that does not name it nobody has done so. Its error is not cached."""
    original = fixturedef.execute

    def execute(request: Any) -> Any:
        __tracebackhide__ = True
        subjects = subjects_of(request.config)
        ask = subjects.kernel_info if fixturedef.argname == "live_kernel" else subjects.info
        ask(request._pyfuncitem)
        return original(request=request)

    if not getattr(original, "proctor_guards", False):
        setattr(execute, "proctor_guards", True)
        fixturedef.execute = execute


def _info(item: Any) -> SubjectInfo:
    subjects = subjects_of(item.config)
    only_kernel = "live_gui" not in getattr(item, "fixturenames", ())
    return subjects.kernel_info(item) if only_kernel else subjects.info(item)


def _leaves_evidence(info: SubjectInfo) -> bool:
    """Of a kernel there is its log, where that is known."""
    return not info.kernel or info.log is not None


def subjects_of(config: Any) -> Subjects:
    """Who provides subjects: Proctor's, where it is there, else our own, made now."""
    subjects = config.pluginmanager.get_plugin(SUBJECTS_PLUGIN)
    if subjects is None:
        from .plain_subjects import PlainSubjects

        subjects = PlainSubjects(config)
        config.pluginmanager.register(subjects, SUBJECTS_PLUGIN)
    return cast("Subjects", subjects)


def _witness(config: Any) -> Witness:
    witness = config.pluginmanager.get_plugin(WITNESS_PLUGIN)
    if witness is None:
        from .evidence import Witness

        witness = Witness()
        config.pluginmanager.register(witness, WITNESS_PLUGIN)
    return cast("Witness", witness)


def _add_evidence(item: Any, report: Any) -> None:
    """Under Proctor the evidence goes with the report, and it is shown there; under plain pytest
    it is a section of the failure."""
    try:
        pieces = _witness(item.config).take(item)
    except OSError as error:
        report.sections.append(("live_gui evidence", f"none: {error}"))
        return
    if not pieces:
        return
    setattr(report, EVIDENCE, [piece.as_message() for piece in pieces])
    if not subjects_of(item.config).shows_evidence:
        lines = [f"{piece.kind}: {_told(piece)}" for piece in pieces]
        report.sections.append(("live_gui evidence", "\n".join(lines)))


def _told(piece: Piece) -> str:
    if piece.file is None:
        return f"none: {piece.note}"
    return piece.file + (f" ({piece.note})" if piece.note else "")


def _close(config: Any) -> None:
    subjects = config.pluginmanager.get_plugin(SUBJECTS_PLUGIN)
    if subjects is not None:
        subjects.close()
