"""Proctor's side of a pytest process: the worker, the plugin, the handle to the live program.

For test authors: the fixture `live_gui` gives a `LiveGui`, `connect()` an `App` without Proctor;
`expect` begins an assertion that waits; `KernelClient` and `BlockingKernelClient` run code in a
Jupyter kernel; the errors below are what they raise.
The names are loaded at first use, so that a suite without a live program pays nothing for them.

PYTEST_DONT_REWRITE
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import App, connect
    from .dashboard import Dashboard
    from .errors import (
        ActionRefused,
        ConfigError,
        ConnectError,
        ExpectationFailed,
        RequestFailed,
        SubjectDied,
        SubjectError,
        SubjectHung,
        SubjectUnavailable,
        TargetAmbiguous,
        TargetNotFound,
        WaitTimeout,
    )
    from .health import Health
    from .kernel_client import BlockingKernelClient
    from .kernel_client_async import KernelClient
    from .kernel_errors import (
        ExecutionError,
        ExecutionInterrupted,
        ExecutionTimeout,
        KernelDied,
        KernelError,
    )
    from .kernel_results import Chunk, ExecutionResult, OutputChunk
    from .kernel_steps import HookCall
    from .live_gui import LiveGui
    from .http_client import Response
    from .program import Action
    from .recording import Recording
    from .trace import Event, Events, Frame
    from .ui import Expectation, Item, Locator, Window, expect

__version__ = "0.1.0"

_HOMES = {
    "Action": "program",
    "ActionRefused": "errors",
    "App": "app",
    "BlockingKernelClient": "kernel_client",
    "Chunk": "kernel_results",
    "ConfigError": "errors",
    "ConnectError": "errors",
    "Dashboard": "dashboard",
    "Event": "trace",
    "Events": "trace",
    "ExecutionError": "kernel_errors",
    "ExecutionInterrupted": "kernel_errors",
    "ExecutionResult": "kernel_results",
    "ExecutionTimeout": "kernel_errors",
    "Expectation": "ui",
    "ExpectationFailed": "errors",
    "Frame": "trace",
    "Health": "health",
    "HookCall": "kernel_steps",
    "Item": "ui",
    "KernelClient": "kernel_client_async",
    "KernelDied": "kernel_errors",
    "KernelError": "kernel_errors",
    "LiveGui": "live_gui",
    "Locator": "ui",
    "OutputChunk": "kernel_results",
    "Recording": "recording",
    "RequestFailed": "errors",
    "Response": "http_client",
    "SubjectDied": "errors",
    "SubjectError": "errors",
    "SubjectHung": "errors",
    "SubjectUnavailable": "errors",
    "TargetAmbiguous": "errors",
    "TargetNotFound": "errors",
    "WaitTimeout": "errors",
    "Window": "ui",
    "connect": "app",
    "expect": "ui",
}

__all__ = [
    "Action",
    "ActionRefused",
    "App",
    "BlockingKernelClient",
    "Chunk",
    "ConfigError",
    "ConnectError",
    "Dashboard",
    "Event",
    "Events",
    "ExecutionError",
    "ExecutionInterrupted",
    "ExecutionResult",
    "ExecutionTimeout",
    "Expectation",
    "ExpectationFailed",
    "Frame",
    "Health",
    "HookCall",
    "Item",
    "KernelClient",
    "KernelDied",
    "KernelError",
    "LiveGui",
    "Locator",
    "OutputChunk",
    "Recording",
    "RequestFailed",
    "Response",
    "SubjectDied",
    "SubjectError",
    "SubjectHung",
    "SubjectUnavailable",
    "TargetAmbiguous",
    "TargetNotFound",
    "WaitTimeout",
    "Window",
    "connect",
    "expect",
]


def __getattr__(name: str) -> Any:
    """Loads an exported name from its home module."""
    if name not in _HOMES:
        raise AttributeError(f"module 'proctor' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
