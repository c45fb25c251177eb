"""Rebuild: the stock from Import History and the Key Ledger alone, and everything computed written anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from npta.domain.inventory import key_inventory
from npta.domain.state import State
from npta.operations.push_stock import Push
from npta.operations.refresh_inventory import Difference, refresh_inventory
from npta.services import Services
from npta.tabs import ImportHistory, KeyInventory, KeyLedger
from sheets_schema import Deadline, SchemaMismatchError
from sheets_schema.inspection import full_scan


class Rebuilt(NamedTuple):
    """What was missing or wrong and has been mended, and what stands there now.

    `agrees`: Key Inventory, read back, shows what Import History and the Key Ledger say, folded by themselves.
    """

    repairs: tuple[str, ...]
    differences: tuple[Difference, ...]
    inventory: tuple[KeyInventory, ...]
    agrees: bool
    push: Push


def rebuild(
    services: Services, *, who: str, deadline: Deadline, progress: Callable[[str], None] = lambda _: None
) -> Rebuilt:
    """Bring back missing tabs and headers, compute every view and computed column anew, and push the stock.

    Safe to repeat; facts are never changed. Raises `SchemaError` for what only a person can mend (a tab of facts that is
    gone, a renamed header of a form, a damaged fact), and what `Spreadsheet.run` raises.
    """
    # First, since provisioning would put an empty tab in the place of facts that a person can still bring back.
    progress("looking for every tab of facts …")
    full_scan(services.spreadsheet.client, services.spreadsheet.schema.ledgers, deadline)
    progress("comparing the spreadsheet with its declaration …")
    repairs = tuple(services.spreadsheet.provision(deadline).steps)
    progress("computing stock, views and catalogue columns …")
    refreshed = refresh_inventory(services, who=who, deadline=deadline)
    progress("reading Import History and the Key Ledger back …")
    read = full_scan(services.spreadsheet.client, [ImportHistory, KeyLedger, KeyInventory], deadline)
    state = State()
    for fact in (*read[ImportHistory], *read[KeyLedger]):
        if isinstance(fact, SchemaMismatchError):
            raise fact
        state.apply(fact)
    inventory = key_inventory(state)
    agrees = inventory == read[KeyInventory]
    return Rebuilt(repairs, refreshed.differences, tuple(inventory), agrees, refreshed.push)
