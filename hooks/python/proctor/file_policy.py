"""What a test file says about its subject and its place in the batch.

In a comment of its first lines, `# proctor: restart=file group=db alone`, or in a marker,
`pytestmark = pytest.mark.proctor(restart="file", group="db", alone=True)`. A class or a test may
have a marker with `restart` of its own. What cannot be understood is an error of the file's
collection.
"""

from __future__ import annotations

import io
import re
import tokenize
from itertools import islice
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, NoReturn, Optional, Tuple

POLICIES = ("never", "unhealthy", "file", "class", "test")  # each includes those before it
MARK = "proctor"
MARK_HELP = (
    "proctor(restart, group, alone): when a file, class or test wants a fresh generation of the"
    f" program ({' '.join(POLICIES)}), the group of files that stay together, and whether the"
    " file is to run alone."
)

_COMMENT_LINES = 30
_COMMENT = re.compile(r"#\s*proctor:\s*(.*)")
_KEYS = ("restart", "group", "alone")


class PolicyError(Exception):
    """The text names file, line, the wrong word and the nearest right one."""


class FilePolicy(NamedTuple):
    """What a file says; None and False where it says nothing."""

    restart: Optional[str] = None
    group: Optional[str] = None
    alone: bool = False


class _Said(NamedTuple):
    """One thing said, and where."""

    key: str
    value: Any
    where: str  # file:line


def comment_says(file: Path) -> List[_Said]:
    """What the comments in the first lines say. Errors: PolicyError."""
    said: List[_Said] = []
    for line, text in _comments(file):
        for word in re.split(r"[\s,]+", text.strip()):
            if word:
                key, equals, value = word.partition("=")
                given: Any = value if equals else True
                _check(f"{file}:{line}", key, given, _KEYS, "comment")
                said.append(_Said(key, given, f"{file}:{line}"))
    return said


def mark_says(mark: Any, file: Path, near: int, whole_file: bool) -> List[_Said]:
    """What a marker says, which stands at line `near` or soon after. Errors: PolicyError."""
    if mark.args:
        where = _where(file, near, str(mark.args[0]))
        fail(where, f"{mark.args[0]!r} has no name in the marker; write {MARK}(restart=…)")
    keys = _KEYS if whole_file else ("restart",)
    said: List[_Said] = []
    for key, value in mark.kwargs.items():
        known_key = key in keys
        where = _where(file, near, str(value) if known_key else key)
        if not known_key and key in _KEYS:
            fail(where, f"'{key}' is for a whole file: pytestmark = pytest.mark.{MARK}({key}=…)")
        _check(where, key, value, keys, "marker")
        said.append(_Said(key, value, where))
    return said


def joined(said: List[_Said]) -> FilePolicy:
    """All that a file says, as one. Errors: PolicyError where it contradicts itself."""
    found: Dict[str, _Said] = {}
    for one in said:
        before = found.setdefault(one.key, one)
        if before.value != one.value:
            text = f"{one.key} is {one.value!r} here and {before.value!r} at {before.where}"
            fail(one.where, f"{text}; say it once")
    return FilePolicy(**{key: one.value for key, one in found.items()})


def fail(where: str, text: str) -> NoReturn:
    """An error at file:line."""
    raise PolicyError(f"{where}: {text}")


def _check(where: str, key: str, value: Any, keys: Tuple[str, ...], place: str) -> None:
    if key not in keys:
        fail(where, f"unknown word '{key}' in the {place}{_nearest(key, keys)}")
    if key == "restart" and value not in POLICIES:
        text = "restart needs a word" if value is True else f"unknown restart '{value}'"
        fail(where, f"{text}{_nearest(str(value), POLICIES)}")
    if key == "group" and not (isinstance(value, str) and value):
        fail(where, 'group needs a name, such as "db"')
    if key == "alone" and not isinstance(value, bool):
        fail(where, f"alone has no value '{value}'; did you mean 'alone' by itself?")


def _nearest(word: str, known: Tuple[str, ...]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word.lower(), known, n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else f"; it is one of {', '.join(known)}"


def _comments(file: Path) -> Iterator[Tuple[int, str]]:
    """Line and text of each; a text in quotes that looks like one is none."""
    try:
        with tokenize.open(str(file)) as source:
            head = "".join(islice(source, _COMMENT_LINES))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return  # pytest tells what is wrong with it when it imports it
    if not _COMMENT.search(head):
        return
    try:
        for token in tokenize.generate_tokens(io.StringIO(head).readline):
            match = _COMMENT.match(token.string) if token.type == tokenize.COMMENT else None
            if match:
                yield token.start[0], match.group(1)
    except (tokenize.TokenError, SyntaxError):
        return  # the head ends in the midst of something


def _where(file: Path, near: int, word: str) -> str:
    """The line of the word in a marker at `near` or later, else `near`."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    whole_word = re.compile(rf"^[^#]*(?<!\w){re.escape(word)}(?!\w)")
    for number, line in islice(enumerate(lines, start=1), max(near - 1, 0), None):
        if whole_word.match(line):
            return f"{file}:{number}"
    return f"{file}:{near}"
