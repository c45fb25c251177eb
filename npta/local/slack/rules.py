"""What Slack accepts in a message: its limits with its own error codes.

Documented: 50 blocks, 150 characters in a header, 3,000 in a section or another text, 10 fields of 2,000, 10 elements
in a context, 255 characters of a `block_id`, which is unique in its message, 40,000 characters of `text`. Reported by
others: `chat.update` takes 4,000 bytes of `text`, and all blocks together 11,000 to 13,000 characters; here it is
10,000, so that nobody comes near.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, Final

MAX_TEXT: Final = {"chat.postMessage": 40_000, "chat.update": 4_000}
MAX_BLOCKS: Final = 50
MAX_BLOCK_ID: Final = 255
MAX_HEADER: Final = 150
MAX_WORDS: Final = 3_000
MAX_FIELDS: Final = 10
MAX_FIELD: Final = 2_000
MAX_ELEMENTS: Final = 10
MAX_TOGETHER: Final = 10_000
ARGUMENTS: Final = {
    "token", "channel", "text", "blocks", "thread_ts", "metadata", "parse", "mrkdwn", "unfurl_links", "unfurl_media",
    "link_names", "ts",
}  # fmt: skip
"""Those that the stand-in knows. It refuses the others: to pass over them would be a lie."""
BLOCKS: Final[Mapping[str, Collection[str]]] = {
    "header": {"text"},
    "section": {"text", "fields"},
    "context": {"elements"},
    "divider": {},
    "rich_text": {"elements"},
}
"""The blocks that the stand-in knows, and what may stand in each besides `type` and `block_id`."""
TEXTS: Final[Mapping[str, Collection[str]]] = {"plain_text": {"emoji"}, "mrkdwn": {"verbatim"}}
"""The kinds of text, and what may stand in each besides `type` and `text`."""
STYLES: Final = {"bold", "italic", "strike", "code"}


class SlackRefusalError(Exception):
    """Slack's answer `ok: false`; `error` is its code, `detail` says more."""

    def __init__(self, error: str, detail: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.detail = detail


def check_message(method: str, message: Mapping[str, Any]) -> None:
    """Raise `SlackRefusalError` for a message that Slack would not take."""
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
        raise _invalid(f"no more than {MAX_BLOCKS} items allowed")
    for index, block in enumerate(blocks):
        try:
            _check_block(block)
        except SlackRefusalError as refusal:
            raise SlackRefusalError(refusal.error, f"{refusal.detail} [json-pointer:/blocks/{index}]") from None
    names = [block["block_id"] for block in blocks if "block_id" in block]
    if len(names) != len(set(names)):
        raise _invalid("a block_id stands twice")
    if len(json.dumps(blocks, ensure_ascii=False)) > MAX_TOGETHER:
        raise SlackRefusalError("msg_blocks_too_long")


def _check_block(block: dict[str, Any]) -> None:
    kind = str(block.get("type"))
    if kind not in BLOCKS:
        raise _invalid(f"the stand-in does not know blocks of type {kind}")
    _check_names(block, {"type", "block_id", *BLOCKS[kind]})
    name = block.get("block_id", "a")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_BLOCK_ID:
        raise _invalid(f"a block_id has 1 to {MAX_BLOCK_ID} characters")
    match kind:
        case "header":
            _check_text(block.get("text"), MAX_HEADER, {"plain_text"})
        case "section":
            if "text" not in block and "fields" not in block:
                raise _invalid("a section needs a text or fields")
            if "text" in block:
                _check_text(block["text"], MAX_WORDS)
            if "fields" in block:
                _check_texts(block["fields"], MAX_FIELDS, MAX_FIELD, "fields")
        case "context":
            _check_texts(block.get("elements"), MAX_ELEMENTS, MAX_WORDS, "elements")
        case "rich_text":
            _check_rich_text(block.get("elements"))


def _check_texts(texts: Any, most: int, limit: int, name: str) -> None:
    if not isinstance(texts, list) or not 0 < len(texts) <= most:
        raise _invalid(f"1 to {most} {name} allowed")
    for text in texts:
        _check_text(text, limit)


def _check_text(text: Any, limit: int, kinds: Collection[str] = TEXTS) -> None:
    if not isinstance(text, dict) or text.get("type") not in kinds or not isinstance(text.get("text"), str):
        raise _invalid(f"a text of type {' or '.join(sorted(kinds))} is needed")
    _check_names(text, {"type", "text", *TEXTS[text["type"]]})
    if not all(isinstance(text[name], bool) for name in TEXTS[text["type"]] if name in text):
        raise _invalid("emoji and verbatim are true or false")
    if not text["text"].strip():
        raise _invalid("must be more than 0 characters")
    if len(text["text"]) > limit:
        raise _invalid(f"must be less than {limit + 1} characters")


def _check_rich_text(parts: Any) -> None:
    """Check sections of plain texts with a style.

    Of lists, quotes and people's names the stand-in knows nothing.
    """
    if not isinstance(parts, list) or not parts:
        raise _invalid("rich_text needs elements")
    for part in parts:
        if not isinstance(part, dict) or part.get("type") != "rich_text_section":
            raise _invalid("the stand-in knows no rich_text but sections")
        _check_names(part, {"type", "elements"})
        elements = part.get("elements")
        if not isinstance(elements, list) or not elements:
            raise _invalid("a rich_text_section needs elements")
        for element in elements:
            if not isinstance(element, dict) or element.get("type") != "text":
                raise _invalid("the stand-in knows no elements of a rich_text_section but text")
            _check_names(element, {"type", "text", "style"})
            if not isinstance(element.get("text"), str) or not element["text"]:
                raise _invalid("must be more than 0 characters")
            style = element.get("style", {})
            if not isinstance(style, dict) or set(style) - STYLES:
                raise _invalid(f"a style is made of {', '.join(sorted(STYLES))}")


def _check_names(part: Mapping[str, Any], known: Collection[str]) -> None:
    if unknown := set(part) - set(known):
        raise _invalid(f"no more properties allowed: {', '.join(sorted(unknown))}")


def _invalid(detail: str) -> SlackRefusalError:
    return SlackRefusalError("invalid_blocks", detail)
