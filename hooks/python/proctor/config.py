"""The [subject] of a proctor.toml, for plain pytest. Proctor reads the same file by itself.

Unknown keys and wrong types are errors with file, line and the nearest known key.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Mapping, NoReturn, Optional, Tuple

from .errors import ConfigError
from .file_policy import POLICIES
from .health import Pointers

FILE_NAME = "proctor.toml"
DISPLAYS = ("auto", "virtual", "inherit")
PLACEHOLDERS = ("port", "workspace", "generation", "lane")

_SUBJECT_KEYS = {"name", "command", "cwd", "env", "port", "workspace", "display", "kind", "kernel"}
_SUBJECT_KEYS |= {"sandbox", "ready", "health", "stop", "restart"}
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True)
class SubjectConfig:
    """What to start and how to keep it. Texts may hold placeholders, see `expand`."""

    file: Path
    name: str
    command: List[str]
    cwd: Path
    env: Dict[str, str] = field(default_factory=dict)
    port: int = 0  # 0: a free one for each generation
    workspace: Optional[Path] = None  # None: a fresh one for each generation
    display: str = "auto"
    ready_url: str = ""  # "": ready as soon as it runs
    ready_timeout: float = 15.0  # seconds, as all times here
    health_url: str = ""  # "": alive is all that is known
    health_timeout: float = 1.0
    pointers: Pointers = Pointers()
    hang_after: float = 2.0
    stop_url: str = ""  # "": the ladder begins with SIGTERM
    stop_grace: float = 2.0  # for each rung
    restart_when: str = "unhealthy"
    budget: Tuple[int, float] = (5, 30.0)  # at most so many restarts in so many seconds


@dataclass(frozen=True)
class KernelConfig:
    """A subject of kind "kernel"."""

    kernel: str = "python3"
    cwd: Optional[Path] = None  # None: of no importance to proctor.toml
    env: Dict[str, str] = field(default_factory=dict)
    sandbox: str = "none"  # as the HTTP interface takes it


def find_config(start: Path) -> Optional[Path]:
    """The proctor.toml of a directory or of the nearest one above it."""
    for directory in (start, *start.parents):
        candidate = directory / FILE_NAME
        if candidate.is_file():
            return candidate
    return None


def load_config(file: Path) -> SubjectConfig:
    """Reads the subject. Errors: ConfigError."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from None
    return parse_config(text, file)


def parse_config(text: str, file: Path) -> SubjectConfig:
    """The same from text. Errors: ConfigError."""
    document = _parse_toml(text, file)
    subject = document.get("subject")
    if not isinstance(subject, dict):
        raise ConfigError(
            f"{file}: it has no [subject], so there is no program for live_gui;"
            ' add [subject] with command = ["…"]'
        )
    return _Reader(text, file).subject(subject)


def load_kernel(file: Path) -> Optional[KernelConfig]:
    """The subject, where it is a kernel; else None. Errors: ConfigError."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from None
    subject = _parse_toml(text, file).get("subject")
    if not isinstance(subject, dict) or subject.get("kind") != "kernel":
        return None
    return _Reader(text, file).kernel(subject)


def expand(text: str, values: Mapping[str, object]) -> str:
    """Puts values in for {port} {workspace} {generation} {lane}; "{{" is a literal brace."""

    def value(match: "re.Match[str]") -> str:
        if match.group(0) in ("{{", "}}"):
            return match.group(0)[0]
        name = match.group(1)
        return str(values[name]) if name in values else match.group(0)

    return re.sub(r"\{\{|\}\}|\{(\w+)\}", value, text)


def parse_duration(text: Any) -> Optional[float]:
    """Seconds of "15s", "250ms", "2m", "1.5s", "1h"; None for anything else."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text) if isinstance(text, str) else None
    return float(match.group(1)) * _UNITS[match.group(2)] if match else None


def _parse_toml(text: str, file: Path) -> Dict[str, Any]:
    toml = _toml_module(file)
    try:
        document: Dict[str, Any] = toml.loads(text)
        return document
    except toml.TOMLDecodeError as error:
        raise ConfigError(f"{file}: {error}") from None


def _toml_module(file: Path) -> Any:
    try:
        import tomllib
    except ModuleNotFoundError:
        try:
            import tomli
        except ModuleNotFoundError:
            raise ConfigError(
                f"{file}: this Python has no tomllib (it came with 3.11); run pip install tomli"
            ) from None
        return tomli
    return tomllib


def _all_texts(values: List[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


class _Reader:
    """Takes a parsed [subject] apart and complains with the line of what is wrong."""

    def __init__(self, text: str, file: Path) -> None:
        self._lines = text.splitlines()
        self._file = file

    def subject(self, raw: Dict[str, Any]) -> SubjectConfig:
        self._check_keys("subject", raw, _SUBJECT_KEYS)
        if self._text("subject", raw, "kind", "process") != "process":
            self._fail("subject", "kind", "a kernel is no program for live_gui: use live_kernel")
        command = raw.get("command")
        if not isinstance(command, list) or not command or not _all_texts(command):
            self._fail("subject", "command", 'command has to be a list such as ["./demo"]')
        directory = self._file.resolve().parent
        workspace = self._text("subject", raw, "workspace", "fresh")
        return SubjectConfig(
            file=self._file,
            name=self._text("subject", raw, "name", Path(command[0]).name),
            command=list(command),
            cwd=directory / self._text("subject", raw, "cwd", "."),
            env=self._environment(raw),
            port=self._port(raw),
            workspace=None if workspace == "fresh" else directory / workspace,
            display=self._word("subject", raw, "display", DISPLAYS, "auto"),
            **self._ready(self._table(raw, "ready")),
            **self._health(self._table(raw, "health")),
            **self._stop(self._table(raw, "stop")),
            **self._restart(self._table(raw, "restart")),
        )

    def kernel(self, raw: Dict[str, Any]) -> KernelConfig:
        self._check_keys("subject", raw, _SUBJECT_KEYS)
        directory = self._file.resolve().parent
        return KernelConfig(
            kernel=self._text("subject", raw, "kernel", "python3"),
            cwd=directory / self._text("subject", raw, "cwd", "."),
            env=self._environment(raw),
            sandbox=self._sandbox(raw, directory),
        )

    def _sandbox(self, raw: Dict[str, Any], directory: Path) -> str:
        sandbox = raw.get("sandbox", "none")
        if isinstance(sandbox, dict) and isinstance(sandbox.get("srt"), str):
            return f"srt:{directory / sandbox['srt']}"
        if sandbox not in ("none", "bwrap"):
            text = f'sandbox has to be "none", "bwrap" or {{ srt = "file" }}, not {sandbox!r}'
            self._fail("subject", "sandbox", text)
        return str(sandbox)

    def _ready(self, raw: Dict[str, Any]) -> Dict[str, Any]:
        self._check_keys("subject.ready", raw, {"url", "timeout"})
        return {
            "ready_url": self._text("subject.ready", raw, "url", ""),
            "ready_timeout": self._seconds("subject.ready", raw, "timeout", 15.0),
        }

    def _health(self, raw: Dict[str, Any]) -> Dict[str, Any]:
        where = "subject.health"
        known = {"url", "every", "timeout", "misses", "hang_after"}
        pointers = Pointers()
        self._check_keys(where, raw, known | set(vars(pointers)))
        return {
            "health_url": self._text(where, raw, "url", ""),
            "health_timeout": self._seconds(where, raw, "timeout", 1.0),
            "hang_after": self._seconds(where, raw, "hang_after", 2.0),
            "pointers": Pointers(
                **{key: self._text(where, raw, key, value) for key, value in vars(pointers).items()}
            ),
        }

    def _stop(self, raw: Dict[str, Any]) -> Dict[str, Any]:
        self._check_keys("subject.stop", raw, {"url", "grace"})
        return {
            "stop_url": self._text("subject.stop", raw, "url", ""),
            "stop_grace": self._seconds("subject.stop", raw, "grace", 2.0),
        }

    def _restart(self, raw: Dict[str, Any]) -> Dict[str, Any]:
        where = "subject.restart"
        self._check_keys(where, raw, {"when", "spares", "budget"})
        text = self._text(where, raw, "budget", "5 in 30s")
        match = re.fullmatch(r"\s*(\d+)\s+in\s+(\S+)\s*", text)
        period = parse_duration(match.group(2)) if match else None
        if match is None or period is None:
            self._fail(where, "budget", f'budget has to be such as "5 in 30s", not {text!r}')
        return {
            "restart_when": self._word(where, raw, "when", POLICIES, "unhealthy"),
            "budget": (int(match.group(1)), period),
        }

    def _environment(self, raw: Dict[str, Any]) -> Dict[str, str]:
        env = self._table(raw, "env")
        for key, value in env.items():
            if not isinstance(value, str):
                self._fail("subject.env", key, f"{key} has to be a text, not {value!r}")
        return dict(env)

    def _port(self, raw: Dict[str, Any]) -> int:
        port = raw.get("port", 0)
        if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535:
            self._fail("subject", "port", f"port has to be a number from 0 to 65535, not {port!r}")
        return port

    def _table(self, raw: Dict[str, Any], key: str) -> Dict[str, Any]:
        table = raw.get(key, {})
        if not isinstance(table, dict):
            self._fail("subject", key, f"{key} has to be a table, not {table!r}")
        return table

    def _text(self, where: str, raw: Dict[str, Any], key: str, default: str) -> str:
        value = raw.get(key, default)
        if not isinstance(value, str):
            self._fail(where, key, f"{key} has to be a text, not {value!r}")
        return value

    def _word(
        self, where: str, raw: Dict[str, Any], key: str, words: Tuple[str, ...], default: str
    ) -> str:
        value = self._text(where, raw, key, default)
        if value not in words:
            self._fail(where, key, f"{key} has to be one of {', '.join(words)}, not {value!r}")
        return value

    def _seconds(self, where: str, raw: Dict[str, Any], key: str, default: float) -> float:
        if key not in raw:
            return default
        seconds = parse_duration(raw[key])
        if seconds is None:
            self._fail(where, key, f'{key} has to be such as "2s" or "250ms", not {raw[key]!r}')
        return seconds

    def _check_keys(self, where: str, raw: Dict[str, Any], known: "set[str]") -> None:
        for key in raw:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                hint = f"; did you mean '{near[0]}'?" if near else ""
                self._fail(where, key, f"unknown key '{key}' in [{where}]{hint}")

    def _fail(self, where: str, key: str, message: str) -> NoReturn:
        raise ConfigError(f"{self._file}:{self._line_of(where, key)}: {message}")

    def _line_of(self, where: str, key: str) -> int:
        """The line of a key in its table, else that of the table, else 1."""
        table, heading = "", 1
        for number, line in enumerate(self._lines, start=1):
            opened = re.match(r"\s*\[+\s*([\w.\-]+)\s*\]+", line)
            if opened:
                table = opened.group(1)
                heading = number if table == where else heading
            elif table == where and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[.=]", line):
                return number
        return heading
