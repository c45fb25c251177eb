"""The shop's products and the catalogue: what Sync from Shopify adds, updates and marks. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from sheets_schema import FormRow

CATEGORIES = ("Certification", "Specialization", "Bundle")
PROVIDER_TAG = "provider:"
NO_VARIANT = "Default Title"
"""The title that Shopify gives to the only variant of a product (documented)."""


class Offer(NamedTuple):
    """One variant of a product of the shop, as far as the catalogue is concerned."""

    sku: str
    title: str
    variant_title: str
    product_type: str
    tags: tuple[str, ...]
    active: bool
    sold_without_stock: bool

    @property
    def name(self) -> str:
        """As people know it."""
        plain = self.variant_title in ("", NO_VARIANT)
        return self.title if plain else f"{self.title} – {self.variant_title}"


class Remark(NamedTuple):
    """Something a person should mend in Shopify."""

    sku: str
    message: str


class Update(NamedTuple):
    """Cells of a catalogue row that change, by field."""

    row: FormRow
    values: dict[str, str]


class ShopSync(NamedTuple):
    """What Sync from Shopify does. `gone` are the SKUs of rows that the shop does not have."""

    added: tuple[dict[str, str], ...]
    updated: tuple[Update, ...]
    gone: frozenset[str]
    problems: tuple[Remark, ...]


def compare(rows: Sequence[FormRow], offers: Sequence[Offer]) -> ShopSync:
    """Compare the catalogue's rows with what the shop offers. What people type is never touched."""
    times = Counter(offer.sku for offer in offers)
    problems = [Remark("", f"“{offer.name}” has no SKU: not offered") for offer in offers if not offer.sku]
    problems += [
        Remark(sku, f"{count} variants have the SKU {sku}: not offered until it is unique")
        for sku, count in times.items()
        if sku and count > 1
    ]
    offered = {offer.sku: offer for offer in offers if offer.sku and times[offer.sku] == 1}
    by_sku = _by_sku(rows)
    added: list[dict[str, str]] = []
    updated: list[Update] = []
    for sku, offer in offered.items():
        problems += _remarks(offer)
        cells = _cells(offer)
        if sku not in by_sku:
            added.append({"sku": sku, **cells})
        for row in by_sku.get(sku, ()):
            changed = {name: value for name, value in cells.items() if row.text(name) != value}
            if changed:
                updated.append(Update(row, changed))
    gone = {sku for sku in by_sku if sku not in times}
    updated += [Update(row, {"active": "FALSE"}) for sku in gone for row in by_sku[sku] if _is_active(row)]
    return ShopSync(tuple(added), tuple(updated), frozenset(gone), tuple(problems))


def afterwards(rows: Sequence[FormRow], sync: ShopSync, first_new: int) -> list[FormRow]:
    """The catalogue's rows as they stand once it is done; new ones from row number `first_new` on."""
    changed: dict[int, dict[str, str]] = {}
    for update in sync.updated:
        changed.setdefault(update.row.number, {}).update(update.values)
    there = [replace(row, cells={**row.cells, **changed.get(row.number, {})}) for row in rows]
    return there + [FormRow(number, cells) for number, cells in enumerate(sync.added, first_new)]


def _by_sku(rows: Iterable[FormRow]) -> dict[str, list[FormRow]]:
    found: dict[str, list[FormRow]] = {}
    for row in rows:
        if sku := row.text("sku"):
            found.setdefault(sku, []).append(row)
    return found


def _is_active(row: FormRow) -> bool:
    return row.text("active").upper() == "TRUE"


def _cells(offer: Offer) -> dict[str, str]:
    providers = _providers(offer.tags)
    return {
        "provider": providers[0] if len(providers) == 1 else "",
        "product_title": offer.name,
        "category": offer.product_type,
        "active": "TRUE" if offer.active else "FALSE",
    }


def _providers(tags: Collection[str]) -> list[str]:
    named = (tag.strip() for tag in tags)
    found = (tag[len(PROVIDER_TAG) :].strip() for tag in named if tag.lower().startswith(PROVIDER_TAG))
    return [provider for provider in found if provider]


def _remarks(offer: Offer) -> list[Remark]:
    remarks = []
    providers = _providers(offer.tags)
    if not providers:
        remarks.append(Remark(offer.sku, "the product has no tag provider:… in Shopify"))
    if len(providers) > 1:
        told = ", ".join(providers)
        remarks.append(Remark(offer.sku, f"the product has several provider tags ({told}); use provider:multi"))
    if offer.product_type not in CATEGORIES:
        told = f"is “{offer.product_type}”" if offer.product_type else "is empty"
        remarks.append(Remark(offer.sku, f"the product type {told}; usual are {', '.join(CATEGORIES)}"))
    if offer.sold_without_stock:
        remarks.append(Remark(offer.sku, "Shopify sells it without stock (“Continue selling when out of stock”)"))
    return remarks
