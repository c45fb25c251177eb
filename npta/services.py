"""The one place that makes things: the spreadsheet behind the operations, from the settings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

import google.auth

import sheets_schema
from npta.clients.delivery_state import DeliveryState
from npta.clients.shopify.client import Shopify
from npta.clients.slack.client import Slack
from npta.domain.catalogue.catalogue_summary import read_seen
from npta.domain.orders.rules import Mode, rules_in
from npta.domain.reports.attention import attention
from npta.domain.state.state import State
from npta.domain.state.times import Stamp, utc_text
from npta.domain.stock.inventory import key_inventory
from npta.domain.stock.key_import import read_unfinished
from npta.errors import SettingError
from npta.log import count_sheets_call
from npta.settings import Settings
from npta.tables import (
    Attention,
    Catalogue,
    ImportCapture,
    ImportHistory,
    ImportKeys,
    KeyInventory,
    KeyLedger,
    LiveCatalogue,
    Orders,
    Outbox,
    ShopSnapshot,
)
from sheets_schema import EMBEDDED, GOOGLE, Client, Clock, Schema, Spreadsheet, Timing
from sheets_schema.engine.client import SCOPES


def make_schema(settings: Settings) -> Schema[State]:
    """The spreadsheet of this service, tabs in the order in which people see them."""
    return Schema(
        state=State,
        ledgers=(ImportHistory, LiveCatalogue, KeyLedger, Orders, Outbox, ShopSnapshot),
        views={
            KeyInventory: lambda state, _: key_inventory(state),
            Attention: lambda state, values: attention(
                state,
                rules_in(values, settings.regions),
                settings.low_stock,
                read_seen(values["catalogue"]).remarks,
                read_unfinished(values["unfinished_import"]),
            ),
        },
        input_tables=(Catalogue, ImportKeys),
        internal_tables=(ImportCapture,),
        values={
            "mode": Mode.OFF,
            "go_live_at": "",
            "last_go_live_at": "",
            "catalogue": "",
            "refreshed_at": "",
            "unfinished_import": "",
        },
        order=(Catalogue, Attention, KeyInventory, ImportKeys, ImportHistory, KeyLedger, Orders, LiveCatalogue),
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
    spreadsheet: Spreadsheet[State]
    clock: Clock
    slack: Slack | None = None
    shop: Shopify | None = None
    refreshing: Refreshing = field(default_factory=Refreshing)
    sending: DeliveryState = field(default_factory=DeliveryState)

    def now(self) -> str:
        """The time of a fact: ISO 8601 UTC, to the second."""
        return utc_text(self.clock.now())

    def stamp(self, commit: str) -> Stamp:
        """Return what the rows of a commit are stamped with, now."""
        return Stamp(self.now(), commit)


def make_services(settings: Settings, *, clock: Clock | None = None) -> Services:
    """Connect to the spreadsheet that the settings name. Nothing is read yet."""
    clock = clock or Clock()
    client, timing = connect(settings, clock)
    if settings.confirmation_delay is not None:
        timing = replace(timing, confirmation_delay=settings.confirmation_delay)
    spreadsheet = Spreadsheet(make_schema(settings), client, timing=timing, clock=clock)
    return Services(settings, spreadsheet, clock, make_slack(settings, clock), make_shop(settings, clock))


def make_slack(settings: Settings, clock: Clock) -> Slack | None:
    """Slack, if there is a token for it."""
    return Slack(settings, clock) if settings.slack_bot_token else None


def make_shop(settings: Settings, clock: Clock) -> Shopify | None:
    """The shop, if one is set."""
    return Shopify(settings, clock) if settings.shopify_shop else None


def connect(settings: Settings, clock: Clock) -> tuple[Client, Timing]:
    """A client for the spreadsheet, and the durations that fit it.

    Google's credentials go to Google only: any other origin is called without a token.
    """
    if settings.embedded_file is not None:
        # By its full name, which loads the emulator only here: who works on Google never pays for it.
        return sheets_schema.open_embedded(
            embedded_path(settings.embedded_file), clock=clock, on_call=count_sheets_call
        ), EMBEDDED
    if settings.sheets_api.rstrip("/") != GOOGLE:
        client = Client(settings.spreadsheet, origin=settings.sheets_api, clock=clock, on_call=count_sheets_call)
        return client, EMBEDDED
    try:
        credentials, _ = google.auth.default(scopes=SCOPES)
    except google.auth.exceptions.DefaultCredentialsError as error:
        raise SettingError(f"There are no Google credentials for the spreadsheet: {error}") from error
    client = Client(settings.spreadsheet, credentials=credentials, clock=clock, on_call=count_sheets_call)
    return client, Timing()


def embedded_path(file: str) -> Path:
    """`sqlite:///a/b.db` is a/b.db below the working directory, or /a/b.db if only that folder exists."""
    path = Path(file)
    rooted = Path("/") / file
    return rooted if not path.parent.is_dir() and rooted.parent.is_dir() else path
