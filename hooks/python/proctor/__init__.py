"""Proctor's side of a pytest process: the worker, the plugin, the handle to the live program.

For test authors: the fixture `live_gui` gives a `LiveGui`; the errors below are what it raises.
The names are loaded at first use, so that a suite without a live program pays nothing for them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import (
        ConfigError,
        RequestFailed,
        SubjectDied,
        SubjectError,
        SubjectHung,
        SubjectUnavailable,
        WaitTimeout,
    )
    from .health import Health
    from .live_gui import LiveGui
    from .http_client import Response

__version__ = "0.1.0"

_HOMES = {
    "ConfigError": "errors",
    "RequestFailed": "errors",
    "SubjectDied": "errors",
    "SubjectError": "errors",
    "SubjectHung": "errors",
    "SubjectUnavailable": "errors",
    "WaitTimeout": "errors",
    "Health": "health",
    "LiveGui": "live_gui",
    "Response": "http_client",
}

__all__ = [
    "ConfigError",
    "Health",
    "LiveGui",
    "RequestFailed",
    "Response",
    "SubjectDied",
    "SubjectError",
    "SubjectHung",
    "SubjectUnavailable",
    "WaitTimeout",
]


def __getattr__(name: str) -> Any:
    """Loads an exported name from its home module."""
    if name not in _HOMES:
        raise AttributeError(f"module 'proctor' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
