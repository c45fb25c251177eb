"""An alert as a message of Slack: a searchable line, and blocks inside its limits.

Documented: a header has at most 150 characters, a section 3,000, a message 50 blocks; `&`, `<` and `>` are to be
escaped in `text`. Reported by others: `text` of `chat.update` is refused above 4,000 bytes, blocks above some 11,000
characters together. Nobody says which of characters, UTF-16 units or bytes count, so bytes of UTF-8 are counted here,
which are never fewer.

Blocks are `plain_text`: in a customer's name or a SKU no star, underscore or `<!channel>` means anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import NamedTuple

from slack_sdk.models.blocks import Block, ContextBlock, HeaderBlock, MarkdownTextObject, PlainTextObject, SectionBlock

from npta.domain.state.alert import Alert, AlertKind

MAX_TEXT = 3_900
MAX_SUMMARY = 38_000
"""Bytes of the text of a message that nobody changes: `chat.postMessage` cuts only after 40,000 characters (documented)."""
MAX_HEADER = 150
MAX_LINE = 1_200
MAX_FOOTER = 400
MAX_PAGE = 2_800
MAX_PAGES = 3


_SUMMARIES = (AlertKind.SERVED, AlertKind.UNDELIVERED)
"""They name many orders, each to be found by people's search."""


class Message(NamedTuple):
    """What is posted: `text` is searched and read out, `blocks` are shown."""

    text: str
    blocks: tuple[Block, ...]


def lay_out(alert: Alert, *, is_update: bool = False) -> Message:
    """Return the message of an alert; lines that do not fit are counted in the last one."""
    title = _fit(_one_line(alert.title) or alert.kind, MAX_HEADER)
    lines = [_fit(line, MAX_LINE) for text in alert.lines if (line := _one_line(text))]
    footer = _fit(_one_line(alert.footer), MAX_FOOTER)
    blocks: list[Block] = [HeaderBlock(text=PlainTextObject(text=title))]
    blocks += [SectionBlock(text=PlainTextObject(text="\n".join(page))) for page in _pages(lines)]
    # Addresses are ours: nothing in them comes from customers.
    links = " · ".join(f"<{escape(link.url)}|{escape(link.text)}>" for link in alert.links)
    blocks += [ContextBlock(elements=[MarkdownTextObject(text=links)])] if links else []
    blocks += [ContextBlock(elements=[PlainTextObject(text=footer)])] if footer else []
    most = MAX_SUMMARY if alert.kind in _SUMMARIES and not is_update else MAX_TEXT
    return Message(_escaped(_one_line(alert.text) or title, most), tuple(blocks))


def _pages(lines: list[str]) -> Iterable[list[str]]:
    """Cut the lines into sections by their JSON, never shorter than what Slack counts."""
    pages: list[list[str]] = []
    room = 0
    for position, line in enumerate(lines):
        weight = len(json.dumps(line, ensure_ascii=False).encode())
        if weight > room and len(pages) == MAX_PAGES:
            pages[-1].append(f"… and {len(lines) - position} more")
            break
        if weight > room:
            pages.append([])
            room = MAX_PAGE
        pages[-1].append(line)
        room -= weight
    return pages


def _one_line(text: str) -> str:
    """Drop line breaks, control characters and halves of characters."""
    whole = text.encode(errors="replace").decode()
    return " ".join("".join(char if char.isprintable() else " " for char in whole).split())


def _fit(text: str, most: int) -> str:
    whole = text.encode()
    return text if len(whole) <= most else f"{whole[: most - 3].decode(errors='ignore')}…"


def _escaped(text: str, most: int) -> str:
    """Escaped for Slack, and of at most so many bytes then."""
    size = 0
    for position, char in enumerate(text):
        size += len(escape(char, quote=False).encode())
        if size > most:
            return f"{escape(text[:position], quote=False)}…"
    return escape(text, quote=False)
