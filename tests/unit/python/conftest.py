"""Fixtures for the tests of the worker and the plugin; nothing outside of this folder is used."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple

import pytest

from driver import HOOKS, LIMIT, WorkerDriver, python_environment

sys.path.insert(0, str(HOOKS))


class Project:
    """A directory of test files, written as text."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, **files: str) -> "Project":
        """Writes modules by name: write(test_a="def test_x(): pass")."""
        for name, text in files.items():
            self.file(f"{name}.py", text)
        return self

    def file(self, name: str, text: str) -> Path:
        """Writes any file."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return file


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project, a root of its own."""
    made = Project(tmp_path / "project")
    made.file("pytest.ini", "[pytest]\n")
    return made


@pytest.fixture
def worker(project: Project) -> Iterator[Callable[..., WorkerDriver]]:
    """Starts workers in the project; ends them with the test."""
    started: List[WorkerDriver] = []

    def start(*args: str, **options: Any) -> WorkerDriver:
        started.append(WorkerDriver(project.path, *args, **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


class PlainRun(NamedTuple):
    """What a plain pytest made of a project."""

    code: int
    text: str
    outcomes: Dict[str, str]  # by test name
    seconds: Dict[str, float]


class LiveProject(Project):
    """A project with a proctor.toml that starts the fake subject."""

    def configure(
        self, when: str = "unhealthy", mode: str = "", top: str = "", more: str = ""
    ) -> None:
        """Writes proctor.toml; `top` goes into [subject], `more` to the end."""
        program = [sys.executable, str(Path(__file__).with_name("fake_subject.py")), "{port}"]
        self.file(
            "proctor.toml",
            f"""
[subject]
command = {json.dumps(program + ([mode] if mode else []))}
display = "inherit"
{top}
[subject.ready]
url = "http://127.0.0.1:{{port}}/api/gui_health"
timeout = "10s"
[subject.health]
url = "http://127.0.0.1:{{port}}/api/gui_health"
timeout = "300ms"
hang_after = "700ms"
[subject.stop]
url = "http://127.0.0.1:{{port}}/api/shutdown"
grace = "1s"
[subject.restart]
when = "{when}"
{more}
""",
        )

    def start(self, *args: str) -> "subprocess.Popen[str]":
        """Starts plain pytest."""
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", "-p", "proctor.plugin", "-rA", *args],
            cwd=self.path,
            env=python_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *args: str) -> PlainRun:
        """Runs plain pytest to its end."""
        process = self.start("--junitxml=out.xml", *args)
        text, _ = process.communicate(timeout=LIMIT)
        outcomes, seconds = {}, {}
        for case in ElementTree.parse(self.path / "out.xml").iter("testcase"):
            bad = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
            outcomes[str(case.get("name"))] = bad[0] if bad else "passed"
            seconds[str(case.get("name"))] = float(case.get("time") or 0)
        return PlainRun(process.returncode, text, outcomes, seconds)


@pytest.fixture
def live(tmp_path: Path) -> LiveProject:
    """A project with a live program, restarted when unhealthy."""
    made = LiveProject(tmp_path / "live")
    made.file("pytest.ini", "[pytest]\n")
    made.configure()
    return made
