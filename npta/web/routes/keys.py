"""Handlers of what is done to keys: imported, retired, adjusted."""

from __future__ import annotations

from typing import Final

from werkzeug import Response

from npta.errors import ConflictError, NotFoundError
from npta.operations.find_key import KeyName
from npta.operations.import_keys import import_keys
from npta.operations.key_actions import adjust_key, retire_key
from npta.web.auth import Role
from npta.web.context import Call, RouteTable, with_body
from npta.web.schemas.key_responses import AdjustedResponse, ImportResponse, RetiredResponse
from npta.web.schemas.requests import (
    AdjustSeatsByIdRequest,
    AdjustSeatsRequest,
    DryRunRequest,
    KeyReference,
    RequestModel,
    RetireKeyByIdRequest,
    RetireKeyRequest,
)
from npta.web.schemas.serializers import (
    import_answer,
)

_BY_KEY = (NotFoundError, ConflictError)
"""What finding a key raises, and doing something to it."""


def retire(call: Call, asked: RetireKeyByIdRequest, key_id: str = "") -> Response:
    """Retire a dead key: it takes no further order."""
    retired = retire_key(
        call.services,
        key_name(asked, key_id),
        who=call.caller.name,
        deadline=call.deadline,
        with_others=asked.replace,
        intent=call.intent(asked),
    )
    return call.carried(RetiredResponse.model_validate(retired), retired.carried)


def adjust(call: Call, asked: AdjustSeatsByIdRequest, key_id: str = "") -> Response:
    """Correct a key's number of seats."""
    adjusted = adjust_key(
        call.services,
        key_name(asked, key_id),
        asked.seats,
        who=call.caller.name,
        deadline=call.deadline,
        reason=asked.reason,
        intent=call.intent(asked),
    )
    return call.carried(AdjustedResponse.model_validate(adjusted), adjusted.carried)


def key_name(asked: RequestModel, key_id: str = "") -> KeyName:
    """Return the key that the body names, or else the path."""
    return KeyName(asked.key_id, asked.keycode, asked.provider) if isinstance(asked, KeyReference) else KeyName(key_id)


def import_pasted(call: Call, asked: DryRunRequest) -> Response:
    """Import Keys: take in what stands in the paste zone."""
    done = import_keys(
        call.services,
        who=call.caller.name,
        deadline=call.deadline,
        intent=call.intent(asked),
        request_id=call.request_id,
    )
    return call.carried(import_answer(done), done.carried)


ROUTES: Final[RouteTable] = {
    ("POST", "/keys/import"): with_body(import_pasted, Role.OPERATOR, {200: ImportResponse}, DryRunRequest),
    ("POST", "/keys/retire"): with_body(
        retire, Role.OPERATOR, {200: RetiredResponse}, RetireKeyRequest, raises=_BY_KEY
    ),
    ("POST", "/keys/adjust"): with_body(
        adjust, Role.OPERATOR, {200: AdjustedResponse}, AdjustSeatsRequest, raises=_BY_KEY
    ),
    ("POST", "/keys/{key_id}/retire"): with_body(
        retire, Role.OPERATOR, {200: RetiredResponse}, RetireKeyByIdRequest, raises=_BY_KEY
    ),
    ("POST", "/keys/{key_id}/adjust"): with_body(
        adjust, Role.OPERATOR, {200: AdjustedResponse}, AdjustSeatsByIdRequest, raises=_BY_KEY
    ),
}
