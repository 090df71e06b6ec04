"""Keeps pytest's own terminal output out of the worker's stdout.

The reporter stays registered, because other plugins look it up and write to it; what it
writes goes to the null device. What tests print outside of capture is not touched.
"""

from __future__ import annotations

import atexit
import os
from typing import Any


def silence_terminal(config: Any) -> None:
    """Points the terminal reporter at the null device. Harmless when called again."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    writer: Any = getattr(reporter, "_tw", None)
    if writer is None or getattr(writer, "_proctor_silent", False):
        return
    # Imported here: pytest is loading this module's importer while it loads its own parts.
    from _pytest.config import create_terminal_writer

    null = open(os.devnull, "w", encoding="utf-8")
    atexit.register(null.close)  # not sooner: plugins write while they are unconfigured
    silent: Any = create_terminal_writer(config, null)
    silent._proctor_silent = True
    reporter._tw = silent
    # Nobody reads the progress that it would work out for every test.
    reporter._showfspath = False
    reporter._show_progress_info = False
