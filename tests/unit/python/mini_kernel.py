"""A tiny kernel for the tests of the clients: runs code it reads as JSON lines from stdin, and
says what comes of it as chunks on stdout. The fake host starts it; it knows display() and
clear_output() without an import. With MINI_KERNEL="never ready" in its environment it never is."""

from __future__ import annotations

import ast
import builtins
import io
import json
import linecache
import os
import signal
import sys
import traceback

wire_in = os.fdopen(os.dup(0), "r", encoding="utf-8")
wire_out = os.fdopen(os.dup(1), "w", encoding="utf-8")
nothing = os.open(os.devnull, os.O_RDWR)
os.dup2(nothing, 0)
os.dup2(nothing, 1)
state = {"count": 0, "allow_stdin": False}
names = {"__name__": "__main__"}


def say(**message):
    wire_out.write(json.dumps(message) + "\n")
    wire_out.flush()


class Stream(io.TextIOBase):
    def __init__(self, name):
        self.stream_name, self.waiting = name, ""

    def write(self, text):
        self.waiting += text
        if "\n" in text or "\r" in text:
            self.flush()
        return len(text)

    def flush(self):
        if self.waiting:
            say(kind="stream", name=self.stream_name, text=self.waiting)
            self.waiting = ""


def display(value, display_id="", update=False):
    flush()
    data = value if isinstance(value, dict) else {"text/plain": repr(value)}
    say(kind="update" if update else "display", data=data, metadata={}, display_id=display_id)


def clear_output(wait=False):
    flush()
    say(kind="clear", wait=wait)


def ask(prompt=""):
    flush()
    if not state["allow_stdin"]:
        raise StdinNotImplementedError(
            "raw_input was called, but this frontend does not support input requests."
        )
    say(kind="input", text=str(prompt), password=False)
    return json.loads(wire_in.readline())["stdin"]


class StdinNotImplementedError(NotImplementedError):
    pass


def flush():
    sys.stdout.flush()
    sys.stderr.flush()


def run(code, count):
    file = f"<cell {count}>"
    linecache.cache[file] = (len(code), None, code.splitlines(True), file)
    body = ast.parse(code, file)
    last = body.body.pop() if body.body and isinstance(body.body[-1], ast.Expr) else None
    exec(compile(body, file, "exec"), names)
    if last is not None:
        value = eval(compile(ast.Expression(last.value), file, "eval"), names)
        if value is not None:
            flush()
            data = value if isinstance(value, dict) and "text/plain" in value else None
            data = data or {"text/plain": repr(value)}
            say(kind="result", data=data, metadata={}, execution_count=count)


def told(error, count):
    """A traceback as IPython's, colours and all."""
    red = "\x1b[0;31m"
    name = type(error).__name__
    lines = [f"{red}{'-' * 75}\x1b[0m", f"{red}{name}\x1b[0m    Traceback (most recent call last)"]
    if isinstance(error, SyntaxError):
        text = f"  Cell \x1b[0;32mIn [{count}], line {error.lineno}\x1b[0m\n    {error.text}"
        return [f"{text}\n{red}{name}\x1b[0m: {error.msg}\n"]
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith("<cell "):
            number = frame.filename[6:-1]
            source = linecache.getline(frame.filename, frame.lineno).rstrip()
            where = f"Cell \x1b[0;32mIn [{number}], line {frame.lineno}\x1b[0m"
            lines.append(f"{where}\n\x1b[0;32m----> {frame.lineno}\x1b[0m {source}\n")
    return lines + [f"{red}{name}\x1b[0m: {error}"]


def serve():
    names.update(display=display, clear_output=clear_output)
    builtins.input = ask
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.environ.get("MINI_KERNEL") == "never ready":
        wire_in.read()
    say(kind="ready", pid=os.getpid())
    while True:
        line = wire_in.readline()
        if not line:
            return
        request = json.loads(line)
        if "code" not in request:
            continue  # a line for an input() that was interrupted meanwhile
        state["allow_stdin"] = request["allow_stdin"]
        state["count"] += 1
        error = None
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            say(kind="begun")
            run(request["code"], state["count"])
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        except BaseException as raised:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            error = {"name": type(raised).__name__, "value": str(raised)}
            error["traceback"] = told(raised, state["count"])
        flush()
        if error is not None:
            say(kind="error", name=error["name"], text=error["value"], traceback=error["traceback"])
        say(kind="end", execution_count=state["count"], error=error)


serve()
