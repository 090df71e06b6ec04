"""The subjects of tests that run under plain pytest: one for each proctor.toml they belong to."""

from __future__ import annotations

import atexit
import os
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from _pytest.reports import TestReport

from .config import FILE_NAME, find_config, load_config
from .errors import ConfigError
from .file_policies import restart_of
from .fixture_chain import chain_of
from .health import Pointers
from .plain_kernels import PlainKernels
from .setup_stack import TeardownFailure
from .subject_info import SubjectInfo
from .subjects import Subjects
from .supervisor import Place, Supervisor


class PlainSubjects(Subjects):
    """Started at first need, ended with the session."""

    def __init__(self, config: Any) -> None:
        self._config = config
        self._chain = chain_of(config)
        self._supervisors: Dict[Path, Supervisor] = {}  # by their proctor.toml
        self._given: Optional[Tuple[Any, SubjectInfo]] = None  # to the test that runs now
        self._last: Any = None  # the test that had the program before
        self._kernels = PlainKernels(self._let_go)
        self._given_kernel: Optional[Tuple[Any, SubjectInfo]] = None
        atexit.register(self.close)

    def check(self, item: Any) -> None:
        """Gives the test a healthy generation, as far as the policy allows; and a kernel."""
        __tracebackhide__ = True
        names = getattr(item, "fixturenames", ())
        self._given_kernel = None
        if "live_kernel" in names:
            self._give_kernel(item)
        if "live_gui" in names or "live_kernel" not in names:
            self._give(item)

    def _give_kernel(self, item: Any) -> None:
        info = self._kernels.give(item)
        self._tell(self._chain.follow(info))
        self._given_kernel, self._last = (item, info), item

    def _give(self, item: Any) -> None:
        __tracebackhide__ = True
        self._given = None
        info = self._supervisor(item).give(_place(item))
        self._tell(self._chain.follow(info))  # the one before died, or is of another proctor.toml
        self._given, self._last = (item, info), item

    def info(self, item: Any) -> SubjectInfo:
        """The generation that the test was given."""
        __tracebackhide__ = True
        if self._given is None or self._given[0] is not item:
            self._give(item)
        assert self._given is not None
        return self._given[1]

    def kernel_info(self, item: Any) -> SubjectInfo:
        """The kernel that the test was given."""
        __tracebackhide__ = True
        if self._given_kernel is None or self._given_kernel[0] is not item:
            self._give_kernel(item)
        assert self._given_kernel is not None
        return self._given_kernel[1]

    def pointers(self, item: Any) -> Pointers:
        """As the test's proctor.toml has them."""
        return self._supervisor(item).config.pointers

    def notes(self) -> List[str]:
        """Which file got which generation, and why."""
        notes = [note for one in self._supervisors.values() for note in one.notes]
        return notes + self._kernels.notes

    def close(self) -> None:
        """Ends every program; a later test would start a new one."""
        atexit.unregister(self.close)
        self._kernels.close()
        for supervisor in self._supervisors.values():
            supervisor.close()

    def _let_go(self) -> None:
        self._tell(self._chain.let_go())

    def _tell(self, failures: List[TeardownFailure]) -> None:
        """An error of a teardown between two tests is one of the test that was last to use the
        fixtures, as it is for pytest."""
        for failure in failures:
            report = _teardown_report(self._last, failure)
            capture = self._config.pluginmanager.get_plugin("capturemanager")
            with capture.global_and_fixture_disabled() if capture else nullcontext():
                self._config.hook.pytest_runtest_logreport(report=report)

    def _supervisor(self, item: Any) -> Supervisor:
        directory = Path(str(getattr(item, "path", None) or item.fspath)).parent
        file = find_config(directory) or find_config(Path(str(item.config.rootpath)))
        if file is None:
            raise ConfigError(
                f"live_gui needs a {FILE_NAME} that says which program to start, and there is none"
                f" in {directory} or above"
            )
        if file not in self._supervisors:
            self._supervisors[file] = Supervisor(load_config(file), _lane(), self._let_go)
        return self._supervisors[file]


def _place(item: Any) -> Place:
    cls = getattr(item, "cls", None)
    return Place(
        file=item.nodeid.split("::", 1)[0],
        class_name=cls.__qualname__ if cls is not None else "",
        test=item.nodeid,
        restart=restart_of(item) or "",
    )


def _teardown_report(item: Any, failure: TeardownFailure) -> TestReport:
    return TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords={},
        outcome="failed",
        longrepr=f"the fixture '{failure.owner}', torn down because the program was to be"
        f" replaced: {failure.message}\n{failure.details}",
        when="teardown",
    )


def _lane() -> int:
    """With pytest-xdist, each of its workers has a program of its own."""
    digits = "".join(filter(str.isdigit, os.environ.get("PYTEST_XDIST_WORKER", "")))
    return int(digits or 0)
