"""The catalogue: what people typed, what is wrong with it, and what is published. Pure.

Orders see the published catalogue only. A bad row blocks only itself and keeps what was published before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from npta.domain.catalogue.availability import keyless_entitlements
from npta.domain.state.entitlements import InvalidEntitlementError, parse_entitlements, written
from npta.domain.state.normalized_text import (
    canonical,
    cell_text,
    control_characters,
    invisible_characters,
    is_sheet_error,
    quoted,
    trimmed,
)
from npta.domain.state.state import State
from npta.domain.state.stock import Product
from npta.domain.state.wording import count
from npta.tables import Fulfillment, LiveCatalogue
from sheets_schema import InputRow

MAX_SKU = 500
"""Characters that a line of an order may send."""


class CatalogueRow(NamedTuple):
    """A catalogue row as it is meant: a product, or why it is none; `remark` stops nothing."""

    number: int
    sku: str
    product: Product | None
    problem: str = ""
    remark: str = ""


class CatalogueChange(NamedTuple):
    """A SKU whose publication changes; empty text where it is not published."""

    sku: str
    before: str
    after: str


class CatalogueProblem(NamedTuple):
    """Something a person should fix, by row."""

    row: int
    sku: str
    message: str


class Publication(NamedTuple):
    """What Sync Catalogue does: the facts to write, what they change, and what is wrong."""

    changes: tuple[CatalogueChange, ...]
    findings: tuple[CatalogueProblem, ...]


class EmptyCatalogueError(Exception):
    """The catalogue holds no product although some are published: probably an accident."""


def read_catalogue(rows: Iterable[InputRow]) -> list[CatalogueRow]:
    """Read every row of the catalogue form."""
    rows = list(rows)
    read = [_row(row) for row in rows]
    positions: dict[str, list[str]] = {}
    for row, form_row in zip(read, rows, strict=True):
        if row.sku and not unfit_sku(str(form_row.cells.get("sku"))):
            positions.setdefault(row.sku, []).append(str(row.number))
    return [_alone(row, positions.get(row.sku, [])) for row in read]


def _alone(row: CatalogueRow, positions: list[str]) -> CatalogueRow:
    """Return the row without its product if another has its SKU, blanks at the edge aside."""
    if len(positions) < 2:  # noqa: PLR2004 — two are one too many
        return row
    message = f"the SKU {row.sku} stands in {count(len(positions), 'row')} ({', '.join(positions)}); one must go"
    return row._replace(product=None, problem=message)


_SHOWN = {"available", "status"}
"""Where only these are left, a person has emptied the row."""


def _row(row: InputRow) -> CatalogueRow:
    text = {name: cell_text(cell) for name, cell in row.cells.items() if name not in _SHOWN}
    if not any(text.values()):
        return CatalogueRow(row.number, "", None)
    typed, sku = row.cells.get("sku"), text.get("sku", "")
    if isinstance(typed, int | float):
        return CatalogueRow(row.number, sku, None, "the SKU is a number: format the cell as text and type it again")
    if not sku:
        return CatalogueRow(row.number, "", None, "the SKU is empty")
    if unfit := unfit_sku(str(typed)):
        return CatalogueRow(row.number, sku, None, f"{unfit}: type it anew")
    hidden = hidden_in_sku(str(typed))
    remark = f"{hidden}; it is published as {sku}: type it anew" if hidden else ""
    served = text.get("fulfillment", "").upper() or Fulfillment.AUTO
    if served not in set(Fulfillment):
        message = f"fulfillment is {quoted(text['fulfillment'])}; write AUTO or EXTERNAL"
        return CatalogueRow(row.number, sku, None, message, remark)
    try:
        entitlements = parse_entitlements(text.get("entitlements", ""))
    except InvalidEntitlementError as reason:
        return CatalogueRow(row.number, sku, None, f"entitlements: {reason}", remark)
    if served == Fulfillment.AUTO and not entitlements:
        return CatalogueRow(row.number, sku, None, "entitlements missing", remark)
    return CatalogueRow(row.number, sku, Product(sku, entitlements, Fulfillment(served)), remark=remark)


def unfit_sku(typed: str) -> str:
    """Return why a text can be nobody's SKU; empty if it can. Blanks at the edge do not count."""
    if is_sheet_error(typed):
        return f"the SKU is {quoted(canonical(typed))}, which a spreadsheet shows where a formula failed"
    if control := control_characters(trimmed(typed)):
        return f"the SKU {quoted(trimmed(typed))} holds a tab or line break ({', '.join(control)})"
    if len(canonical(typed)) > MAX_SKU:
        return f"the SKU {quoted(canonical(typed))} is longer than {MAX_SKU} characters"
    return ""


def hidden_in_sku(typed: str) -> str:
    """Which characters inside a SKU nobody sees, and where; empty if there are none."""
    hidden = invisible_characters(trimmed(typed))
    return f"the SKU {quoted(trimmed(typed))} holds {', '.join(hidden)}, which nobody sees" if hidden else ""


def publish(rows: list[CatalogueRow], state: State, region: str) -> Publication:
    """Compare the catalogue with what is published. Raises `EmptyCatalogueError`."""
    published = {sku: product for sku, product in state.products.items() if product}
    if published and not any(row.sku for row in rows):
        raise EmptyCatalogueError
    changes = [
        CatalogueChange(row.sku, _described(published.get(row.sku)), _described(row.product))
        for row in rows
        if row.product and row.product != published.get(row.sku)
    ]
    there = {row.sku for row in rows}
    changes += [CatalogueChange(sku, _described(product), "") for sku, product in published.items() if sku not in there]
    findings = []
    for row in rows:
        if row.problem:
            findings.append(CatalogueProblem(row.number, row.sku, row.problem))
            continue
        if row.remark:
            findings.append(CatalogueProblem(row.number, row.sku, row.remark))
        if keyless := keyless_entitlements(row.product, state, region):
            findings.append(
                CatalogueProblem(row.number, row.sku, f"published, but there are no keys for {', '.join(keyless)}")
            )
    return Publication(tuple(changes), tuple(findings))


def publication_facts(rows: list[CatalogueRow], publication: Publication, *, at: str, by: str) -> list[LiveCatalogue]:
    """Return the rows that publish the changes; no fulfillment means no longer published."""
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


def _described(product: Product | None) -> str:
    if not product:
        return ""
    return f"{product.fulfillment} {written(product.entitlements)}".strip()
