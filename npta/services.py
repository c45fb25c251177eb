"""The one place that makes things: the spreadsheet behind the operations, from the settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import Lock

from npta.clients.keys_hook import KeysHook
from npta.clients.shopify.client import Shopify
from npta.clients.slack.client import Slack
from npta.domain.catalogue.catalogue_summary import read_summary
from npta.domain.orders.eligibility import Mode, Rules, rules_in
from npta.domain.reports.attention import attention
from npta.domain.reports.dashboard import Dashboard, DashboardRows
from npta.domain.reports.order_list import OrderRows
from npta.domain.state.state import State
from npta.domain.state.times import Stamp, utc_text
from npta.domain.stock.import_keys import read_unfinished
from npta.domain.stock.inventory import key_inventory
from npta.errors import SettingError
from npta.log import count_sheets_call
from npta.process_state.delivery_state import DeliveryState
from npta.settings import EMBEDDED_PREFIX, Settings
from npta.tables import (
    ArchivedOrder,
    ArchiveIndex,
    Attention,
    Catalogue,
    ImportCapture,
    ImportHistory,
    ImportKeys,
    KeyInventory,
    KeyLedger,
    LiveCatalogue,
    OrderList,
    Orders,
    Outbox,
    Providers,
    ShopSnapshot,
)
from sheets_schema import Clock, Database, Schema, SheetsError
from sheets_schema.advanced import GOOGLE, Archive


def make_schema(settings: Settings) -> Schema[State]:
    """Return the spreadsheet of this service."""
    rules = partial(rules_in, regions=settings.regions, has_hook=settings.keys_hook is not None)
    return Schema(
        (
            *(
                Dashboard,
                Attention,
                Catalogue,
                ImportKeys,
                KeyInventory,
                OrderList,
                Providers,
                ImportHistory,
                KeyLedger,
                Orders,
                LiveCatalogue,
            ),
            *(Outbox, ShopSnapshot, ImportCapture),
            *(ArchiveIndex,) * bool(settings.archives),
        ),
        State,
        views={
            Dashboard: DashboardRows(settings.low_stock),
            OrderList: OrderRows(rules, settings.shopify_shop),
            KeyInventory: lambda state, values: key_inventory(state, settings.low_stock, values["refreshed_at"]),
            Attention: lambda state, values: attention(
                state,
                rules(values),
                settings.low_stock,
                read_summary(values["catalogue"]).remarks,
                read_unfinished(values["unfinished_import"]),
            ),
        },
        values={
            "mode": Mode.OFF,
            "go_live_at": "",
            "last_go_live_at": "",
            "off_since": "",
            "off_spans": "",
            "catalogue": "",
            "mail_texts": "",
            "refreshed_at": "",
            "time_zone": "",
            "unfinished_import": "",
            "backorders_ready": "",
        },
    )


REFRESH_EVERY = 3.0
"""Seconds between two refreshes of the catalogue's computed columns."""


@dataclass
class Refreshing:
    """Whether the catalogue's computed columns are behind, and when they were last written."""

    due: bool = False
    last: float = float("-inf")
    lock: Lock = field(default_factory=Lock)


@dataclass
class Services:
    """What operations work with."""

    settings: Settings
    spreadsheet: Database[State]
    clock: Clock
    slack: Slack | None = None
    shop: Shopify | None = None
    hook: KeysHook | None = None
    refreshing: Refreshing = field(default_factory=Refreshing)
    sending: DeliveryState = field(default_factory=DeliveryState)
    archives: dict[str, Archive[ArchivedOrder]] = field(default_factory=dict, repr=False)
    archive_troubles: dict[str, str] = field(default_factory=dict)
    """By archive, what was wrong with it when it was last asked; no entry if nothing was."""

    def archive(self, name: str) -> Archive[ArchivedOrder]:
        """Return an archive, as `NPTA_ARCHIVES` or the index names it. Raises `SettingError`."""
        if name not in self.archives:
            try:
                self.archives[name] = Archive(
                    _url(self.settings, name), ArchivedOrder, on_call=count_sheets_call, clock=self.clock
                )
            except SheetsError as error:
                raise SettingError(str(error)) from error
        return self.archives[name]

    def required_shop(self) -> Shopify:
        """Return the shop. Raises `SettingError` if none is set."""
        if self.shop is None:
            raise SettingError("No shop is set: SHOPIFY_SHOP and its credentials are missing.")
        return self.shop

    def now(self) -> str:
        """Return the time of a fact: ISO 8601 UTC, to the second."""
        return utc_text(self.clock.now())

    def stamp(self, commit: str) -> Stamp:
        """Return what the rows of a commit are stamped with, now."""
        return Stamp(self.now(), commit)

    def rules(self, values: Mapping[str, str], unpublished: Collection[str] | None = None) -> Rules:
        """Return what decisions go by, from the named values beside the lock cell."""
        return rules_in(values, self.settings.regions, unpublished, has_hook=self.hook is not None)


def make_services(settings: Settings, *, clock: Clock | None = None) -> Services:
    """Connect to the spreadsheet that the settings name. Nothing is read yet."""
    clock = clock or Clock()
    schema = make_schema(settings)
    try:
        spreadsheet = Database(_url(settings, settings.spreadsheet), schema, on_call=count_sheets_call, clock=clock)
    except SheetsError as error:
        raise SettingError(str(error)) from error
    if settings.confirmation_delay is not None:
        timing = replace(spreadsheet.timing, confirmation_delay=settings.confirmation_delay)
        spreadsheet = Database(spreadsheet.client, schema, timing=timing, clock=clock)
    hook = KeysHook(settings, clock) if settings.keys_hook else None
    return Services(settings, spreadsheet, clock, make_slack(settings, clock), make_shop(settings, clock), hook)


def make_slack(settings: Settings, clock: Clock) -> Slack | None:
    """Slack, if there is a token for it."""
    return Slack(settings, clock) if settings.slack_bot_token else None


def make_shop(settings: Settings, clock: Clock) -> Shopify | None:
    """Return the shop, if one is set."""
    return Shopify(settings, clock) if settings.shopify_shop else None


def _url(settings: Settings, name: str) -> str:
    """Where a spreadsheet is; on a server that is not Google's under that server's address."""
    if name.startswith(EMBEDDED_PREFIX):
        return f"{EMBEDDED_PREFIX}{embedded_path(name.removeprefix(EMBEDDED_PREFIX))}"
    api = settings.sheets_api.rstrip("/")
    return name if api == GOOGLE else f"{api}/spreadsheets/d/{name}"


def embedded_path(file: str) -> Path:
    """Return a/b.db for `sqlite:///a/b.db`.

    It stands below the working directory, or is /a/b.db if only that folder exists.
    """
    path = Path(file)
    rooted = Path("/") / file
    return rooted if not path.parent.is_dir() and rooted.parent.is_dir() else path
