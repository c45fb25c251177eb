"""The data model: every tab of the spreadsheet, its columns, and who writes it.

*Dashboard* is in `npta.domain.reports`. The words are the runbook's. People edit *inputs*; *ledgers* are facts, and
*views* are computed from them.
"""

from npta.tables.inputs import Catalogue, Component, Fulfillment, ImportCapture, ImportKeys, Providers, Typed
from npta.tables.ledgers import (
    ArchivedOrder,
    ArchiveIndex,
    ImportHistory,
    KeyEvent,
    KeyLedger,
    LiveCatalogue,
    NoticeEvent,
    OrderEvent,
    Orders,
    Outbox,
    ShopSnapshot,
)
from npta.tables.views import Attention, KeyInventory, OrderList

__all__ = [
    "ArchiveIndex",
    "ArchivedOrder",
    "Attention",
    "Catalogue",
    "Component",
    "Fulfillment",
    "ImportCapture",
    "ImportHistory",
    "ImportKeys",
    "KeyEvent",
    "KeyInventory",
    "KeyLedger",
    "LiveCatalogue",
    "NoticeEvent",
    "OrderEvent",
    "OrderList",
    "Orders",
    "Outbox",
    "Providers",
    "ShopSnapshot",
    "Typed",
]
