"""The subjects of tests that run under plain pytest: one for each proctor.toml they belong to."""

from __future__ import annotations

import atexit
import os
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from .config import FILE_NAME, find_config, load_config
from .errors import ConfigError
from .health import Pointers
from .subject_info import SubjectInfo
from .subjects import Subjects
from .supervisor import Place, Supervisor


class PlainSubjects(Subjects):
    """Started at first need, ended with the session."""

    def __init__(self) -> None:
        self._supervisors: Dict[Path, Supervisor] = {}  # by their proctor.toml
        self._given: Optional[Tuple[Any, SubjectInfo]] = None  # to the test that runs now
        atexit.register(self.close)

    def check(self, item: Any) -> None:
        """Gives the test a healthy generation, as far as the policy allows."""
        __tracebackhide__ = True
        self._given = None
        self._given = (item, self._supervisor(item).give(_place(item)))

    def info(self, item: Any) -> SubjectInfo:
        """The generation that the test was given."""
        __tracebackhide__ = True
        if self._given is None or self._given[0] is not item:
            self.check(item)
        assert self._given is not None
        return self._given[1]

    def pointers(self, item: Any) -> Pointers:
        """As the test's proctor.toml has them."""
        return self._supervisor(item).config.pointers

    def notes(self) -> List[str]:
        """Which file got which generation, and why."""
        return [note for one in self._supervisors.values() for note in one.notes]

    def close(self) -> None:
        """Ends every program; a later test would start a new one."""
        atexit.unregister(self.close)
        for supervisor in self._supervisors.values():
            supervisor.close()

    def _supervisor(self, item: Any) -> Supervisor:
        directory = Path(str(getattr(item, "path", None) or item.fspath)).parent
        file = find_config(directory) or find_config(Path(str(item.config.rootpath)))
        if file is None:
            raise ConfigError(
                f"live_gui needs a {FILE_NAME} that says which program to start, and there is none"
                f" in {directory} or above"
            )
        if file not in self._supervisors:
            self._supervisors[file] = Supervisor(load_config(file), _lane())
        return self._supervisors[file]


def _place(item: Any) -> Place:
    cls = getattr(item, "cls", None)
    return Place(
        file=item.nodeid.split("::", 1)[0],
        class_name=cls.__qualname__ if cls is not None else "",
        test=item.nodeid,
    )


def _lane() -> int:
    """With pytest-xdist, each of its workers has a program of its own."""
    digits = "".join(filter(str.isdigit, os.environ.get("PYTEST_XDIST_WORKER", "")))
    return int(digits or 0)
