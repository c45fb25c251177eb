"""One function per kind of request in a `batchUpdate`, run in order on a private copy.

Documented: "Requests will be applied in the order they are specified. If any request is not valid, no requests will be
applied." The caller throws the copy away when `run` raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sheets_schema.emulator.batch import (
    auto_resize,
    borders,
    clipboard,
    conditional_formats,
    data_cleanup,
    developer_metadata,
    dimension_groups,
    dimensions,
    embedded_objects,
    filters_and_banding,
    find_replace,
    insert_delete_range,
    merged_cells,
    named_ranges,
    protected_ranges,
    sheets,
    sort_range,
    typed_text,
    update_cells,
)
from sheets_schema.emulator.batch.context import Context
from sheets_schema.emulator.errors import ApiError, InvalidRequestError, invalid_argument, unsupported
from sheets_schema.emulator.model.workbook import JsonDict

MAX_REQUESTS = 100_000
"""In one batch (observed: airbyte#42904)."""

Handler = Callable[[Context, JsonDict], JsonDict | None]

HANDLERS: dict[str, Handler] = {
    **sheets.HANDLERS,
    **dimensions.HANDLERS,
    **update_cells.HANDLERS,
    **named_ranges.HANDLERS,
    **protected_ranges.HANDLERS,
    **merged_cells.HANDLERS,
    **clipboard.HANDLERS,
    **insert_delete_range.HANDLERS,
    **sort_range.HANDLERS,
    **find_replace.HANDLERS,
    **dimension_groups.HANDLERS,
    **developer_metadata.HANDLERS,
    **filters_and_banding.HANDLERS,
    **conditional_formats.HANDLERS,
    **data_cleanup.HANDLERS,
    **borders.HANDLERS,
    **embedded_objects.HANDLERS,
    **auto_resize.HANDLERS,
    **typed_text.HANDLERS,
}
"""Every supported kind of request."""


def run(context: Context, requests: list[JsonDict]) -> list[JsonDict]:
    """Apply the requests; one reply each, `{}` where a kind has none.

    Raises `ApiError` at the first that is refused.
    """
    if not requests:
        raise invalid_argument("Must specify at least one request.")
    if len(requests) > MAX_REQUESTS:
        raise invalid_argument(f"Cannot exceed {MAX_REQUESTS} requests in a single batch.")
    return [_apply(context, index, request) for index, request in enumerate(requests)]


def _apply(context: Context, index: int, request: JsonDict) -> JsonDict:
    kinds = list(request)
    if len(kinds) != 1:
        reason = "No request set." if not kinds else f"Exactly one kind of request must be set, not {', '.join(kinds)}."
        raise invalid_argument(f"Invalid requests[{index}]: {reason}")
    kind = kinds[0]
    handler = HANDLERS.get(kind)
    if handler is None:
        raise unsupported(f"the request kind '{kind}'")
    try:
        reply: Any = handler(context, request[kind])
    except InvalidRequestError as error:
        raise _named(context, index, kind, error) from error
    return {} if reply is None else {kind: reply}


def _named(context: Context, index: int, kind: str, error: InvalidRequestError) -> ApiError:
    if context.quirks.wording == "bare":
        return invalid_argument(str(error))
    return invalid_argument(f"Invalid requests[{index}].{kind}: {error}")
