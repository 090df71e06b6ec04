"""The command line: `python -m proctor record` prints what a person does as a Python test."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from typing import List, Optional

from .app import App, connect
from .errors import SubjectError

_LOOK_SECONDS = 0.5  # between two looks at whether the program is still there


def main(arguments: Optional[List[str]] = None) -> int:
    """Runs a command; its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m proctor",
        description="Drive a running program that carries Proctor's hooks.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    record = commands.add_parser(
        "record",
        help="print what you do in the program as a Python test, on Ctrl-C",
        description="Watches what you click and type in the program until Ctrl-C (or until the"
        " program ends), then prints it as a pytest test that uses the fixture live_gui.",
    )
    _add_program(record)
    record.add_argument("-o", "--output", default="", help="write the test to this file instead")
    items = commands.add_parser("items", help="print the path of every item on the screen")
    _add_program(items)
    given = parser.parse_args(arguments)
    if given.command is None:
        parser.print_help()
        return 2
    try:
        app = connect(given.url, given.token, app=given.app, pid=given.pid)
        if given.command == "items":
            print(*(item.path for item in app.items()), sep="\n")
            return 0
        return _record(app, given.output)
    except (SubjectError, OSError) as error:
        print(f"proctor: {error}", file=sys.stderr)
        return 1


def _add_program(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", default="", help="the program's address; else $PROCTOR_URL")
    parser.add_argument("--token", default="", help="its token; else $PROCTOR_TOKEN")
    parser.add_argument("--app", default="", help="or the name of a program on this machine")
    parser.add_argument("--pid", type=int, default=0, help="or its process")


def _record(app: App, output: str) -> int:
    """Records until Ctrl-C, SIGTERM, or the end of the program."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    recording = app.recording()
    recording.start()
    print(f"Recording {app.url}; Ctrl-C ends it.", file=sys.stderr, flush=True)
    code = ""
    try:
        while not ended.wait(_LOOK_SECONDS):
            code = recording.python
        recording.stop()
        code = recording.python
    except SubjectError as error:
        print(f"The program has ended: {error}", file=sys.stderr)
    if not output:
        print(code, end="")
        return 0
    with open(output, "w", encoding="utf-8") as file:
        file.write(code)
    print(f"Wrote {output}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
