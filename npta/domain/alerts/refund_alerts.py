"""Alerts of refunds and cancellations: what they change, and what to press. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from npta.domain.alerts.order_alerts import named_order
from npta.domain.state.alert import Alert, AlertKind, backorder_lines, small_print
from npta.domain.state.fingerprint import quantities
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import OrderLine
from npta.domain.state.refunds import Refund, RefundedLine, line_name, to_press
from npta.domain.state.wording import count, in_brackets, listed, short, sku_name


class TakenBack(NamedTuple):
    """What a refund changes in an order that is known here.

    `proposed` are the units that it holds keys for and is not owed any more, by this refund alone; `owed` those that it
    has no keys for and is still owed, `ended` those owed until now. `unmatched` are refunded lines of its SKUs without
    a line here.
    """

    proposed: tuple[OrderLine, ...] = ()
    ended: tuple[OrderLine, ...] = ()
    owed: tuple[OrderLine, ...] = ()
    unmatched: tuple[RefundedLine, ...] = ()

    @property
    def is_news(self) -> bool:
        """Whether it changes anything that people should hear of."""
        return bool(self.proposed or self.ended or self.unmatched)


def taken_back(before: OrderRecord, after: OrderRecord, refund: Refund) -> TakenBack:
    """Compare an order before and after a refund."""
    known = {line.line_item_id: line.quantity for line in before.to_give_back}
    more = (line._replace(quantity=line.quantity - known.get(line.line_item_id, 0)) for line in after.to_give_back)
    waited, waits = _without_keys(before), _without_keys(after)
    still = {line.line_item_id: line.quantity for line in waits}
    less = (line._replace(quantity=line.quantity - still.get(line.line_item_id, 0)) for line in waited)
    is_over = after.status in (Status.RELEASED, Status.CLOSED) or refund.cancelled
    lines = () if is_over else after.receipt.lines
    strange = {line.line_item_id for line in after.refunds.strangers(lines)}
    return TakenBack(
        proposed=tuple(line for line in more if line.quantity > 0),
        ended=tuple(line for line in less if line.quantity > 0),
        owed=waits,
        unmatched=tuple(
            line for line in refund.lines if line.line_item_id in strange and line.sku and quantities(lines)[line.sku]
        ),
    )


def _without_keys(record: OrderRecord) -> tuple[OrderLine, ...]:
    """Return the units that somebody still has to serve: the system, or people."""
    if record.status in (Status.RELEASED, Status.CLOSED, Status.FULFILLED):
        return ()
    return record.lacking()


def refund_alert(
    record: OrderRecord,
    refund: Refund,
    change: TakenBack,
    served_orders: Sequence[str] = (),
    reopened_orders: Sequence[str] = (),
    *,
    is_off: bool,
    request_id: str = "",
) -> Alert:
    """Make the alert that the shop took something back. Nothing has been released."""
    title = "🚫 Order Cancelled" if refund.cancelled else "💸 Refund"
    if change.proposed:
        title, message = f"{title}: Release Proposed", f"Release Keys would give back {_keys(record, change)}"
    elif change.ended:
        message = f"still owed: {_described(change.owed)}" if change.owed else "nothing is owed any more"
    else:
        message = "it names a line that this order does not have"
    lines = listed(
        f"Refunded: {sku_name(line.sku)} × {line.units}{in_brackets(line_name(line.line_item_id))}"
        for line in refund.lines
    )
    if refund.cancelled:
        lines = ["It was cancelled in Shopify."]
    lines += [*_proposal(record, change), *_waiting(record, change), *_unmatched(change)]
    lines += backorder_lines(served_orders, reopened_orders, is_off=is_off)
    return named_order(record).alert(AlertKind.REFUND, title, message, lines, small_print(request_id))


def _keys(record: OrderRecord, change: TakenBack) -> str:
    return count(record.seats_of(change.proposed).total(), "key")


def _proposal(record: OrderRecord, change: TakenBack) -> Iterator[str]:
    if not change.proposed:
        return
    yield f"Release Keys would give back {_keys(record, change)}:"
    skus = {line.line_item_id: line.sku for line in change.proposed}
    seats = record.seats_of(change.proposed)
    yield from listed(
        f"{sku_name(skus[name])}{in_brackets(line_name(name))}: {entitlement} × {number}"
        for (name, entitlement), number in seats.items()
    )
    steps = [f"order {record.order_id}, {to_press(line)}" for line in change.proposed]
    keep = "unless the customer shall keep them"
    if len(steps) == 1:
        yield f"Nothing has been released yet. Next step: press Release Keys for {steps[0]}, {keep}."
    else:
        yield f"Nothing has been released yet. Next step: press Release Keys once for each, {keep}:"
        yield from listed(f"• {step}" for step in steps)
    if record.refusal:
        yield "Nothing else is left of the order: without a line, Release Keys gives all of it back at once."
    elif not record.delivered:
        mail = "one that goes out before the release shows these keys, too" if record.keeps_keys else "none goes out"
        yield f"Its mail is not confirmed: {mail}."


def _waiting(record: OrderRecord, change: TakenBack) -> Iterator[str]:
    if not change.ended:
        return
    by_hand = record.status in (Status.OFF, Status.SKIPPED)
    yield f"Not owed any more: {_described(change.ended)}. Nothing was assigned for it."
    if change.owed:
        yield f"Still {'to be served by hand' if by_hand else 'owed'}: {_described(change.owed)}."
    else:
        yield "Next step: do not serve it by hand." if by_hand else "No action needed: it will not be filled."


def _unmatched(change: TakenBack) -> Iterator[str]:
    for line in change.unmatched:
        yield (
            f"No line of the order here has the id {short(line.line_item_id) or 'that the refund lacks'}{in_brackets(short(line.sku))}. "
            "Next step: compare the order in Shopify with its keys here."
        )


def _described(lines: Sequence[OrderLine]) -> str:
    return ", ".join(listed(f"{sku_name(line.sku)} × {line.quantity}" for line in lines))
