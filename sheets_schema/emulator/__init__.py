"""A stateful emulator of the Google Sheets v4 API, with a little of Drive v3.

    session = connect(Emulator())  # or Emulator("data.db"), which survives kill -9

or, as a server, `python -m sheets_schema.emulator --port 8085 --data data.db`. It imports nothing from the rest of
`sheets_schema`, so that it cannot share its mistakes. What it does not know it refuses by name.

Names are loaded when they are first used, so importing this package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheets_schema.emulator.emulator import Emulator
    from sheets_schema.emulator.errors import (
        AnswerTooLateError,
        ApiError,
        ConnectionLostError,
        EmulatorError,
        NoAnswerError,
        StoreError,
    )
    from sheets_schema.emulator.faults.fault_queue import InjectedFault
    from sheets_schema.emulator.faults.latency import Latency
    from sheets_schema.emulator.faults.quota import QuotaLimit
    from sheets_schema.emulator.http.adapter import EmulatorAdapter, connect
    from sheets_schema.emulator.http.loopback import stranger
    from sheets_schema.emulator.http.server import Server, run_server, serve
    from sheets_schema.emulator.messages.http_messages import HttpAnswer, json_answer
    from sheets_schema.emulator.model.quirks import Quirks

__all__ = [
    "AnswerTooLateError",
    "ApiError",
    "ConnectionLostError",
    "Emulator",
    "EmulatorAdapter",
    "EmulatorError",
    "HttpAnswer",
    "InjectedFault",
    "Latency",
    "NoAnswerError",
    "Quirks",
    "QuotaLimit",
    "Server",
    "StoreError",
    "connect",
    "json_answer",
    "run_server",
    "serve",
    "stranger",
]

_MODULES = {
    "emulator": ("Emulator",),
    "errors": ("AnswerTooLateError", "ApiError", "ConnectionLostError", "EmulatorError", "NoAnswerError", "StoreError"),
    "faults.fault_queue": ("InjectedFault",),
    "faults.latency": ("Latency",),
    "faults.quota": ("QuotaLimit",),
    "http.adapter": ("EmulatorAdapter", "connect"),
    "http.loopback": ("stranger",),
    "http.server": ("Server", "run_server", "serve"),
    "messages.http_messages": ("HttpAnswer", "json_answer"),
    "model.quirks": ("Quirks",),
}


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
