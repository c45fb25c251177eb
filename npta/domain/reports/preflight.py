"""Before go-live: is the catalogue published, complete, and are there keys? Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from npta.domain.catalogue.availability import keyless_entitlements
from npta.domain.catalogue.catalogue import CatalogueRow, publish, read_catalogue
from npta.domain.reports.findings import ChecklistItem, ReconciliationFinding, check
from npta.domain.state.alert import Alert, AlertKind, make_alert
from npta.domain.state.entitlements import Pool
from npta.domain.state.normalized_text import cell_text
from npta.domain.state.state import State
from npta.domain.state.stock import Stock
from npta.domain.state.wording import count
from npta.tables import Catalogue, Fulfillment
from sheets_schema import InputRow

PUBLISHED = "catalogue published"
ENTITLEMENTS = "entitlements complete"
KEYS = "keys imported"
PUSHED = "stock pushed"


def catalogue_published(rows: Sequence[InputRow], state: State, region: str) -> ChecklistItem:
    """Whether orders see what stands in the catalogue."""
    read = read_catalogue(rows)
    if not any(row.sku for row in read):
        return ChecklistItem(PUBLISHED, ok=False, found="there is no product", next_step="Press Sync from Shopify.")
    publication = publish(read, state, region)
    misses = [f"{row.sku or f'row {row.number}'}: {row.problem}" for row in read if row.problem]
    misses += [
        f"{change.sku}: orders see “{change.before or 'nothing'}”, the catalogue says “{change.after or 'nothing'}”"
        for change in publication.changes
    ]
    published = sum(1 for product in state.products.values() if product)
    return check(
        PUBLISHED,
        misses,
        right=f"{count(published, 'product')}, as they stand in the catalogue",
        wrong=("row that is not published", "rows that are not published"),
        next_step="Fix the rows, then press Sync Catalogue.",
    )


def entitlements_complete(rows: Sequence[InputRow], state: State, region: str) -> ChecklistItem:
    """Active AUTO products with empty, malformed or stockless entitlements."""
    active = list(_active(rows))
    found = check(
        ENTITLEMENTS,
        [f"{row.sku or f'row {row.number}'}: {why}" for row in active for why in _lacks(row, state, region)],
        right=f"{count(len(active), 'active AUTO product')}, each with entitlements that have keys",
        wrong=("product that cannot be served", "products that cannot be served"),
        next_step=f"Correct “entitlements” in {Catalogue.__table__.title}, or import keys for them; then press Sync Catalogue.",
    )
    return found if active else found._replace(ok=False, found="there is no active AUTO product")


def keys_imported(rows: Sequence[InputRow], state: State, region: str) -> ChecklistItem:
    """Check that every needed pool has free seats for one and for what is owed."""
    needed: dict[Pool, set[str]] = {}
    for row in _active(rows):
        for entitlement in row.product.entitlements if row.product else ():
            needed.setdefault(entitlement.pool(region), set()).add(row.sku)
    misses = [
        f"{pool}: {_stock(state, pool)}, needed for {', '.join(sorted(skus))}"
        for pool, skus in sorted(needed.items())
        if state.available(pool) - state.debts.get(pool, 0) <= 0
    ]
    free = sum(state.available(pool) for pool in needed)
    found = check(
        KEYS,
        misses,
        right=f"{count(len(needed), 'pool')} with {count(free, 'free seat')}",
        wrong=("pool without a free seat", "pools without a free seat"),
        next_step="Paste keys into Import Keys, then press Import Keys.",
    )
    return found if needed else found._replace(ok=False, found="no product needs keys yet", next_step="See above.")


def stock_pushed(differences: Iterable[ReconciliationFinding], compared: int) -> ChecklistItem:
    """Whether Shopify shows what can be sold, for every active AUTO variant."""
    found = check(
        PUSHED,
        [f"{finding.which}: {finding.detail}" for finding in differences],
        right=f"{count(compared, 'active AUTO variant')} as in the sheet",
        wrong=("difference", "differences"),
        next_step="Press Refresh Inventory.",
    )
    return (
        found if compared or not found.ok else found._replace(ok=False, found="no active AUTO variant is in the shop")
    )


def preflight_alert(checks: Sequence[ChecklistItem]) -> Alert:
    """Make the message that shows that the channel can be reached."""
    missed = [check for check in checks if not check.ok]
    title = "🛫 Preflight: " + (f"{len(missed)} Not Ready" if missed else "Ready")
    lines = [f"{'✓' if check.ok else '✗'} {check.what}: {check.found}" for check in checks]
    names = ", ".join(check.what for check in missed)
    return make_alert(
        AlertKind.RECONCILED, "preflight", title, names, lines, "A test of the channel; nothing has changed."
    )


def _active(rows: Sequence[InputRow]) -> Iterator[CatalogueRow]:
    """Yield rows of products that customers can buy and the system serves."""
    for form_row, row in zip(rows, read_catalogue(rows), strict=True):
        inactive = cell_text(form_row.cells.get("active")).upper() == "FALSE"
        by_hand = cell_text(form_row.cells.get("fulfillment")).upper() == Fulfillment.EXTERNAL
        if not inactive and not by_hand and (row.sku or row.problem):
            yield row


def _lacks(row: CatalogueRow, state: State, region: str) -> Iterator[str]:
    if row.problem:
        yield row.problem
        return
    keyless = keyless_entitlements(row.product, state, region)
    for name in keyless:
        yield f"no keys for {name}"
    for entitlement in dict.fromkeys(row.product.entitlements if row.product else ()):
        if str(entitlement) not in keyless and state.available(entitlement.pool(region)) <= 0:
            yield f"no free seat for {entitlement}"


def _stock(state: State, pool: Pool) -> str:
    stock = state.pools.get(pool)
    if stock is None:
        return "no key was ever imported"
    owed = state.debts.get(pool, 0)
    return f"{_free(stock)}, {owed} owed to orders that wait" if owed else _free(stock)


def _free(stock: Stock) -> str:
    return f"{stock.available} free of {stock.total}"
