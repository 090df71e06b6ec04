"""A display of one's own: an Xvfb, so that the program's window and the user's screen never
meet."""

from __future__ import annotations

import os
import select
import shutil
import subprocess
from typing import Dict, Optional

from .errors import SubjectUnavailable
from .process_tree import start

_START_SECONDS = 10.0
_SCREEN = "1280x800x24"


class VirtualDisplay:
    """Starts its Xvfb when it is first asked for, and again should that have died."""

    def __init__(self, mode: str) -> None:
        self._mode = mode  # auto, virtual or inherit
        self._server: Optional["subprocess.Popen[bytes]"] = None
        self._name = ""

    def add_to(self, env: Dict[str, str]) -> None:
        """Points a program's environment at the display. Errors: SubjectUnavailable."""
        there = env.get("DISPLAY") or env.get("WAYLAND_DISPLAY")
        wanted = self._mode == "virtual" or (self._mode == "auto" and not there)
        if not wanted or (self._mode == "auto" and not shutil.which("Xvfb")):
            return  # a program that needs no display runs on machines without Xvfb too
        if self._server is None or self._server.poll() is not None:
            self._start()
        env["DISPLAY"] = self._name
        env.pop("WAYLAND_DISPLAY", None)

    def close(self) -> None:
        """Ends the Xvfb."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def _start(self) -> None:
        reader, writer = os.pipe()
        command = ["Xvfb", "-displayfd", str(writer), "-screen", "0", _SCREEN, "-nolisten", "tcp"]
        try:
            self._server = start(command, env=dict(os.environ), pass_fds=[writer])
        except OSError as error:
            os.close(reader)
            raise SubjectUnavailable(
                f"the virtual display cannot be started: {error}; install Xvfb"
                " (apt install xvfb), or set display in [subject]"
            ) from None
        finally:
            os.close(writer)
        try:
            self._name = f":{self._read_number(reader)}"
        finally:
            os.close(reader)

    def _read_number(self, reader: int) -> str:
        """The display's number, which Xvfb writes once it takes connections."""
        text = b""
        while not text.endswith(b"\n"):
            ready, _, _ = select.select([reader], [], [], _START_SECONDS)
            piece = os.read(reader, 64) if ready else b""
            if not piece:
                self.close()
                raise SubjectUnavailable("Xvfb did not start; run Xvfb by hand to see why")
            text += piece
        return text.decode().strip()
