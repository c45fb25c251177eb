"""The emulator's own addresses, `/emulator/…`: faults, switches, the count of calls."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sheets_schema.emulator.errors import ApiError, EmulatorError, invalid_argument
from sheets_schema.emulator.http import Answer, Request, error_answer, json_answer

if TYPE_CHECKING:
    from sheets_schema.emulator.emulator import Emulator


def handle(emulator: Emulator, request: Request) -> Answer:
    """Answer one of the emulator's own addresses."""
    try:
        return _served(emulator, request)
    except ApiError as error:
        return error_answer(error)
    except EmulatorError as error:
        return error_answer(invalid_argument(str(error)))


def _served(emulator: Emulator, request: Request) -> Answer:
    address = (request.method, request.path)
    if address == ("POST", "/emulator/faults"):
        emulator.faults.add_json(request.json())
    elif address == ("DELETE", "/emulator/faults"):
        emulator.faults.clear()
    elif address == ("DELETE", "/emulator/calls"):
        emulator.calls.reset()
    elif address == ("POST", "/emulator/switches"):
        body = request.json()
        if not isinstance(body, dict):
            raise EmulatorError("switches are a JSON object: name and setting")
        emulator.switch(**body)
    elif address not in {("GET", f"/emulator/{name}") for name in ("faults", "calls", "switches")}:
        raise ApiError(404, f"The emulator does not serve {request.method} {request.path[:300]}.")
    if request.path == "/emulator/faults":
        return json_answer({"faults": emulator.faults.waiting()})
    if request.path == "/emulator/switches":
        return json_answer(asdict(emulator.switches))
    return json_answer(emulator.calls.to_json())
