"""The emulator's own addresses, `/emulator/…`: faults, switches, the count of calls."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sheets_schema.emulator.errors import ApiError, EmulatorError, invalid_argument
from sheets_schema.emulator.http import Answer, Request, error_answer, json_answer

if TYPE_CHECKING:
    from sheets_schema.emulator.emulator import Emulator

_PROJECT = "project_number:000000000000"


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


def quota_answer(kind: str, limit: int = 60, *, per_user: bool = True) -> Answer:
    """Google's refusal of a call beyond the quota, in full (observed: sheets-api §11)."""
    word = "Read" if kind == "read" else "Write"
    suffix = "PerUser" if per_user else "PerProject"
    metric = "read_requests" if kind == "read" else "write_requests"
    message = (
        f"Quota exceeded for quota metric '{word} requests' and limit '{word} requests per minute"
        f"{' per user' if per_user else ''}' of service 'sheets.googleapis.com' for consumer '{_PROJECT}'."
    )
    details = [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "RATE_LIMIT_EXCEEDED",
            "domain": "googleapis.com",
            "metadata": {
                "consumer": _PROJECT.replace("project_number:", "projects/"),
                "quota_limit": f"{word}RequestsPerMinute{suffix}",
                "quota_limit_value": str(limit),
                "quota_location": "global",
                "quota_metric": f"sheets.googleapis.com/{metric}",
                "quota_unit": "1/min/{project}/{user}" if per_user else "1/min/{project}",
                "service": "sheets.googleapis.com",
            },
        },
        {
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [
                {
                    "description": "Request a higher quota limit.",
                    "url": "https://cloud.google.com/docs/quotas/help/request_increase",
                }
            ],
        },
    ]
    return error_answer(ApiError(429, message, details=details))
