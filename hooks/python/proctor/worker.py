"""The pytest worker: what `pytest -p proctor.worker` becomes when Proctor starts it.

This module only puts the parts together: `startup` takes over the inherited descriptors,
`collection` reports what there is, `run_loop` obeys Proctor, `execution` runs single tests.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

import os
import platform
import sys
from typing import Any, Dict

import pytest

from .collection import CollectionReporter
from .execution import Execution
from .plugin import SUBJECTS_PLUGIN
from .proctor_subjects import ProctorSubjects
from .reports import one_line
from .run_loop import RunLoop
from .silence import silence_terminal
from .startup import CONTROL_FD, StartupWatch, take_over_channel

pytest_plugins = ["proctor.plugin"]

# At once: conftest files and tests must find neither the variables nor inheritable descriptors.
_channel = take_over_channel()
_watch = StartupWatch(_channel) if _channel is not None else None


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: Any) -> None:
    """Keeps pytest-xdist, where it is asked for, from taking the tests away from this worker."""
    alone: Dict[str, Any] = {"numprocesses": None, "dist": "no", "tx": [], "looponfail": False}
    for option, value in alone.items():
        if hasattr(config.option, option):
            setattr(config.option, option, value)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: Any) -> None:
    """Joins the parts and greets Proctor."""
    if _channel is None or _watch is None:
        raise pytest.UsageError(
            f"proctor.worker is for Proctor, which passes it {CONTROL_FD};"
            " for live_gui in plain pytest use -p proctor.plugin"
        )
    silence_terminal(config)
    plugins = config.pluginmanager
    subjects = ProctorSubjects()
    rootdir = str(config.rootpath)
    collection = CollectionReporter(_channel, rootdir)
    execution = Execution(_channel, subjects, rootdir)
    plugins.register(subjects, SUBJECTS_PLUGIN)
    plugins.register(collection, "proctor-collection")
    plugins.register(execution, "proctor-execution")
    plugins.register(execution.holding, "proctor-holding")
    plugins.register(RunLoop(_channel, execution, collection, _watch), "proctor-run-loop")
    _channel.send(_hello(config))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: Any) -> None:
    """Silences a terminal reporter that another plugin has put in place of pytest's."""
    silence_terminal(session.config)


def pytest_internalerror(excrepr: Any, excinfo: Any) -> None:
    """Keeps the text of an error that ends the session before its first test."""
    if _watch is not None:
        _watch.explain(one_line(excinfo.exconly()), str(excrepr))


def pytest_keyboard_interrupt(excinfo: Any) -> None:
    """The same for pytest.exit() in a conftest.py or in a module that is being imported."""
    if _watch is not None:
        _watch.explain(one_line(excinfo.exconly()), str(excinfo.getrepr()))


def _hello(config: Any) -> Dict[str, Any]:
    inifile = getattr(config, "inipath", None)
    return {
        "type": "hello",
        "pid": os.getpid(),
        "python": platform.python_version(),
        "executable": sys.executable,
        "pytest": pytest.__version__,
        "rootdir": str(config.rootpath),
        "inifile": None if inifile is None else str(inifile),
    }
