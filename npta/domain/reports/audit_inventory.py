"""The part of the audit that looks at Key Inventory. It is no fact, but what people and Shopify are shown. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from npta.domain.reports.audit_finding import FIRST_ROW, AuditFinding
from npta.domain.state.entitlements import Pool
from npta.domain.state.state import State
from npta.domain.stock.inventory import key_inventory
from npta.tables import ImportHistory, KeyInventory, KeyLedger

_WAY_OUT = "Refresh Inventory writes it anew"


def audit_inventory(
    imports: Sequence[ImportHistory], seats: Sequence[KeyLedger], shown: Sequence[KeyInventory]
) -> Iterator[AuditFinding]:
    """Whether Key Inventory shows every pool once, as the ledgers have it; then total = used + quarantined + available."""
    state = State()
    for fact in (*imports, *seats):
        state.apply(fact)
    wanted = {_pool(row): row for row in key_inventory(state)}
    seen: set[Pool] = set()
    for number, row in enumerate(shown, FIRST_ROW):
        pool = _pool(row)
        if pool not in wanted:
            yield AuditFinding(KeyInventory.title, number, f"no key of the pool {pool} was ever imported. {_WAY_OUT}")
        elif pool in seen:
            yield AuditFinding(KeyInventory.title, number, f"the pool {pool} has a row already. {_WAY_OUT}")
        elif row != wanted[pool]:
            message = f"{pool} shows {_counts(row)}; by the ledgers it is {_counts(wanted[pool])}. {_WAY_OUT}"
            yield AuditFinding(KeyInventory.title, number, message)
        seen.add(pool)
    for pool in wanted.keys() - seen:
        yield AuditFinding(KeyInventory.title, len(shown) + FIRST_ROW, f"the pool {pool} has no row. {_WAY_OUT}")


def _pool(row: KeyInventory) -> Pool:
    return Pool(row.region, row.provider, row.product_code, row.component)


def _counts(row: KeyInventory) -> str:
    return f"total {row.total}, used {row.used}, quarantined {row.quarantined}, available {row.available}"
