"""The emulator's own addresses, `/emulator/…`: faults, quirks, the request log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

from sheets_schema.emulator.api.request_log import RequestLog
from sheets_schema.emulator.errors import ApiError, EmulatorError, invalid_argument
from sheets_schema.emulator.faults.fault_queue import FaultQueue
from sheets_schema.emulator.faults.latency import Latency
from sheets_schema.emulator.faults.quota import QuotaLimit
from sheets_schema.emulator.messages.http_messages import HttpAnswer, Request, error_answer, json_answer
from sheets_schema.emulator.model.quirks import Quirks

_LIMITS = ("reads_per_user", "writes_per_user", "reads", "writes")


class Administered(Protocol):
    """What of the emulator can be set and seen at its own addresses."""

    faults: FaultQueue
    calls: RequestLog
    quirks: Quirks
    quota: QuotaLimit | None
    latency: Latency | None
    merge_window: float | None

    def set_quirks(self, **changes: Any) -> None:
        """Change some of the quirks."""


def handle(emulator: Administered, request: Request) -> HttpAnswer:
    """Answer one of the emulator's own addresses."""
    try:
        return _served(emulator, request)
    except ApiError as error:
        return error_answer(error)
    except EmulatorError as error:
        return error_answer(invalid_argument(str(error)))


def _served(emulator: Administered, request: Request) -> HttpAnswer:
    action = _ACTIONS.get((request.method, request.path))
    if action is None and (request.method != "GET" or request.path not in _VIEWS):
        raise ApiError(404, f"The emulator does not serve {request.method} {request.path[:300]}.")
    if action is not None:
        action(emulator, request)
    return json_answer(_VIEWS[request.path](emulator))


def _set_switches(emulator: Administered, request: Request) -> None:
    body = request.json()
    if not isinstance(body, dict):
        raise EmulatorError("quirks are a JSON object: name and setting")
    emulator.set_quirks(**body)


def _modes(emulator: Administered) -> dict[str, Any]:
    quota = emulator.quota
    limits = None if quota is None else {name: getattr(quota, name) for name in _LIMITS}
    scale = None if emulator.latency is None else emulator.latency.scale
    return {"quota": limits, "latency": scale, "merge_window": emulator.merge_window}


def _set_modes(emulator: Administered, request: Request) -> None:
    """`quota`: true or an object of limits; `latency`: a factor.

    `merge_window`: seconds. null switches a mode off.
    """
    body = request.json()
    if not isinstance(body, dict) or not set(body) <= {"quota", "latency", "merge_window"}:
        raise EmulatorError("modes are quota, latency and merge_window")
    if "quota" in body:
        limits = {} if body["quota"] is True else body["quota"]
        if limits is not None and not (isinstance(limits, dict) and set(limits) <= set(_LIMITS)):
            raise EmulatorError(f"the limits of a quota are {', '.join(_LIMITS)}")
        emulator.quota = None if limits is None else QuotaLimit(**limits)
    for name in ("latency", "merge_window"):
        value = body.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
            raise EmulatorError(f"{name} is a number that is not negative, or null")
        if name in body and name == "latency":
            emulator.latency = None if value is None else Latency(scale=value)
        elif name in body:
            emulator.merge_window = value


_ACTIONS: dict[tuple[str, str], Callable[[Administered, Request], object]] = {
    ("POST", "/emulator/faults"): lambda emulator, request: emulator.faults.add_json(request.json()),
    ("DELETE", "/emulator/faults"): lambda emulator, _: emulator.faults.clear(),
    ("DELETE", "/emulator/calls"): lambda emulator, _: emulator.calls.reset(),
    ("POST", "/emulator/switches"): _set_switches,
    ("POST", "/emulator/modes"): _set_modes,
}
_VIEWS: dict[str, Callable[[Administered], Any]] = {
    "/emulator/faults": lambda emulator: {"faults": emulator.faults.waiting()},
    "/emulator/calls": lambda emulator: emulator.calls.to_json(),
    "/emulator/switches": lambda emulator: asdict(emulator.quirks),
    "/emulator/modes": _modes,
}
