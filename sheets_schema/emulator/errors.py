"""What can go wrong, from one root.

    EmulatorError
    ├── ApiError             an answer of the API that is not 2xx, in Google's error shape
    ├── InvalidRequestError       one request of a batch is refused; the batch names it and answers with an ApiError
    ├── NoAnswerError             a fault: the connection ends without an answer
    │   ├── ConnectionLostError       the other side closed it
    │   └── AnswerTooLateError        the client stopped waiting
    └── StoreError           the data file cannot be used

Only the last two families ever leave the emulator; an `ApiError` becomes status and body in `Emulator.handle`.
"""

from __future__ import annotations

from typing import Any

_STATUS_OF_CODE = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}


LISTED = "See docs/library/emulator.md for what it supports."
"""Where everything that is supported, and not, is listed."""


class EmulatorError(Exception):
    """Root of everything the emulator raises on purpose."""


class ApiError(EmulatorError):
    """An answer that is not 2xx.

    `code` is the HTTP status, `status` Google's canonical name (recorded: fact 31 of docs/internals/sheets-api-facts.md), `details` the optional list
    of typed details.
    """

    def __init__(
        self, code: int, message: str, *, details: list[dict[str, Any]] | None = None, status: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or _STATUS_OF_CODE[code]
        self.details = details

    def body(self) -> dict[str, Any]:
        """Return the JSON body that Google's services send with such an answer."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        return {"error": error}


class InvalidRequestError(EmulatorError):
    """One request of a batch cannot be carried out.

    `message` is Google's text without the `Invalid requests[i]` part.
    """


class NoAnswerError(EmulatorError):
    """The caller gets no answer; what happened to the request depends on the fault."""


class ConnectionLostError(NoAnswerError):
    """The connection was closed before an answer was sent."""


class AnswerTooLateError(NoAnswerError):
    """The answer would come after the client's own time-out."""


class StoreError(EmulatorError):
    """The data file is not one of the emulator's, or cannot be read or written."""


def invalid_argument(message: str, *, violations: list[tuple[str, str]] | None = None) -> ApiError:
    """Return a 400.

    `violations` are (field, description) pairs of a `google.rpc.BadRequest` detail.
    """
    details = None
    if violations:
        details = [
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [
                    {"field": field, "description": description} if field else {"description": description}
                    for field, description in violations
                ],
            }
        ]
    return ApiError(400, message, details=details)


def not_found() -> ApiError:
    """Return a 404 with the text that was recorded for a spreadsheet that does not exist."""
    return ApiError(404, "Requested entity was not found.")


def unsupported(feature: str) -> ApiError:
    """Return a 400 that names what this emulator does not support, instead of silence.

    A 501 would be truer, but clients take every 5xx for a passing fault and try again, some for ever. The status says
    it to who wants to know: Google answers no 400 with `UNIMPLEMENTED`.
    """
    return ApiError(400, f"The emulator does not support {feature}. {LISTED}", status="UNIMPLEMENTED")
