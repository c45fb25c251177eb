"""What Sync from Shopify adds to the catalogue, updates and marks. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from npta.domain.catalogue.catalogue import hidden_in_sku, unfit_sku
from npta.domain.state.normalized_text import canonical, cell_text, quoted
from npta.domain.state.wording import count
from sheets_schema import InputRow

SELLABLE = frozenset({"ACTIVE", "UNLISTED"})
"""Product statuses in which customers can buy: an unlisted product is sold by its direct link (documented)."""


class ShopVariant(NamedTuple):
    """A variant of a product, with its stock at our location. The ids are Shopify's gids."""

    product_id: str
    variant_id: str
    inventory_item_id: str
    sku: str
    title: str
    """The product's."""
    variant_title: str
    price: str
    status: str
    """ACTIVE, DRAFT, ARCHIVED or UNLISTED."""
    tags: tuple[str, ...]
    product_type: str
    tracked: bool
    """Whether Shopify counts this variant's stock at all."""
    continues: bool
    """Whether it can be bought when the stock is used up."""
    available: int | None
    """None: not stocked at the location."""
    stocked: bool
    spelling: str
    """The SKU letter for letter as the shop has it; `sku` is its canonical form, by which everybody finds it."""

    @property
    def sellable(self) -> bool:
        """Whether customers can buy the product."""
        return self.status in SELLABLE

    @property
    def name(self) -> str:
        """As people know it."""
        title, variant = canonical(self.title), canonical(self.variant_title)
        return title if variant in ("", NO_VARIANT) else f"{title} – {variant}"


CATEGORIES = ("Certification", "Specialization", "Bundle")


PROVIDER_TAG = "provider:"


NO_VARIANT = "Default Title"
"""The title that Shopify gives to the only variant of a product (documented)."""


class Remark(NamedTuple):
    """Something a person should fix in Shopify."""

    sku: str
    message: str


class Update(NamedTuple):
    """Cells of a catalogue row that change, by field."""

    row: InputRow
    values: dict[str, str]


class ShopSync(NamedTuple):
    """What Sync from Shopify does. `gone` are the SKUs of rows that the shop does not have."""

    added: tuple[dict[str, str], ...]
    updated: tuple[Update, ...]
    gone: frozenset[str]
    problems: tuple[Remark, ...]


def compare(rows: Sequence[InputRow], offers: Sequence[ShopVariant]) -> ShopSync:
    """Compare the catalogue's rows with what the shop offers. What people type is never touched."""
    problems = [Remark("", f"“{offer.name}” has no SKU: not offered") for offer in offers if not offer.sku]
    problems += [
        Remark(offer.sku, f"{unfit_sku(offer.spelling)}: not offered; correct it in Shopify")
        for offer in offers
        if unfit_sku(offer.spelling)
    ]
    there = {offer.sku for offer in offers}
    offered: dict[str, ShopVariant] = {}
    for sku, alike in _alike(offers).items():
        if chosen := the_sold_one(alike):
            offered[sku] = chosen
        else:
            spelt = dict.fromkeys(quoted(offer.spelling) for offer in alike)
            spellings = f" (spelt {', '.join(spelt)})" if len(spelt) > 1 else ""
            problems.append(
                Remark(
                    sku,
                    f"{count(len(alike), 'variant has', 'variants have')} the SKU {sku}{spellings}: not offered until it is unique",
                )
            )
    by_sku = _by_sku(rows)
    added: list[dict[str, str]] = []
    updated: list[Update] = []
    for sku, offer in offered.items():
        problems += _remarks(offer)
        cells = _cells(offer)
        if sku not in by_sku:
            added.append({"sku": offer.spelling, **cells})
        for row in by_sku.get(sku, ()):
            changed = {name: value for name, value in cells.items() if cell_text(row.cells.get(name)) != value}
            if changed:
                updated.append(Update(row, changed))
    gone = {sku for sku in by_sku if sku not in there}
    was_active = (row for sku in gone for row in by_sku[sku] if cell_text(row.cells.get("active")).upper() == "TRUE")
    updated += [Update(row, {"active": "FALSE"}) for row in was_active]
    return ShopSync(tuple(added), tuple(updated), frozenset(gone), tuple(problems))


def afterwards(rows: Sequence[InputRow], sync: ShopSync, first_new: int) -> list[InputRow]:
    """Return the catalogue's rows as they stand afterwards; new ones from number `first_new` on."""
    changed: dict[int, dict[str, str]] = {}
    for update in sync.updated:
        changed.setdefault(update.row.number, {}).update(update.values)
    there = [replace(row, cells={**row.cells, **changed.get(row.number, {})}) for row in rows]
    return there + [InputRow(number, cells) for number, cells in enumerate(sync.added, first_new)]


def _alike(offers: Iterable[ShopVariant]) -> dict[str, list[ShopVariant]]:
    """Return the offers by SKU, without what can be nobody's SKU."""
    found: dict[str, list[ShopVariant]] = {}
    for offer in offers:
        if offer.sku and not unfit_sku(offer.spelling):
            found.setdefault(offer.sku, []).append(offer)
    return found


def the_sold_one(alike: Sequence[ShopVariant]) -> ShopVariant | None:
    """Return the variant of a SKU that is meant: the only one, or the only active one."""
    active = [variant for variant in alike if variant.sellable]
    return alike[0] if len(alike) == 1 else active[0] if len(active) == 1 else None


def _by_sku(rows: Iterable[InputRow]) -> dict[str, list[InputRow]]:
    found: dict[str, list[InputRow]] = {}
    for row in rows:
        if sku := cell_text(row.cells.get("sku")):
            found.setdefault(sku, []).append(row)
    return found


def _cells(offer: ShopVariant) -> dict[str, str]:
    providers = _providers(offer.tags)
    return {
        "provider": providers[0] if len(providers) == 1 else "",
        "product_title": offer.name,
        "category": canonical(offer.product_type),
        "active": "TRUE" if offer.sellable else "FALSE",
    }


def _providers(tags: Collection[str]) -> list[str]:
    found: dict[str, str] = {}
    for tag in map(canonical, tags):
        if tag.lower().startswith(PROVIDER_TAG) and (provider := canonical(tag[len(PROVIDER_TAG) :])):
            found.setdefault(provider.casefold(), provider)
    return list(found.values())


def _remarks(offer: ShopVariant) -> list[Remark]:
    remarks = []
    providers = _providers(offer.tags)
    if not providers:
        remarks.append(Remark(offer.sku, "the product has no tag provider:… in Shopify"))
    if len(providers) > 1:
        found = ", ".join(providers)
        remarks.append(Remark(offer.sku, f"the product has several provider tags ({found}); use provider:multi"))
    if hidden := hidden_in_sku(offer.spelling):
        remarks.append(Remark(offer.sku, f"{hidden}: correct it in Shopify"))
    category = canonical(offer.product_type)
    if category not in CATEGORIES:
        found = f"is {quoted(category)}" if category else "is empty"
        remarks.append(Remark(offer.sku, f"the product type {found}; usual are {', '.join(CATEGORIES)}"))
    if offer.continues:
        remarks.append(Remark(offer.sku, "Shopify sells it without stock (“Continue selling when out of stock”)"))
    return remarks
