"""Live verification: whether everything that one order is to bring about has happened. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from npta.domain.catalogue.availability import sellable
from npta.domain.orders.answers import looked_up, reason
from npta.domain.orders.eligibility import Mode, Rules
from npta.domain.orders.next_steps import next_step, step_after_clearing
from npta.domain.orders.unconfirmed_mails import mail_due_since
from npta.domain.reports.findings import ChecklistItem, ReconciliationFinding
from npta.domain.state.alert import AlertKind
from npta.domain.state.entitlements import Pool
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.outbox_messages import Channel
from npta.domain.state.state import State
from npta.domain.state.wording import count, short
from npta.tables import ImportHistory, KeyEvent, KeyLedger, OrderEvent

SLACK, MAIL, KEYS, STOCK = "Slack posted", "mail delivered", "keys as expected", "stock down by what is owed"
LONGEST = 1_000
"""Characters of what was found."""


def what_to_do(state: State, record: OrderRecord, rules: Rules) -> str:
    """Return what helps an order to its keys; only what will work as things stand."""
    outcome = looked_up(state, record, rules)
    if outcome.status in (Status.RELEASED, Status.CLOSED, Status.SKIPPED):
        if record.open:
            return f"It was {outcome.status}, and cleared since. {step_after_clearing(state, record, rules)}"
        return f"Nothing is to be done: it was {outcome.status}."
    return next_step(state, record, outcome, rules) or "See what GET /orders/{id} says of the order."


def slack_posted(state: State, record: OrderRecord, step: str) -> ChecklistItem:
    """Whether the ✅ of the order is out."""
    if posted := state.thread(record.order_id, AlertKind.FULFILLED):
        return ChecklistItem(SLACK, ok=True, found=f"message {posted}")
    waiting = [message for message in state.pending(Channel.SLACK) if message.about == record.order_id]
    if waiting:
        step = "Call POST /outbox/flush, or wait for the scheduler, and verify again; see the log if it stays so."
        return ChecklistItem(
            SLACK, ok=False, found=f"not noted as posted yet, due since {waiting[0].at}", next_step=step
        )
    if "" < mail_due_since(record) <= (state.since.value or ""):
        return ChecklistItem(
            SLACK, ok=True, found=f"sent before {state.since.value}: which message it was is not kept so long"
        )
    return ChecklistItem(SLACK, ok=False, found=f"there is no ✅ of this order; it is {record.status}", next_step=step)


def mail_delivered(record: OrderRecord, test_recipient: str, step: str) -> ChecklistItem:
    """Whether the Zap has confirmed its mail, to whom the mode of that time sends it."""
    receipt = record.filled_receipt
    if receipt is None:
        return ChecklistItem(MAIL, ok=False, found="the order holds no keys that could be mailed", next_step=step)
    to = (test_recipient if receipt.mode == Mode.TEST else record.email) or "an unknown address"
    if not record.delivered:
        step = "Look at the Zap’s mail step, and whether the step after it calls POST /orders/{id}/delivered."
        return ChecklistItem(
            MAIL, ok=False, found=f"not confirmed since {mail_due_since(record)} (to {to})", next_step=step
        )
    confirmed = next(event for event in reversed(record.events) if event.event is OrderEvent.DELIVERED)
    message = f", {confirmed.reason}" if confirmed.reason else ""
    return ChecklistItem(MAIL, ok=True, found=f"confirmed {confirmed.at} to {to} (mode {receipt.mode}){message}")


def keys_as_expected(state: State, record: OrderRecord, rules: Rules, step: str) -> ChecklistItem:
    """Check that the order holds what its lines are owed, from the right pools."""
    receipt = record.filled_receipt
    if record.status is not Status.FULFILLED or receipt is None:
        outcome = looked_up(state, record, rules)
        found = reason(outcome, record) if outcome.status is Status.FAILED else f"the order is {record.status}"
        return ChecklistItem(KEYS, ok=False, found=short(found, LONGEST), next_step=step)
    owed: Counter[tuple[str, str, str, Pool]] = Counter()
    for entry in receipt.owed:
        owed[entry.line_item_id, entry.sku, str(entry.entitlement), entry.entitlement.pool(receipt.region)] += (
            entry.seats
        )
    held: Counter[tuple[str, str, str, Pool]] = Counter()
    for holding in state.holdings.get(record.order_id, ()):
        pool = state.keys[holding.key_id].pool
        held[holding.line_item_id, holding.sku, holding.entitlement, pool] += holding.seats
    misses = []
    for position in sorted(owed | held):
        _, sku, entitlement, pool = position
        if owed[position] != held[position]:
            misses.append(f"{sku} {entitlement}: owed {owed[position]}, holds {held[position]} ({pool})")
    if misses:
        step = "Run python -m npta audit, and ask for help with what it says."
        return ChecklistItem(KEYS, ok=False, found="not what is owed", next_step=step, details=tuple(misses))
    keys = ", ".join(f"{sku}: {entitlement} × {seats}" for (_, sku, entitlement, _), seats in sorted(held.items()))
    return ChecklistItem(KEYS, ok=True, found=f"{count(held.total(), 'key')} ({keys})")


class PoolUse(NamedTuple):
    """Seats used of a pool, by the ledger: before the order's first row, its own, others' since."""

    before: int
    own: int
    others: int


_UNUSED = PoolUse(0, 0, 0)


def pool_use(order_id: str, imports: Iterable[ImportHistory], rows: Sequence[KeyLedger]) -> Mapping[Pool, PoolUse]:
    """By pool, of those that the order has touched."""
    pools = {row.key_id: Pool(row.region, row.provider, row.product_code, row.component) for row in imports}
    before: Counter[Pool] = Counter()
    own: dict[Pool, int] = {}
    others: Counter[Pool] = Counter()
    for row in rows:
        pool, seats = pools[row.key_id], _SIGN.get(row.event, 0) * row.seats
        if row.order_id == order_id:
            own[pool] = own.get(pool, 0) + seats
        elif own:
            others[pool] += seats
        else:
            before[pool] += seats
    return {pool: PoolUse(before[pool], seats, others[pool]) for pool, seats in own.items()}


_SIGN = {KeyEvent.ASSIGNED: 1, KeyEvent.RELEASED: -1}


def stock_down(
    record: OrderRecord,
    by_pool: Mapping[Pool, PoolUse],
    shown: Mapping[Pool, int],
    elsewhere: Iterable[ReconciliationFinding],
    step: str,
) -> ChecklistItem:
    """Check that each pool's `used` rose by what is owed, and everybody shows that.

    `shown` is `used` by pool in Key Inventory, `elsewhere` is where the catalogue or Shopify differ. `step` helps an
    order that is owed nothing.
    """
    receipt = record.filled_receipt
    owed = receipt.needs() if receipt else Counter[Pool]()
    misses: list[str] = []
    moves: list[str] = []
    for pool in sorted({*owed, *by_pool}):
        now = by_pool.get(pool, _UNUSED)
        moves.append(f"{pool}: used {now.before} → {now.before + now.own}")
        if now.own != owed[pool]:
            misses.append(f"{pool}: {now.own} taken, {owed[pool]} owed")
        if pool in by_pool and shown.get(pool) != sum(now):
            misses.append(f"{pool}: Key Inventory shows {shown.get(pool, 'nothing')} used, the ledger says {sum(now)}")
    misses += [f"{finding.which}: {finding.detail}" for finding in elsewhere]
    if not owed and not misses:
        back = f"; what it took is back: {'; '.join(moves)}" if moves else ""
        return ChecklistItem(STOCK, ok=False, found=f"the order is owed nothing{back}", next_step=step)
    if misses:
        step = "Press Refresh Inventory and verify again; if it stays so, run python -m npta audit."
        return ChecklistItem(
            STOCK, ok=False, found="; ".join(moves) or "nothing taken", next_step=step, details=tuple(misses)
        )
    return ChecklistItem(STOCK, ok=True, found="; ".join(moves))


def skus_of(state: State, pools: Iterable[Pool], region: str) -> set[str]:
    """Return the published AUTO products that draw on any of these pools."""
    touched = set(pools)
    products = ((sku, state.products[sku]) for sku in sellable(state, region))
    return {
        sku
        for sku, product in products
        if product and touched & {entitlement.pool(region) for entitlement in product.entitlements}
    }
