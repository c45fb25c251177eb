"""What Slack accepts in a message: its limits with its own error codes.

Documented: 50 blocks, 150 characters in a header, 3,000 in a section or another text, 10 elements in a context, 40,000
characters of `text`. Reported by others: `chat.update` takes 4,000 bytes of `text`, and all blocks together 11,000 to
13,000 characters; here it is 10,000, so that nobody comes near.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

MAX_TEXT: Final = {"chat.postMessage": 40_000, "chat.update": 4_000}
MAX_BLOCKS: Final = 50
MAX_HEADER: Final = 150
MAX_WORDS: Final = 3_000
MAX_ELEMENTS: Final = 10
MAX_TOGETHER: Final = 10_000
ARGUMENTS: Final = {
    "token", "channel", "text", "blocks", "thread_ts", "metadata", "parse", "mrkdwn", "unfurl_links", "unfurl_media",
    "link_names", "ts",
}  # fmt: skip
"""Those that the stand-in knows. It refuses the others: to pass over them would be a lie."""


class SlackRefusalError(Exception):
    """Slack's answer `ok: false`; `error` is its code, `detail` says more."""

    def __init__(self, error: str, detail: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.detail = detail


def check_message(method: str, message: Mapping[str, Any]) -> None:
    """Raise `Refusal` for a message that Slack would not take."""
    if unknown := set(message) - ARGUMENTS:
        raise SlackRefusalError("invalid_arguments", f"the stand-in does not know {', '.join(sorted(unknown))}")
    text, blocks = message.get("text") or "", message.get("blocks") or []
    if not isinstance(text, str):
        raise SlackRefusalError("invalid_arguments", "text is a string")
    if not text and not blocks:
        raise SlackRefusalError("no_text")
    if len(text.encode()) > MAX_TEXT[method]:
        raise SlackRefusalError("msg_too_long")
    _check_blocks(blocks)
    metadata = message.get("metadata")
    if metadata is not None and not (
        isinstance(metadata, dict)
        and isinstance(metadata.get("event_type"), str)
        and isinstance(metadata.get("event_payload"), dict)
    ):
        raise SlackRefusalError("invalid_metadata_format")


def _check_blocks(blocks: Any) -> None:
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise SlackRefusalError("invalid_blocks_format")
    if len(blocks) > MAX_BLOCKS:
        raise SlackRefusalError("invalid_blocks", f"no more than {MAX_BLOCKS} items allowed")
    for index, block in enumerate(blocks):
        try:
            _check_block(block)
        except SlackRefusalError as refusal:
            raise SlackRefusalError(refusal.error, f"{refusal.detail} [json-pointer:/blocks/{index}]") from None
    if len(json.dumps(blocks, ensure_ascii=False)) > MAX_TOGETHER:
        raise SlackRefusalError("msg_blocks_too_long")


def _check_block(block: dict[str, Any]) -> None:
    match block.get("type"):
        case "header":
            _check_text(block.get("text"), MAX_HEADER, {"plain_text"})
        case "section":
            _check_text(block.get("text"), MAX_WORDS, {"plain_text", "mrkdwn"})
        case "context":
            elements = block.get("elements")
            if not isinstance(elements, list) or not 0 < len(elements) <= MAX_ELEMENTS:
                raise SlackRefusalError("invalid_blocks", f"1 to {MAX_ELEMENTS} elements allowed")
            for element in elements:
                _check_text(element, MAX_WORDS, {"plain_text", "mrkdwn"})
        case "divider":
            return
        case other:
            raise SlackRefusalError("invalid_blocks", f"the stand-in does not know blocks of type {other}")


def _check_text(text: Any, limit: int, types: set[str]) -> None:
    if not isinstance(text, dict) or text.get("type") not in types or not isinstance(text.get("text"), str):
        raise SlackRefusalError("invalid_blocks", f"a text of type {' or '.join(sorted(types))} is needed")
    if not text["text"].strip():
        raise SlackRefusalError("invalid_blocks", "must be more than 0 characters")
    if len(text["text"]) > limit:
        raise SlackRefusalError("invalid_blocks", f"must be less than {limit + 1} characters")
