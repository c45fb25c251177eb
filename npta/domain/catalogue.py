"""The catalogue: what people typed, what is published, and how many of each product can be sold.

Orders see the published catalogue only. A bad row blocks only itself and keeps what was published before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

from npta.domain.entitlements import Malformed, parse_entitlements, written
from npta.domain.state import Product, State, Stock
from npta.tabs import Fulfillment, LiveCatalogue
from sheets_schema import FormRow


class Row(NamedTuple):
    """One row of the catalogue as it is meant: a product, or the reason why it is none."""

    number: int
    sku: str
    product: Product | None
    problem: str = ""


class Change(NamedTuple):
    """A SKU whose publication changes; empty text where it is not published."""

    sku: str
    before: str
    after: str


class Finding(NamedTuple):
    """Something a person should mend, by row."""

    row: int
    sku: str
    message: str


class Publication(NamedTuple):
    """What Sync Catalogue does: the facts to write, what they change, and what is wrong."""

    changes: tuple[Change, ...]
    findings: tuple[Finding, ...]


class Emptied(Exception):
    """The catalogue holds no product at all although products are published: probably an accident."""


def read_catalogue(rows: Iterable[FormRow]) -> list[Row]:
    """Make sense of every row."""
    read = [_row(row) for row in rows]
    times = Counter(row.sku for row in read if row.sku)
    return [
        row._replace(product=None, problem=f"the SKU {row.sku} stands in {times[row.sku]} rows; one must go")
        if times[row.sku] > 1
        else row
        for row in read
    ]


_SHOWN = {"available", "status"}
"""Where only these are left, a person has emptied the row."""


def _row(row: FormRow) -> Row:
    if row.cells.keys() <= _SHOWN:
        return Row(row.number, "", None)
    sku = row.text("sku")
    if isinstance(row.cells.get("sku"), int | float):
        return Row(row.number, _whole(sku), None, "the SKU is a number: format the cell as text and type it again")
    if not sku:
        return Row(row.number, "", None, "the SKU is empty")
    served = row.text("fulfillment").upper() or Fulfillment.AUTO
    if served not in set(Fulfillment):
        return Row(row.number, sku, None, f"fulfillment is “{row.text('fulfillment')}”; write AUTO or EXTERNAL")
    try:
        entitlements = parse_entitlements(row.text("entitlements"))
    except Malformed as reason:
        return Row(row.number, sku, None, f"entitlements: {reason}")
    if served == Fulfillment.AUTO and not entitlements:
        return Row(row.number, sku, None, "entitlements missing")
    return Row(row.number, sku, Product(sku, entitlements, Fulfillment(served)))


def _whole(number: str) -> str:
    return number.removesuffix(".0")


def publish(rows: list[Row], state: State, region: str) -> Publication:
    """Compare the catalogue with what is published. Raises `Emptied`."""
    published = {sku: product for sku, product in state.products.items() if product}
    if published and not any(row.sku for row in rows):
        raise Emptied
    changes = [
        Change(row.sku, _told(published.get(row.sku)), _told(row.product))
        for row in rows
        if row.product and row.product != published.get(row.sku)
    ]
    there = {row.sku for row in rows}
    changes += [Change(sku, _told(product), "") for sku, product in published.items() if sku not in there]
    findings = []
    for row in rows:
        if row.problem:
            findings.append(Finding(row.number, row.sku, row.problem))
        elif keyless := keyless_entitlements(row.product, state, region):
            findings.append(Finding(row.number, row.sku, f"published, but there are no keys for {', '.join(keyless)}"))
    return Publication(tuple(changes), tuple(findings))


def publication_facts(rows: list[Row], publication: Publication, *, at: str, by: str) -> list[LiveCatalogue]:
    """The rows of the Live Catalogue that make the changes true; no fulfillment means no longer published."""
    products = {row.sku: row.product for row in rows if row.product}
    facts = []
    for change in publication.changes:
        product = products.get(change.sku) if change.after else None
        facts.append(
            LiveCatalogue(
                published_at=at,
                published_by=by,
                sku=change.sku,
                entitlements=written(product.entitlements) if product else "",
                fulfillment=product.fulfillment if product else "",
            )
        )
    return facts


def _told(product: Product | None) -> str:
    if not product:
        return ""
    return f"{product.fulfillment} {written(product.entitlements)}".strip()


def keyless_entitlements(product: Product | None, state: State, region: str) -> list[str]:
    """Entitlements for whose pool no key was ever imported."""
    if not product or product.fulfillment is Fulfillment.EXTERNAL:
        return []
    return [str(each) for each in dict.fromkeys(product.entitlements) if each.pool(region) not in state.pools]


def available(product: Product | None, state: State, region: str) -> int | None:
    """How many of a product can be sold; None for EXTERNAL ones. Seats owed to unfilled orders are not for sale."""
    if product is None:
        return 0
    if product.fulfillment is Fulfillment.EXTERNAL:
        return None
    times = Counter(each.pool(region) for each in product.entitlements)
    sellable = [
        (state.pools.get(pool, Stock()).available - state.debts.get(pool, 0)) // count for pool, count in times.items()
    ]
    return max(0, min(sellable, default=0))


def sellable(state: State, region: str) -> dict[str, int]:
    """How many of each published AUTO product can be sold, by SKU."""
    counts = {sku: available(product, state, region) for sku, product in state.products.items() if product}
    return {sku: count for sku, count in counts.items() if count is not None}


NOT_IN_SHOPIFY = "not in Shopify"


class Shown(NamedTuple):
    """The computed cells of one catalogue row."""

    available: int | None
    status: str


def shown(row: Row, state: State, region: str, vanished: Collection[str] = ()) -> Shown:
    """What stands in `available` and `status` of a row. What can be sold is what is published, not what is typed.

    `vanished` are the SKUs that Shopify does not have any more.
    """
    if not (row.sku or row.problem):
        return Shown(None, "")
    published = state.products.get(row.sku)
    count = available(published, state, region)
    if row.problem:
        kept = " (orders still see what was published before)" if published else ""
        return Shown(count, row.problem + kept)
    if row.sku in vanished:
        return Shown(count, NOT_IN_SHOPIFY)
    if row.product != published:
        return Shown(count, "unsynced: press Sync Catalogue")
    if published and published.fulfillment is Fulfillment.EXTERNAL:
        return Shown(None, "ready: served by hand")
    if keyless := keyless_entitlements(published, state, region):
        return Shown(count, f"no keys for {', '.join(keyless)}")
    return Shown(count, "ready" if count else "out of stock")
