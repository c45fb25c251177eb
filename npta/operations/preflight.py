"""Preflight: is everything ready for go-live? No check stops another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from npta.clients.shopify.client import Shopify
from npta.domain.catalogue.availability import sellable
from npta.domain.catalogue.sync_from_shopify import ShopVariant
from npta.domain.orders.eligibility import Mode
from npta.domain.reports.capacity import how_full
from npta.domain.reports.findings import ChecklistItem, check
from npta.domain.reports.preflight import (
    ENTITLEMENTS,
    KEYS,
    PUBLISHED,
    PUSHED,
    catalogue_published,
    entitlements_complete,
    keys_imported,
    preflight_alert,
    stock_pushed,
)
from npta.domain.reports.reconciliation import stock_differences
from npta.domain.state.state import State
from npta.domain.state.wording import count
from npta.domain.stock.sold_not_arrived import Sale
from npta.errors import ShopError, SlackError
from npta.operations.archiving.archive_health import check_archives
from npta.operations.commit import commit, read
from npta.operations.sold_not_arrived import coming_orders
from npta.services import Services
from npta.tables import Catalogue
from sheets_schema import Database, Deadline, SheetsError, Transaction

SETTINGS, SHOPIFY, SPREADSHEET, SLACK = "settings", "Shopify", "spreadsheet", "Slack"
ARCHIVES = "archives"
"""Among the checks only if there are some."""
ALL = (SETTINGS, SHOPIFY, SPREADSHEET, PUBLISHED, ENTITLEMENTS, KEYS, PUSHED, SLACK)
_SHEET = (PUBLISHED, ENTITLEMENTS, KEYS)
SHOP_SHARE = 0.4
"""How much of the time Shopify may take."""


def preflight(
    services: Services, *, who: str, deadline: Deadline, progress: Callable[[str], None] = lambda _: None
) -> tuple[ChecklistItem, ...]:
    """Check settings, Shopify, spreadsheet, catalogue, keys, stock and Slack. Raises nothing.

    Two things are done for real, since nothing less proves them: a commit that changes no fact (`preflight` in the
    Commit Log), and one message to the Slack channel, which says what was found.
    """
    progress("Shopify …")
    shop, seen = _shopify(services, services.clock.deadline(deadline.left() * SHOP_SHARE))
    progress("spreadsheet …")
    spreadsheet = _spreadsheet(services, who, deadline)
    progress("catalogue, entitlements, keys, stock …")
    checks = [
        _settings(services),
        shop,
        spreadsheet,
        *_archives(services, deadline),
        *_content(services, seen, deadline),
    ]
    progress("Slack: posting what was found …")
    return (*checks, _slack(services, checks, deadline))


def preflight_deploy(
    services: Services, *, who: str, deadline: Deadline, progress: Callable[[str], None] = lambda _: None
) -> tuple[ChecklistItem, ...]:
    """Check what a deploy can break: Shopify and Slack, if set, and the spreadsheet.

    Raises nothing.
    """
    checks = []
    if services.shop:
        progress("Shopify …")
        checks.append(_shopify(services, services.clock.deadline(deadline.left() * SHOP_SHARE))[0])
    progress("spreadsheet …")
    checks.append(_spreadsheet(services, who, deadline))
    checks += _archives(services, deadline, with_damage=False)
    if services.slack:
        progress("Slack: posting what was found …")
        checks.append(_slack(services, checks, deadline))
    return tuple(checks)


def _settings(services: Services) -> ChecklistItem:
    settings = services.settings
    if not settings.test_recipient:
        step = "Set NPTA_TEST_RECIPIENT: mode TEST sends its mail there."
        return ChecklistItem(SETTINGS, ok=False, found="NPTA_TEST_RECIPIENT is missing", next_step=step)
    contact = "" if settings.support_contact else "; NPTA_SUPPORT_CONTACT is not set, so alerts name nobody to ask"
    found = f"region {settings.region}, test mail to {settings.test_recipient}{contact}"
    return ChecklistItem(SETTINGS, ok=True, found=found)


class _Seen(NamedTuple):
    shelves: tuple[ShopVariant, ...] = ()
    coming: tuple[Sale, ...] = ()
    trouble: str = ""


def _shopify(services: Services, deadline: Deadline) -> tuple[ChecklistItem, _Seen]:
    shop = services.shop
    if shop is None:
        missing = "not configured"
        step = "Set SHOPIFY_SHOP, its credentials and SHOPIFY_LOCATION_ID."
        return ChecklistItem(SHOPIFY, ok=False, found=missing, next_step=step), _Seen(trouble=missing)
    misses, seen = [], _Seen()
    failed: dict[str, list[str]] = {}
    try:
        seen = _Seen(tuple(shop.variants(deadline)))
        with suppress(ShopError, SheetsError):  # reported where orders and spreadsheet are looked at
            seen = seen._replace(coming=coming_orders(services, shop, deadline))
    except ShopError as error:
        seen = _Seen(trouble=str(error))
        failed[str(error)] = ["products and stock"]
    for what, look in (("scopes", _scopes), ("location", _location), ("orders", _orders)):
        try:
            misses += look(shop, deadline)
        except ShopError as error:
            failed.setdefault(str(error), []).append(what)
    misses += [f"{', '.join(whats)}: {why}" for why, whats in failed.items()]
    misses += [shop.drift] if shop.drift else []
    if misses:
        found, step = count(len(misses), "fault"), "Fix the causes that Shopify gives, then run preflight again."
        return ChecklistItem(SHOPIFY, ok=False, found=found, next_step=step, details=tuple(dict.fromkeys(misses))), seen
    text = f"{services.settings.shopify_shop}, API {services.settings.shopify_api_version}, {count(len(seen.shelves), 'variant')}"
    return ChecklistItem(SHOPIFY, ok=True, found=text), seen


def _scopes(shop: Shopify, deadline: Deadline) -> list[str]:
    return [f"the app lacks the access scope {scope}" for scope in shop.missing_scopes(deadline)]


def _location(shop: Shopify, deadline: Deadline) -> list[str]:
    wanted = shop.location(deadline)
    locations = shop.locations(deadline)
    found = next((location for location in locations if location.location_id == wanted), None)
    there = ", ".join(f"{location.location_id} ({location.name})" for location in locations if location.active)
    if found is None:
        return [f"SHOPIFY_LOCATION_ID {wanted} is no location of the shop; it has {there}"]
    return [] if found.active else [f"the location {found.name} ({wanted}) is switched off in Shopify"]


def _orders(shop: Shopify, deadline: Deadline) -> list[str]:
    shop.paid_open(deadline)
    return []


def _spreadsheet(services: Services, who: str, deadline: Deadline) -> ChecklistItem:
    spreadsheet = services.spreadsheet
    try:
        if steps := spreadsheet.diff(deadline).steps:
            step = "Run python -m npta provision."
            return ChecklistItem(
                SPREADSHEET, ok=False, found=f"{len(steps)} to set up", next_step=step, details=tuple(steps)
            )

        def transact(tx: Transaction[State]) -> str:
            tx.set_value("refreshed_at", services.now())
            return f"as declared, mode {Mode(tx.values['mode'])}, written as version {tx.version + 1}"

        found = commit(services, transact, operation="preflight", who=who, deadline=deadline)
    except SheetsError as error:
        return ChecklistItem(
            SPREADSHEET, ok=False, found="cannot be used", next_step="Fix the cause.", details=(str(error),)
        )
    full = how_full(spreadsheet.cells, spreadsheet.MAX_CELLS, has_archives=bool(services.settings.archives))
    return ChecklistItem(SPREADSHEET, ok=True, found=f"{found}; {full}")


def _archives(services: Services, deadline: Deadline, *, with_damage: bool = True) -> list[ChecklistItem]:
    """Look whether archives can be read and written; nothing if there are none.

    Without `with_damage` what they lack is left aside: no deploy fixes that.
    """
    try:
        missing = read(services, lambda tx: tx.state.index_trouble, deadline)
        found = check_archives(services, deadline, write=True)
    except SheetsError as error:
        return (
            [ChecklistItem(ARCHIVES, ok=False, found="not checked", next_step=str(error))]
            if services.settings.archives
            else []
        )
    troubles = (archive.trouble for archive in found if with_damage or not archive.is_usable)
    misses = [trouble for trouble in (missing, *troubles) if trouble]
    if not found and not misses:
        return []
    full = [
        f"{archive.name}: {archive.cells * 100 // Database.MAX_CELLS} % full, {count(archive.orders, 'order')}"
        for archive in found
    ]
    step = "Fix what is wrong with each, then run preflight again."
    return [check(ARCHIVES, misses, right="; ".join(full), wrong=("fault", "faults"), next_step=step)]


def _content(services: Services, seen: _Seen, deadline: Deadline) -> list[ChecklistItem]:
    region = services.settings.region

    def pushed(tx: Transaction[State]) -> list[ChecklistItem]:
        if seen.trouble:
            not_read = "not compared: Shopify was not read"
            return [ChecklistItem(PUSHED, ok=False, found=not_read, next_step="See Shopify.")]
        wanted = sellable(tx.state, region)
        compared = sum(1 for shelf in seen.shelves if shelf.sellable and shelf.sku in wanted)
        return [stock_pushed(stock_differences(tx.state, region, seen.shelves, seen.coming), compared)]

    def catalogue(tx: Transaction[State]) -> list[ChecklistItem]:
        rows = tx.table(Catalogue).rows
        return [
            catalogue_published(rows, tx.state, region),
            entitlements_complete(rows, tx.state, region),
            keys_imported(rows, tx.state, region),
        ]

    found: list[ChecklistItem] = []
    for names, look, reads in ((_SHEET, catalogue, (Catalogue,)), ((PUSHED,), pushed, ())):
        try:
            found += read(services, look, deadline, reads=reads)
        except SheetsError as error:
            found += (ChecklistItem(name, ok=False, found="not checked", next_step=str(error)) for name in names)
    return found


def _slack(services: Services, checks: list[ChecklistItem], deadline: Deadline) -> ChecklistItem:
    if services.slack is None:
        step = "Set SLACK_BOT_TOKEN and SLACK_CHANNEL."
        return ChecklistItem(SLACK, ok=False, found="not configured: alerts stay in the outbox", next_step=step)
    try:
        posted = services.slack.post(preflight_alert(checks), deadline=deadline)
    except SlackError as error:
        return ChecklistItem(SLACK, ok=False, found="no message could be posted", next_step=str(error))
    return ChecklistItem(SLACK, ok=True, found=f"message {posted} in {services.settings.slack_channel}")
