"""Every message that people read, with 0, 1 and 2 of everything and without each name that may be missing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Any, NamedTuple

import pytest

import npta.domain
import npta.operations
from npta.cli.reports import status_facts
from npta.clients.slack.blocks import lay_out
from npta.domain.catalogue.catalogue_summary import summarize
from npta.domain.orders.answers import answer, looked_up
from npta.domain.orders.eligibility import Mode
from npta.domain.orders.ledger_rows import order_event
from npta.domain.orders.next_steps import step_after_clearing
from npta.domain.reports.attention import attention
from npta.domain.reports.order_list import order_row
from npta.domain.reports.preflight import catalogue_published, entitlements_complete, keys_imported, stock_pushed
from npta.domain.reports.reconciliation import catalogue_cells, open_orders, short_pools
from npta.domain.reports.status import ServiceStatus
from npta.domain.reports.verification import keys_as_expected, mail_delivered, slack_posted, stock_down, what_to_do
from npta.domain.state.alert import Alert
from npta.domain.state.receipts import Order, OrderLine
from npta.domain.state.refunds import Refund, RefundedLine, write_refund
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.domain.stock.import_keys import Unfinished
from npta.local.slack.rules import check_message
from npta.tables import OrderEvent, Orders
from sheets_schema import InputRow
from tests.npta.domain.world import AT, LIVE, World, catalogue_row
from tests.npta.samples import MAY_BE_MISSING, NUMBERS, WORDS, makers, modules, samples
from tests.wording import mistakes

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def wrong_in(texts: Iterable[str]) -> str:
    """What is wrong with texts, each mistake once."""
    return "\n".join(dict.fromkeys(chain.from_iterable(map(mistakes, texts))))


def lines_of(alert: Alert) -> Iterator[str]:
    """All that people read of an alert; a heading with nothing below it is shown by its colon."""
    yield from (alert.title, alert.text, *(link.text for link in alert.links))
    for line, below in zip(alert.lines, [*alert.lines[1:], ""], strict=False):
        yield line.removesuffix(":") if line.endswith(":") and below else line
    yield alert.footer


ALERTS = [maker for maker in makers(Alert) if maker.__name__ not in ("make_alert", "read_alert", "with_links")]


@pytest.mark.parametrize("maker", ALERTS, ids=lambda maker: maker.__name__)
def test_every_alert(maker: Callable[..., Any]) -> None:
    made = (sample.call(maker) for sample in samples())
    alerts = chain.from_iterable([each] if isinstance(each, Alert) else each or () for each in made)
    seen = set(alerts)
    assert not wrong_in(chain.from_iterable(map(lines_of, seen)))
    for alert in seen:
        message = lay_out(alert)
        check_message(
            "chat.postMessage", {"text": message.text, "blocks": [block.to_dict() for block in message.blocks]}
        )


def test_the_walk_knows_every_alert() -> None:
    assert len(ALERTS) >= 16


# --- states: what people see in the sheet, at a shell and in the panel


class Stand(NamedTuple):
    """A state with so many of everything that waits for somebody, and the catalogue beside it."""

    state: State
    rows: tuple[InputRow, ...]


def stand(number: int, missing: frozenset[str]) -> Stand:
    """Make one: of every sort of trouble so many orders, pools and rows."""
    names = {name: "" if name in missing else WORDS[name] for name in ("order_name", "customer_name", "email")}
    sku = "" if "sku" in missing else "CPTa"
    world = World().keys("NASM CPT combined", 9).keys("NASM CNC exam", *[1] * number)
    world.product("CPTa", "NASM-CPT-FULL").product("CNCe", "NASM-CNC-EXAM").product("NSTB", "ELEIKO-STR1-FULL")
    base = Order(
        "", (), "CANADA", email=names["email"], customer_name=names["customer_name"], order_name=names["order_name"]
    )
    for at in range(number):
        unit = OrderLine("77", "CPTa", max(1, number))
        world.place(base._replace(order_id=f"1{at}", lines=(unit,)))
        world.place(base._replace(order_id=f"2{at}", lines=(unit._replace(sku="NSTB"),)))
        world.place(
            base._replace(order_id=f"3{at}", lines=(unit._replace(sku=sku or "XYZ"),)), LIVE._replace(mode=Mode.OFF)
        )
        world.place(base._replace(order_id=f"4{at}", lines=(unit, OrderLine("78", sku, 1))))
        world.facts(*refunded(world, f"4{at}", number))
        world.place(base._replace(order_id=f"5{at}", lines=(OrderLine("78", "CNCe", 1),)))
        world.place(base._replace(order_id=f"6{at}", lines=(OrderLine("", "nobody", 1),)))
    rows = [catalogue_row(2 + at, sku and f"S{at}", "NASM-CPT-FUL") for at in range(number)]
    return Stand(world.state, tuple(rows))


def refunded(world: World, order_id: str, units: int) -> list[Orders]:
    """The rows of a refund of some units of its first line."""
    refund = Refund(f"r-{order_id}", order_id, (RefundedLine("77", "CPTa", units, units),))
    return [
        order_event(
            world.state.orders[order_id],
            OrderEvent.REFUNDED,
            stamp=Stamp(AT, "c"),
            reason=refund.reason,
            lines=write_refund(refund),
        )
    ]


def views(of: Stand, mode: Mode) -> Iterator[str]:
    """Every text that is computed from a state."""
    state, rules = of.state, LIVE._replace(mode=mode)
    remarks = summarize(of.rows, state, "CANADA", frozenset()).remarks
    for unfinished in (None, Unfinished(1), Unfinished(2, AT, "ops@npta.example")):
        for row in attention(state, rules, 5, remarks, unfinished):
            yield from texts_of(row.cells().values())
    for record in state.orders.values():
        yield from texts_of(order_row(state, record, lambda: rules, "").cells().values())
        outcome = looked_up(state, record, rules)
        told = answer(state, record, outcome, rules=rules, test_recipient="test@npta.example")
        yield from (told.message, told.next_step, *(problem.message for problem in told.problems))
        yield from (what_to_do(state, record, rules), step_after_clearing(state, record, rules))
        for check in (
            slack_posted(state, record, ""), mail_delivered(record, "", ""), keys_as_expected(state, record, rules, ""),
            stock_down(record, {}, {}, (), ""),
        ):  # fmt: skip
            yield from texts_of(check)
    for finding in (
        *open_orders(state, rules, NOW, 0),
        *short_pools(state, 5, AT),
        *catalogue_cells(of.rows, state, "CANADA"),
    ):
        yield from texts_of(finding)
    for check in (
        catalogue_published(of.rows, state, "CANADA"), entitlements_complete(of.rows, state, "CANADA"),
        keys_imported(of.rows, state, "CANADA"), stock_pushed((), len(of.rows)),
    ):  # fmt: skip
        yield from texts_of(check)


def texts_of(found: Iterable[Any]) -> Iterator[str]:
    """Every text of a value with fields; lists in it are taken apart."""
    for part in found:
        if isinstance(part, str):
            yield part
        elif isinstance(part, tuple):
            yield from texts_of(part)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("mode", Mode)
def test_every_text_that_is_computed(number: int, mode: Mode) -> None:
    for missing in (frozenset[str](), MAY_BE_MISSING, *(frozenset({name}) for name in MAY_BE_MISSING)):
        assert not wrong_in(views(stand(number, missing), mode))


SPEAKING = [
    kind
    for module in chain(modules(npta.domain), modules(npta.operations))
    for kind in vars(module).values()
    if inspect.isclass(kind) and kind.__module__ == module.__name__ and hasattr(kind, "_fields")
    if isinstance(vars(kind).get("message"), property) or "__str__" in vars(kind)
]
"""Values that say what they are."""


@pytest.mark.parametrize("kind", SPEAKING, ids=lambda kind: kind.__name__)
def test_every_value_that_says_what_it_is(kind: type) -> None:
    made = (sample.of(kind) for sample in samples())
    assert not wrong_in(getattr(each, "message", "") or str(each) for each in made)


def test_every_line_of_the_status_at_a_shell() -> None:
    facts = chain.from_iterable(status_facts(sample.of(ServiceStatus)) for sample in samples())
    assert not wrong_in(f"{what}: {how}" for what, how in facts)


def test_nothing_that_speaks_is_left_out() -> None:
    assert {"Retired", "Adjusted", "Unfinished", "Left"} <= {kind.__name__ for kind in SPEAKING}
