"""What a mail says beside the keys: titles, and how to redeem a provider's keys. Pure.

Sync Catalogue publishes both into one cell beside the lock, so that orders need no form.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from npta.domain.catalogue.catalogue import CatalogueProblem
from npta.domain.state.normalized_text import canonical, cell_text
from npta.domain.state.wording import count
from npta.tables import Catalogue, Providers
from sheets_schema import InputRow

MAX_CELL = 45_000
"""Characters; Google allows 50,000 in a cell (documented)."""
MAX_TITLE = 200
MAX_REDEEM = 4_000
MAX_URL = 1_000
_URL = re.compile(r"https?://[^\s<>\"'`]+")
_NONE: Mapping[str, str] = MappingProxyType({})


class ProviderText(NamedTuple):
    """What customers read of a provider: its name, how to redeem its keys, and where."""

    name: str = ""
    redeem: str = ""
    url: str = ""


class MailTexts(NamedTuple):
    """What is published: titles by SKU, and providers by what they are called in entitlements."""

    titles: Mapping[str, str] = _NONE
    providers: Mapping[str, ProviderText] = MappingProxyType({})


class PublishedTexts(NamedTuple):
    """The cell to write, and the rows that a person should fix.

    What they said before stays.
    """

    cell: str
    problems: tuple[CatalogueProblem, ...]


@lru_cache(maxsize=8)
def read_texts(cell: str) -> MailTexts:
    """Return what is published, from its cell."""
    if not cell:
        return MailTexts()
    content = json.loads(cell)
    providers = {name: ProviderText(*fields) for name, fields in content["providers"].items()}
    return MailTexts(MappingProxyType(content["titles"]), MappingProxyType(providers))


def publish_texts(products: Sequence[InputRow], providers: Sequence[InputRow], before: MailTexts) -> PublishedTexts:
    """Return what Sync Catalogue publishes of both forms.

    A row with a problem blocks only itself.
    """
    texts, problems = _providers(providers, before)
    room = MAX_CELL - len(_write({}, texts))
    titles: dict[str, str] = {}
    left_out = 0
    for sku, title in _titles(products, before):
        room -= len(json.dumps([sku, title], ensure_ascii=False))
        if room < 0:
            left_out += 1
        else:
            titles[sku] = title
    if left_out:
        message = f"{Catalogue.__table__.title}: mails leave out the titles of {count(left_out, 'product')}: too long together"
        problems.append(CatalogueProblem(0, "", message))
    return PublishedTexts(_write(titles, texts), tuple(problems))


def _write(titles: Mapping[str, str], providers: Mapping[str, ProviderText]) -> str:
    return json.dumps({"titles": titles, "providers": providers}, ensure_ascii=False) if titles or providers else ""


def _titles(products: Sequence[InputRow], before: MailTexts) -> Iterable[tuple[str, str]]:
    """Yield titles by SKU.

    Those of products whose row is gone come last: orders still hold their keys.
    """
    now: dict[str, str] = {}
    for row in products:
        if sku := cell_text(row.cells.get("sku")):
            now[sku] = now.get(sku) or cell_text(row.cells.get("product_title"))[:MAX_TITLE].rstrip()
    yield from ((sku, title) for sku, title in now.items() if title)
    yield from ((sku, title) for sku, title in before.titles.items() if sku not in now)


def _providers(rows: Sequence[InputRow], before: MailTexts) -> tuple[dict[str, ProviderText], list[CatalogueProblem]]:
    texts: dict[str, ProviderText] = {}
    problems: list[CatalogueProblem] = []
    seen: dict[str, int] = {}
    room = MAX_CELL
    for row in rows:
        name = cell_text(row.cells.get("provider")).upper()
        text = ProviderText(
            cell_text(row.cells.get("provider_name")), _lines(row.cells.get("redeem")), cell_text(row.cells.get("url"))
        )
        wrong = _wrong(name, text, seen.get(name, 0))
        if name:
            seen.setdefault(name, row.number)
        if not wrong and any(text):
            room -= len(json.dumps([name, text], ensure_ascii=False))
            wrong = "all the texts together are too long for one cell; shorten some" if room < 0 else ""
        if wrong:
            problems.append(CatalogueProblem(row.number, "", f"{Providers.__table__.title}, row {row.number}: {wrong}"))
            if name and name not in texts and name in before.providers:
                texts[name] = before.providers[name]
        elif name and any(text):
            texts[name] = text
    return texts, problems


def _wrong(name: str, text: ProviderText, first: int) -> str:
    if not name:
        return "the provider is missing" if any(text) else ""
    if first:
        return f"{name} stands in row {first}, too; one of them must go"
    if len(text.redeem) > MAX_REDEEM:
        return f"“redeem” is longer than {MAX_REDEEM:,} characters"
    if len(text.name) > MAX_TITLE:
        return f"“name” is longer than {MAX_TITLE} characters"
    if text.url and not (_URL.fullmatch(text.url) and len(text.url) <= MAX_URL):
        return "“url” is not an address that begins with https://"
    return ""


def _lines(cell: object) -> str:
    """Return a text of several lines in canonical form, line by line."""
    text = "" if cell is None else str(cell) if not isinstance(cell, int | float) else cell_text(cell)
    return "\n".join(canonical(line) for line in text.splitlines()).strip("\n")
