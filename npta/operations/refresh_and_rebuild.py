"""Refresh Inventory and Rebuild: everything computed is computed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from npta.domain.catalogue.catalogue import read_catalogue
from npta.domain.catalogue.catalogue_summary import read_summary
from npta.domain.catalogue.computed_columns import shown
from npta.domain.state.outbox_rows import stock_pending
from npta.domain.state.state import State
from npta.domain.stock.inventory import key_inventory
from npta.operations.commit import commit
from npta.operations.computed_columns import stage_catalogue_columns
from npta.operations.outbox.stock_push import Push, push_stock
from npta.process_state.stock_push_state import EVERYTHING
from npta.services import Services
from npta.tables import Catalogue, ImportHistory, KeyInventory, KeyLedger
from sheets_schema import Deadline, SchemaMismatchError, Transaction

POOL = ("region", "provider", "product_code", "component")
COUNTS = ("total", "used", "quarantined", "available")


class Difference(NamedTuple):
    """A row that showed something else than the ledgers say."""

    tab: str
    which: str
    before: str
    after: str


class Refreshed(NamedTuple):
    """What Refresh Inventory found and put right in the sheet, and what it pushed to Shopify."""

    differences: tuple[Difference, ...]
    push: Push


def refresh_inventory(services: Services, *, who: str, deadline: Deadline) -> Refreshed:
    """Compute Key Inventory, Attention and `available` anew and push the stock to Shopify.

    Raises `SchemaMismatchError` if a header of the catalogue is missing; what Shopify does not take is in the result.
    """
    region = services.settings.region
    services.spreadsheet.restore_looks(deadline)

    def transact(tx: Transaction[State]) -> tuple[Difference, ...]:
        found = (*_inventory(tx), *_catalogue(tx, region))
        stage_catalogue_columns(tx, region)
        tx.set_value("refreshed_at", services.now())  # a commit rewrites every view that differs
        tx.set_value("time_zone", str(tx.time_zone))
        tx.rewrite_views()
        if services.shop:
            tx.add(stock_pending(tx.state, "refresh", (EVERYTHING,), stamp=services.stamp(tx.commit)))
        return found

    differences = commit(
        services,
        transact,
        operation="refresh inventory",
        who=who,
        deadline=deadline,
        reads=(Catalogue,),
        shows_stock=True,
    )
    return Refreshed(differences, push_stock(services, services.shop, deadline) if services.shop else Push())


def _inventory(tx: Transaction[State]) -> Iterator[Difference]:
    """Yield pools whose row in Key Inventory is missing, doubled, strange or wrong."""
    there: dict[str, str] = {}
    for row in tx.shown(KeyInventory):
        which = " ".join(str(row.get(name, "")) for name in POOL)
        there[which] = "several rows" if which in there else _counts(row)
    wanted = {
        " ".join(str(getattr(row, name)) for name in POOL): _counts(row.model_dump()) for row in key_inventory(tx.state)
    }
    for which in dict.fromkeys([*wanted, *there]):
        before, after = there.get(which, "no row"), wanted.get(which, "no row")
        if before != after:
            yield Difference(KeyInventory.__table__.title, which, before, after)


def _counts(row: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {_number(row.get(name, ''))}" for name in COUNTS)


def _number(cell: object) -> object:
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _catalogue(tx: Transaction[State], region: str) -> Iterator[Difference]:
    rows = tx.table(Catalogue).rows
    vanished = read_summary(tx.values["catalogue"]).vanished
    for form_row, row in zip(rows, read_catalogue(rows), strict=True):
        wanted = shown(row, tx.state, region, vanished)
        before = (_number(form_row.cells.get("available", "")), form_row.text("status"))
        after = ("" if wanted.available is None else wanted.available, wanted.status)
        if before != after:
            which = row.sku or f"row {row.number}"
            yield Difference(Catalogue.__table__.title, which, _described(before), _described(after))


def _described(cells: tuple[object, object]) -> str:
    return " · ".join(str(cell) for cell in cells if cell != "") or "empty"


class Rebuilt(NamedTuple):
    """What was missing or wrong and has been repaired, and what stands there now.

    `agrees`: Key Inventory, read back, shows what Import History and the Key Ledger say.
    """

    repairs: tuple[str, ...]
    differences: tuple[Difference, ...]
    inventory: tuple[KeyInventory, ...]
    agrees: bool
    push: Push


def rebuild(
    services: Services, *, who: str, deadline: Deadline, progress: Callable[[str], None] = lambda _: None
) -> Rebuilt:
    """Bring back missing tabs and headers, compute all views and columns, push the stock.

    Safe to repeat; facts are never changed. Raises `SchemaMismatchError` for what only a person can fix (a tab of
    facts that is gone, a renamed header of a form, a damaged fact).
    """
    # First, since provisioning would put an empty tab in the place of facts that a person can still bring back.
    progress("looking for every tab of facts …")
    services.spreadsheet.scan(services.spreadsheet.schema.ledgers, deadline)
    progress("comparing the spreadsheet with its declaration …")
    repairs = tuple(services.spreadsheet.provision(deadline).steps)
    progress("computing stock, views and catalogue columns …")
    refreshed = refresh_inventory(services, who=who, deadline=deadline)
    progress("reading Import History and the Key Ledger back …")
    read = services.spreadsheet.scan([ImportHistory, KeyLedger, KeyInventory], deadline)
    state = State()
    for fact in (*read[ImportHistory], *read[KeyLedger].opening, *read[KeyLedger]):
        if isinstance(fact, SchemaMismatchError):
            raise fact
        state.apply(fact)
    inventory = key_inventory(state)
    shown = [row.model_dump(include={*POOL, *COUNTS}) for row in read[KeyInventory] if isinstance(row, KeyInventory)]
    agrees = [row.model_dump(include={*POOL, *COUNTS}) for row in inventory] == shown
    return Rebuilt(repairs, refreshed.differences, tuple(inventory), agrees, refreshed.push)
