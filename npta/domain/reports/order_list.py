"""Order List: one row an order, with what people ask about it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from npta.domain.alerts.links import order_url
from npta.domain.orders.answers import looked_up
from npta.domain.orders.eligibility import Rules
from npta.domain.orders.next_steps import next_step, release_step
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.state import State
from npta.domain.state.times import moment
from npta.domain.state.wording import listed, short
from npta.tables import OrderList
from sheets_schema.advanced import IncrementalView, changed_keys

MAX_PRODUCTS = 5
"""Lines of an order that are named."""
MAX_STEP = 400
"""Characters of the next step."""


class OrderRows(IncrementalView[State]):
    """Order List as the library keeps it: a commit writes the rows of its orders.

    `rules` are those that some named values say; `shop` is the shop's domain, empty if there is none.
    """

    def __init__(self, rules: Callable[[Mapping[str, str]], Rules], shop: str) -> None:
        self._rules = rules
        self._shop = shop

    def row_count(self, state: State) -> int:
        """Return how many rows there are."""
        return state.list_length.value

    def key(self, state: State, index: int) -> str:
        """Return the order that stands in a row."""
        return short(state.listed[index])

    def row(self, state: State, values: Mapping[str, str], index: int) -> OrderList:
        """Return the row of the order at an index."""
        return order_row(state, state.orders[state.listed[index]], partial(self._rules, values), self._shop)

    def changed(
        self, before: State, after: State, values_before: Mapping[str, str], values: Mapping[str, str]
    ) -> Iterable[int]:
        """Return the indexes of rows that may have changed; all after a change of the mode.

        No order holds other keys without a row in Orders that tells of it. What is to be done next about an order that
        failed, waits or was released depends on the mode and the go-live time.
        """
        if any(values_before[name] != values[name] for name in ("mode", "go_live_at")):
            return range(self.row_count(after))
        indexes = (after.list_positions.get(order_id) for order_id in changed_keys(before.orders, after.orders))
        return [index for index in indexes if index is not None]


def order_row(state: State, record: OrderRecord, rules: Callable[[], Rules], shop: str) -> OrderList:
    """Return an order's row.

    The next step is that of the order's last change; Attention shows the one of now.
    """
    seats = sum(holding.seats for holding in state.holdings.get(record.order_id, ()))
    to_give_back = () if record.status is Status.CLOSED else record.to_give_back
    return OrderList(
        order=short(record.order_id),
        order_name=short(record.order_name),
        customer=short(record.customer_name),
        email=short(record.email),
        products=_products(record),
        state=record.status,
        keys=seats,
        mail=("sent" if record.delivered else "not confirmed") if seats else "",
        paid_at=moment(record.paid_at),
        changed_at=moment(record.events[-1].at),
        next_step=short(release_step(record, to_give_back) or _step(state, record, rules), MAX_STEP),
        shop=order_url(shop, record.order_id) if shop and record.order_id.isdigit() else "",
    )


def _products(record: OrderRecord) -> str:
    if record.damage:
        return ""
    lines = record.receipt.lines or (record.filled_receipt.lines if record.filled_receipt else ())
    named = (f"{short(line.sku) or 'no SKU'}{f' × {line.quantity}' if line.quantity > 1 else ''}" for line in lines)
    return ", ".join(listed(named, MAX_PRODUCTS))


def _step(state: State, record: OrderRecord, rules: Callable[[], Rules]) -> str:
    if record.damage:
        return record.damage
    if record.status is Status.FULFILLED:
        return "" if record.delivered else "Look at the Zap's mail step; re-run the Zap if the customer has no mail."
    known = rules()
    return next_step(state, record, looked_up(state, record, known), known)
