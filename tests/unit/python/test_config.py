"""Reading proctor.toml for plain pytest."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from proctor.config import expand, find_config, parse_config, parse_duration
from proctor.errors import ConfigError

FILE = Path("/somewhere/proctor.toml")

needs_toml = pytest.mark.skipif(sys.version_info < (3, 11), reason="tomllib came with 3.11")


@needs_toml
def test_a_short_file_gets_the_defaults():
    config = parse_config('[subject]\ncommand = ["./demo", "--port", "{port}"]\n', FILE)
    assert (config.name, config.cwd) == ("demo", Path("/somewhere"))
    assert (config.port, config.workspace, config.display) == (0, None, "auto")
    assert (config.ready_timeout, config.health_timeout, config.hang_after) == (15.0, 1.0, 2.0)
    assert (config.restart_when, config.budget, config.stop_grace) == ("unhealthy", (5, 30.0), 2.0)


@needs_toml
def test_every_key_is_taken():
    config = parse_config(
        """
        [subject]
        name = "editor"
        command = ["./editor"]
        cwd = "build"
        env = { MODE = "test" }
        port = 8080
        workspace = "data"
        display = "virtual"
        [subject.ready]
        url = "http://127.0.0.1:{port}/ready"
        timeout = "1m"
        [subject.health]
        url = "http://127.0.0.1:{port}/health"
        every = "1s"
        timeout = "250ms"
        misses = 2
        healthy = "/ok"
        hang_after = "1.5s"
        [subject.stop]
        url = "http://127.0.0.1:{port}/stop"
        grace = "3s"
        [subject.restart]
        when = "class"
        spares = 1
        budget = "2 in 1m"
        [batch]
        lanes = 2
        [[suite]]
        name = "live"
        """,
        FILE,
    )
    assert (config.cwd, config.workspace) == (Path("/somewhere/build"), Path("/somewhere/data"))
    assert (config.env, config.port, config.display) == ({"MODE": "test"}, 8080, "virtual")
    assert (config.ready_timeout, config.health_timeout, config.hang_after) == (60.0, 0.25, 1.5)
    assert (config.pointers.healthy, config.pointers.frame) == ("/ok", "/frame")
    assert (config.restart_when, config.budget, config.stop_grace) == ("class", (2, 60.0), 3.0)


@needs_toml
@pytest.mark.parametrize(
    "text, complaint",
    [
        ("[subject", "/somewhere/proctor.toml: "),
        ("", "it has no [subject]"),
        ("[subject]\n", ":1: command has to be a list"),
        ('[subject]\ncommand = "./demo"', ":2: command has to be a list"),
        ("[subject]\ncommand = []", ":2: command has to be a list"),
        ('[subject]\ncommand = ["x"]\nprot = 1', ":3: unknown key 'prot' in [subject]; did you"),
        (
            '[subject]\ncommand = ["x"]\n[subject.ready]\ntiemout = "1s"',
            ":4: unknown key 'tiemout' in [subject.ready]; did you mean 'timeout'?",
        ),
        ('[subject]\ncommand = ["x"]\nport = "80"', ":3: port has to be a number"),
        ('[subject]\ncommand = ["x"]\nport = 70000', ":3: port has to be a number"),
        ('[subject]\ncommand = ["x"]\ndisplay = "none"', ":3: display has to be one of auto"),
        ('[subject]\ncommand = ["x"]\nkind = "kernel"', ":3: a kernel is no program for live_gui"),
        ('[subject]\ncommand = ["x"]\nenv = { A = 1 }', "A has to be a text, not 1"),
        ('[subject]\ncommand = ["x"]\n[subject.stop]\ngrace = 2', ":4: grace has to be such"),
        ('[subject]\ncommand = ["x"]\n[subject.restart]\nwhen = "ever"', ":4: when has to be"),
        ('[subject]\ncommand = ["x"]\n[subject.restart]\nbudget = "5"', ":4: budget has to be"),
    ],
)
def test_a_mistake_is_named_with_its_line(text, complaint):
    with pytest.raises(ConfigError) as caught:
        parse_config(text, FILE)
    assert complaint in str(caught.value)


def test_the_nearest_file_above_counts(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_config(inner) != tmp_path / "proctor.toml"
    (tmp_path / "proctor.toml").touch()
    assert find_config(inner) == tmp_path / "proctor.toml"
    (inner / "proctor.toml").touch()
    assert find_config(inner) == inner / "proctor.toml"


def test_placeholders_are_filled_in_and_braces_can_be_written():
    values = {"port": 80, "lane": 0}
    assert expand("{port}-{lane}-{other}-{{port}}", values) == "80-0-{other}-{port}"


@pytest.mark.parametrize(
    "text, seconds",
    [("15s", 15), ("250ms", 0.25), ("2m", 120), ("1.5s", 1.5), ("1h", 3600), ("2", None)],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds
