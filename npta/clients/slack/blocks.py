"""An alert as a message of Slack: a searchable line, and blocks inside its limits.

Documented: a header has at most 150 characters, a section 3,000 and 10 fields of 2,000, a message 50 blocks; `&`, `<` and
`>` are to be escaped in `text` and in `mrkdwn`. Reported by others: `text` of `chat.update` is refused above 4,000 bytes,
blocks above some 11,000 characters together. Nobody says which of characters, UTF-16 units or bytes count, so bytes of
UTF-8 are counted here, which are never fewer.

In a customer's name or a SKU no star, underscore or `<!channel>` means anything: texts are `plain_text`, or `rich_text`,
which reads no signs. Only a column is `mrkdwn`, so that what it is called is bold, if its value holds no sign at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    PlainTextObject,
    RichTextBlock,
    RichTextSectionElement,
    SectionBlock,
    TextObject,
)
from slack_sdk.models.blocks.block_elements import RichTextElementParts

from npta.domain.state.alert import COLUMNS, Alert, AlertKind

MAX_TEXT = 3_900
MAX_SUMMARY = 38_000
"""Bytes of the text of a message that nobody changes: `chat.postMessage` cuts only after 40,000 characters (documented)."""
MAX_HEADER = 150
MAX_LINE = 1_200
MAX_FOOTER = 400
MAX_PAGE = 2_300
MAX_PAGES = 3
MAX_COLUMN = 120
"""Bytes in JSON of what stands in a column; what is longer stays a line."""
MAX_COLUMNS = 8
"""Slack takes 10 in a section."""


_SUMMARIES = (AlertKind.SERVED, AlertKind.UNDELIVERED)
"""They name many orders, each to be found by people's search."""
_MARKUP = re.compile(r"[*~`]|(?<!\w)_|_(?!\w)|:\S+:|^>")
"""Signs that Slack reads in `mrkdwn`, even where nothing else is made of a text (`verbatim`)."""


class Message(NamedTuple):
    """What is posted: `text` is searched and read out, `blocks` are shown."""

    text: str
    blocks: tuple[Block, ...]


def lay_out(alert: Alert, *, is_update: bool = False) -> Message:
    """Return the message of an alert; lines that do not fit are counted in the last one."""
    title = _fit(_one_line(alert.title) or alert.kind, MAX_HEADER)
    lines = [_fit(line, MAX_LINE) for text in alert.lines if (line := _one_line(text))]
    footer = _fit(_one_line(alert.footer), MAX_FOOTER)
    blocks: list[Block] = [HeaderBlock(text=_plain(title)), *_body(alert, lines)]
    # Addresses are ours: nothing in them comes from customers.
    links = "   ".join(f"*<{escape(link.url)}|{escape(link.text)}>*" for link in alert.links)
    blocks += [SectionBlock(text=MarkdownTextObject(text=links, verbatim=True))] if links else []
    blocks += [ContextBlock(elements=[_plain(footer)])] if footer else []
    most = MAX_SUMMARY if alert.kind in _SUMMARIES and not is_update else MAX_TEXT
    return Message(_escaped(_one_line(alert.text) or title, most), tuple(blocks))


def _body(alert: Alert, lines: list[str]) -> Iterator[Block]:
    if alert.kind is AlertKind.ENDED and lines:
        # Why it is over stands first; what the alert said before is struck through.
        why, *before = lines
        yield SectionBlock(text=_plain(why))
        yield from (_struck("\n".join(page)) for page in _pages(before))
        return
    columns, rest = _parted(lines)
    if columns:
        yield SectionBlock(fields=[_column(label, value) for label, value in columns])
    yield from (SectionBlock(text=_plain("\n".join(page))) for page in _pages(rest))


def _parted(lines: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the facts that stand in columns, and all other lines in their order."""
    columns: dict[str, str] = {}
    rest = []
    for line in lines:
        label, colon, value = line.partition(": ")
        is_fact = bool(colon) and label in COLUMNS and label not in columns
        if is_fact and len(columns) < MAX_COLUMNS and _weight(escape(value, quote=False)) <= MAX_COLUMN:
            columns[label] = value
        else:
            rest.append(line)
    return list(columns.items()), rest


def _column(label: str, value: str) -> TextObject:
    if _MARKUP.search(value):
        return _plain(f"{label}\n{value}")
    return MarkdownTextObject(text=f"*{label}*\n{escape(value, quote=False)}", verbatim=True)


def _plain(text: str) -> PlainTextObject:
    return PlainTextObject(text=text, emoji=False)


def _struck(text: str) -> RichTextBlock:
    style = RichTextElementParts.TextStyle(strike=True)
    return RichTextBlock(
        elements=[RichTextSectionElement(elements=[RichTextElementParts.Text(text=text, style=style)])]
    )


def _pages(lines: list[str]) -> Iterable[list[str]]:
    """Cut the lines into sections of which none is longer than Slack takes."""
    pages: list[list[str]] = []
    room = 0
    for position, line in enumerate(lines):
        weight = _weight(line)
        if weight > room and len(pages) == MAX_PAGES:
            pages[-1].append(f"… and {len(lines) - position} more")
            break
        if weight > room:
            pages.append([])
            room = MAX_PAGE
        pages[-1].append(line)
        room -= weight
    return pages


def _weight(text: str) -> int:
    """Return the bytes of a text in JSON, never fewer than what Slack counts."""
    return len(json.dumps(text, ensure_ascii=False).encode())


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
