"""A program with hooks, as small as can be: a frame counter, a health route, ways to break it.

usage: fake_subject.py PORT [MODE]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Dict, Optional

RECORD = {
    "kind": "assert",
    "message": "Missing End()",
    "expression": "g.CurrentWindowStack.Size == 1",
    "file": "imgui.cpp",
    "line": 812,
    "window": "Projects",
    "frame": 7,
    "backtrace": ["DrawProjects + 0x11", "main + 0x22"],
}


class State:
    """What the frame thread and the handlers share."""

    frame = 1
    hanging = False
    mute = False
    reason: Optional[str] = None


def draw_frames() -> None:
    while True:
        time.sleep(0.002)
        if not State.hanging:
            State.frame += 1


def health() -> Dict[str, Any]:
    return {
        "healthy": State.reason is None,
        "state": "degraded" if State.reason else "healthy",
        "degraded_reason": State.reason,
        "last_assert": RECORD if State.reason else None,
        "frame": State.frame,
        "pid": os.getpid(),
    }


def leave_grandchild() -> int:
    """A process in a session of its own, whose parent is gone."""
    code = (
        "import os, subprocess, sys; p = subprocess.Popen(['sleep', '600'],"
        " start_new_session=True, stdout=subprocess.DEVNULL); print(p.pid)"
    )
    ended = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE)
    return int(ended.stdout)


class Handler(BaseHTTPRequestHandler):
    """GET: health, env, slow. POST, with the token: shutdown, break/NAME."""

    def do_GET(self) -> None:
        if State.mute:
            threading.Event().wait()
        if self.path == "/api/gui_health":
            self.answer(200, health())
        elif self.path == "/slow":
            threading.Event().wait(30)
        elif self.path == "/env":
            self.answer(200, {"env": dict(os.environ), "argv": sys.argv, "cwd": os.getcwd()})
        else:
            self.answer(404, {})

    def do_POST(self) -> None:
        if self.headers["Authorization"] != f"Bearer {os.environ['PROCTOR_HOOKS_TOKEN']}":
            return self.answer(401, {})
        size = int(self.headers["Content-Length"] or 0)
        body = json.loads(self.rfile.read(size) or b"null")
        answer: Dict[str, Any] = {"body": body}
        fault = self.path.rpartition("/")[2]
        if fault == "assert":
            State.reason = "ImGui assert: Missing End()"
        elif fault == "hang":
            State.hanging = True
        elif fault == "mute":
            State.mute = True
        elif fault == "die":
            print("last words", flush=True)
            os._exit(3)
        elif fault == "abort":
            os.abort()
        elif fault == "grandchild":
            answer["pid"] = leave_grandchild()
        self.answer(200, answer)
        if fault == "shutdown":
            print("asked to end", flush=True)
            os._exit(0)

    def answer(self, status: int, body: Dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def main() -> None:
    mode = sys.argv[2] if len(sys.argv) > 2 else ""
    if mode == "dies_at_once":
        print("cannot find my data", flush=True)
        sys.exit(5)
    if mode == "never_ready":
        threading.Event().wait()
    threading.Thread(target=draw_frames, daemon=True).start()
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()


if __name__ == "__main__":
    main()
