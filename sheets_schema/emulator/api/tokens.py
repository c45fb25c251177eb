"""Credentials, `/token`.

An ordinary service-account file whose `token_uri` points here works. Nothing is verified: the emulator has no key to
verify with. A service account is let in as the person of its address, whoever else asks as the owner.
"""

from __future__ import annotations

import base64
import binascii
import json
from urllib.parse import parse_qs

from sheets_schema.emulator.errors import ApiError
from sheets_schema.emulator.messages.http_messages import HttpAnswer, Request, json_answer
from sheets_schema.emulator.model.permissions import OWNER

_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SECONDS = 3599


def grant(request: Request) -> HttpAnswer:
    """Answer a request for an access token (RFC 6749, RFC 7523)."""
    if request.method != "POST":
        raise ApiError(404, f"The emulator does not support {request.method} /token.")
    form = {name: values[-1] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()}
    kind = form.get("grant_type", "")
    if kind == _JWT:
        email = _issuer(form.get("assertion", ""))
        if not email:
            return json_answer({"error": "invalid_grant", "error_description": "Invalid JWT: no issuer."}, 400)
    elif kind == "refresh_token":
        email = OWNER
    else:
        return json_answer({"error": "unsupported_grant_type", "error_description": f"Invalid grant_type: {kind}"}, 400)
    return json_answer({"access_token": f"user:{email}", "expires_in": _SECONDS, "token_type": "Bearer"})


def _issuer(assertion: str) -> str:
    """Return whom a JWT says it is from; with delegation (`sub`), the person that it stands for."""
    parts = assertion.split(".")
    try:
        body = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        found = body.get("sub") or body.get("iss")
    except (IndexError, ValueError, binascii.Error, AttributeError):
        return ""
    return found.lower() if isinstance(found, str) else ""
