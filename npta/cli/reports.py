"""Commands that tell how things are: status, preflight, verify, reconcile."""

from __future__ import annotations

import argparse

from npta.cli.console import SECONDS, WHO, Environment, progress, say, say_checks, say_table, services_of
from npta.domain.reports.capacity import how_full
from npta.domain.reports.findings import ChecklistItem
from npta.domain.reports.status import OpenOrders, ServiceStatus
from npta.domain.state.wording import count
from npta.domain.stock.import_keys import FINISH_IMPORT
from npta.errors import SettingError
from npta.operations.outbox.flush import flush_before_exit
from npta.operations.preflight import ALL, preflight, preflight_deploy
from npta.operations.reconcile import reconcile
from npta.operations.status import get_status
from npta.operations.verify import verify_order
from npta.text_tables import table


def run_status(_given: argparse.Namespace, environment: Environment) -> int:
    """How the service stands."""
    services = services_of(environment)
    status = get_status(services, deadline=services.clock.deadline(SECONDS))
    say(table(["what", "how it stands"], status_facts(status)))
    say_table(["row", "SKU", "status"], status.unsynced, title="NPTA Catalogue: rows to look at")
    say_table(
        ["pool", "free", "threshold", "days left"], [_shown(pool) for pool in status.low_pools], title="Low pools"
    )
    for title, orders in (
        ("Failed orders", status.failed_orders),
        ("Keys assigned, mail not confirmed", status.undelivered_orders),
        ("Orders to be served by hand", status.by_hand_orders),
    ):
        _say_orders(title, orders)
    say_table(
        ["channel", "alert", "about", "since", "why"],
        status.outbox.refused,
        title="Refused by Slack or Shopify for good",
    )
    return 0


def status_facts(status: ServiceStatus) -> list[tuple[str, object]]:
    """Return what there is to say, and how it stands."""
    waiting = ", ".join(f"{number} {channel}" for channel, number in status.outbox.by_channel.items() if number)
    pushed = status.last_push
    facts = [
        ("mode", f"{status.mode}, live since {status.go_live_at}" if status.go_live_at else status.mode),
        ("version", f"commit {status.version}"),
        ("catalogue", status.catalogue_problem or f"{count(len(status.unsynced), 'row')} to look at"),
        ("import", f"{status.unfinished_import}. {FINISH_IMPORT}" if status.unfinished_import else "none under way"),
        ("low pools", f"{len(status.low_pools)}"),
        ("failed orders", f"{status.failed_orders.total}, {status.failures_in_a_row} in a row"),
        ("mails not confirmed", f"{status.undelivered_orders.total}"),
        ("orders by hand", f"{status.by_hand_orders.total}"),
        ("outbox", f"{waiting}, oldest {status.outbox.oldest}" if waiting else "empty"),
        ("last push to Shopify", f"{pushed.at}, {count(pushed.levels, 'level')}" if pushed else "never"),
        ("room", how_full(status.cells, status.cells_max, has_archives=bool(status.archives))),
        *_archives(status),
        ("Shopify", status.shopify),
        ("Slack", status.slack),
    ]
    return [*facts, ("API version", status.drift)] if status.drift else [*facts]


def _archives(status: ServiceStatus) -> list[tuple[str, object]]:
    orders = sum(archive.orders for archive in status.archives)
    kept = f"{count(orders, 'order')} in {count(len(status.archives), 'archive')}"
    troubles = [status.archives_trouble, *(archive.trouble for archive in status.archives)]
    said = [kept, *filter(None, troubles)]
    return [("archives", ". ".join(said))] if status.archives or len(said) > 1 else []


def _shown(row: tuple[object, ...]) -> tuple[object, ...]:
    return tuple("–" if cell is None else cell for cell in row)


def _say_orders(title: str, orders: OpenOrders) -> None:
    more = orders.total - len(orders.first)
    heading = f"{title}: the first {len(orders.first)} of {orders.total}" if more else f"{title}: {orders.total}"
    say_table(["order", "name", "customer", "since", "reason"], orders.first, title=heading)


def run_preflight(given: argparse.Namespace, environment: Environment) -> int:
    """Check whether everything is ready for go-live."""
    try:
        services = services_of(environment)
    except SettingError as error:
        rest = [ChecklistItem(name, ok=False, found="not checked: the settings come first") for name in ALL[1:]]
        return say_checks([ChecklistItem(ALL[0], ok=False, found="incomplete", next_step=str(error)), *rest])
    deadline = services.clock.deadline(SECONDS)
    check = preflight_deploy if given.deploy else preflight
    return say_checks(check(services, who=WHO, deadline=deadline, progress=progress))


def run_verify(given: argparse.Namespace, environment: Environment) -> int:
    """Check whether everything has happened that one order is to bring about."""
    services = services_of(environment)
    deadline = services.clock.deadline(SECONDS)
    verified = verify_order(services, given.order, deadline=deadline, progress=progress)
    name = f" ({verified.order_name})" if verified.order_name else ""
    say(f"  order {verified.order_id}{name}\n")
    return say_checks(verified.checks)


def run_reconcile(_given: argparse.Namespace, environment: Environment) -> int:
    """Shopify, the sheet and the ledgers compared."""
    services = services_of(environment)
    deadline = services.clock.deadline(SECONDS)
    done = reconcile(services, who=WHO, deadline=deadline, progress=progress)
    flush_before_exit(services, who=WHO, deadline=deadline)
    say_table(["what", "which", "detail"], done.findings)
    checked = ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in done.checked._asdict().items())
    findings = count(len(done.findings), "finding") if done.findings else "everything agrees"
    say(f"\n  {findings}; checked: {checked}")
    return 1 if done.findings else 0
