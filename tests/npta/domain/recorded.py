"""What people and machines read of orders, alerts and reports, as it was last recorded.

`python -m tests.npta.domain.recorded` records it anew: look at the difference, it is what everybody will read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from npta.domain.alerts.order_alerts import delivered_alert, order_alert, recovered_alerts, undelivered_alert
from npta.domain.alerts.resolved_alerts import resolved_alerts
from npta.domain.orders.answer_body import answer_body
from npta.domain.orders.answers import answer, looked_up
from npta.domain.orders.backorders import reopened
from npta.domain.orders.eligibility import Mode, Rules
from npta.domain.orders.next_steps import step_after_clearing
from npta.domain.orders.replays import why_not_filled
from npta.domain.reports.attention import attention
from npta.domain.reports.dashboard import dashboard
from npta.domain.reports.order_list import order_row
from npta.domain.reports.reconciliation import open_orders, short_pools
from npta.domain.reports.status import by_hand_orders, failed_orders, low_pools, orders_to_give_back, undelivered_orders
from npta.domain.reports.verification import (
    keys_as_expected,
    mail_delivered,
    pool_use,
    slack_posted,
    stock_down,
    what_to_do,
)
from npta.domain.state.alert import Alert, AlertKind
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.outbox_rows import alert_pending
from npta.domain.state.times import Stamp
from npta.domain.stock.inventory import key_inventory
from npta.tables import ImportHistory, KeyLedger
from tests.npta.domain.gallery import ID, RULES, SITUATIONS, Shop, order_in
from tests.npta.domain.world import AT
from tests.npta.samples import MAY_BE_MISSING, NUMBERS, Sample, makers

FOLDER = Path(__file__).parent / "recorded"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
CHANCES = 6
"""So many ways of flags and enums are recorded of each alert."""


def _lines(name: str, value: Any) -> Iterator[str]:
    """A value as lines that a difference shows well; what is empty is left out."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict) and name and not any(isinstance(part, dict | list | tuple) for part in value.values()):
        value = " | ".join(str(part) for part in value.values() if part not in (None, ""))
    if isinstance(value, dict):
        for field, part in value.items():
            yield from _lines(f"{name}.{field}" if name else str(field), part)
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value, 1):
            yield from _lines(f"{name} {index}", part)
    elif value is True or (value is not False and value not in (None, "")):
        yield f"{name}: {value}".replace("\n", "⏎")


def _alert(alert: Alert) -> Iterator[str]:
    yield from (f"[{alert.kind}] {alert.title}", f"  = {alert.text}", *(f"  {line}" for line in alert.lines))
    if alert.footer:
        yield f"  ({alert.footer})"


def _read(shop: Shop, rules: Rules) -> Iterator[str]:
    """All that is said of the order of a shop in one mode."""
    state, record = shop.state, shop.record
    yield from _lines(
        "", {f"row.{k}": v for k, v in order_row(state, record, lambda: rules, "npta.example").cells().items()}
    )
    outcome = looked_up(state, record, rules)
    if record.damage:
        return
    answered = answer(state, record, outcome, rules=rules, test_recipient="test@npta.example", email="new@example.com")
    yield from _lines("", answer_body(answered))
    yield from _lines("fill", why_not_filled(record, rules))
    yield from _lines("to do", what_to_do(state, record, rules))
    yield from _lines("once cleared", step_after_clearing(state, record, rules))
    yield from _lines(
        "reopened", [(row.order_id, row.reason) for row in reopened(state, rules, stamp=shop.stamp(), why="x")]
    )
    imports = [row for row in shop.history if isinstance(row, ImportHistory)]
    use = pool_use(ID, imports, [row for row in shop.history if isinstance(row, KeyLedger)])
    shown = {pool: stock.used for pool, stock in state.pools.items()}
    for check in (
        slack_posted(state, record, "S"), mail_delivered(record, "test@npta.example", "S"),
        keys_as_expected(state, record, rules, "S"), stock_down(record, use, shown, (), "S"),
    ):  # fmt: skip
        yield f"{'✓' if check.ok else '✗'} {check.what}: {check.found}{f' → {check.next_step}' if check.next_step else ''}"
        yield from (f"    {detail}" for detail in check.details)
    yield from _ended(shop)
    first = answered._replace(replayed=False)
    for label, alert in (
        ("alert", order_alert(first, failures_in_a_row=1)),
        ("alert, again", order_alert(first, failures_in_a_row=3, repeat=True, warnings=("W",))),
        ("alert, delivered", delivered_alert(first, request_id="r-1") if first.keys else None),
    ):
        if alert:
            yield from (f"{label}: {line}" for line in _alert(alert))


def _ended(shop: Shop) -> Iterator[str]:
    """Which alerts of before are over by now; one that this very commit makes is not."""
    state, now = shop.state.fork(), shop.stamp()
    for stamp in (Stamp(AT, "before"), now):
        for kind in (AlertKind.FAILED, AlertKind.BY_HAND, AlertKind.REFUND):
            alert = Alert(kind, ID, f"❌ {kind}", f"{stamp.commit}, {kind}", ("a line",), "(r)")
            state.apply(alert_pending(state, alert, stamp=stamp))
    for row in resolved_alerts(state, (ID, "nobody", ID), stamp=Stamp("now", now.commit)):
        state.apply(row)
        yield from _lines("over", row.body)


def _reports(shop: Shop, rules: Rules) -> Iterator[str]:
    """All that reports say of a shop with this one order."""
    state = shop.state
    for row in attention(state, rules, 2):
        yield from _lines("attention", " | ".join(str(cell) for cell in row.cells().values() if cell))
    for name, listed in (
        ("failed", failed_orders(state, rules)), ("by hand", by_hand_orders(state)),
        ("to give back", orders_to_give_back(state)), ("undelivered", undelivered_orders(state)),
        ("undelivered early", undelivered_orders(state, "2026-11-23T15:02:00Z")),
    ):  # fmt: skip
        yield from _lines(f"status, {name}", listed)
    for finding in (*open_orders(state, rules, NOW, 60), *short_pools(state, 2, NOW.isoformat())):
        yield from _lines("nightly", " | ".join(finding))


def _numbers(shop: Shop) -> Iterator[str]:
    """Numbers that no mode changes."""
    for row in key_inventory(shop.state, 2, "2026-11-24T00:00:00Z"):
        yield from _lines("inventory", " | ".join(str(cell) for cell in row.cells().values()))
    for low in low_pools(shop.state, 2, "2026-11-24"):
        yield from _lines("low", low)
    day = dashboard(shop.state, 2, "2026-11-23T20:00:00Z")
    for shown in (*day[:3], day[-1]):
        yield from _lines("dashboard", " | ".join(str(cell) for cell in shown.cells().values() if cell))


def orders() -> Iterator[str]:
    """Every situation of the gallery: all of it in LIVE, and where another mode says something else."""
    for situation in SITUATIONS:
        yield f"══ {situation}"
        shop = order_in(situation)
        yield from _lines("event", [" | ".join(filter(None, event)) for event in shop.record.events])
        yield from (f"channel: {line}" for alert in shop.alerts for line in _alert(alert))
        live = [*_read(shop, RULES), *_reports(shop, RULES)]
        yield from (*live, *_numbers(shop))
        for name, rules in (
            ("with a hook", RULES._replace(has_hook=True)),
            ("TEST", RULES._replace(mode=Mode.TEST)),
            ("OFF", RULES._replace(mode=Mode.OFF)),
        ):
            said = [*_read(shop, rules), *_reports(shop, rules)]
            yield from (f"{name}: {line}" for line in said if line not in live)
            yield from (
                f"{name}, not: {line}" for line in live if line not in said and line.partition(":")[0] != "mode"
            )
        yield ""


def _makers() -> Iterable[Callable[..., Any]]:
    own = ("make_alert", "read_alert", "with_links")
    return [maker for maker in makers(Alert) if maker.__name__ not in own]


def alerts() -> Iterator[str]:
    """Every alert with 0, 1 and 2 of everything, with all names and without those that may be missing."""
    for maker in _makers():
        yield f"══ {maker.__name__}"
        made: dict[Alert, None] = {}
        for number in NUMBERS:
            for missing in (frozenset[str](), MAY_BE_MISSING):
                for chance in range(CHANCES):
                    found = Sample(number, missing, chance).call(maker)
                    made |= dict.fromkeys([found] if isinstance(found, Alert) else found or ())
        for alert in made:
            yield from _alert(alert)
        yield ""
    records = [order_in(situation).record for situation in ("filled", "filled, mail confirmed, sent again")]
    yield "══ many orders at once"
    yield from _alert(undelivered_alert(records))
    yield from (line for alert in _recovered(records, 5) for line in _alert(alert))
    yield from (line for alert in _recovered(records, 6) for line in _alert(alert))


def _recovered(records: list[OrderRecord], number: int) -> list[Alert]:
    shop = order_in("failed, out of stock")
    failed = answer(shop.state, shop.record, looked_up(shop.state, shop.record, RULES), rules=RULES, test_recipient="")
    return recovered_alerts(
        [failed._replace(order_id=f"{ID[:-1]}{index}") for index in range(number)], request_id="r-1"
    )


RECORDED: dict[str, Callable[[], Iterator[str]]] = {"orders.txt": orders, "alerts.txt": alerts}


def text(name: str) -> str:
    """What is read now, as it would be recorded."""
    return "".join(f"{line.rstrip()}\n" for line in RECORDED[name]())


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in RECORDED:
        (FOLDER / name).write_text(text(name), encoding="utf-8")
