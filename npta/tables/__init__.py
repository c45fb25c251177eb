"""The data model: every tab of the spreadsheet and its columns, a module each.

*Dashboard* is in `npta.domain.reports`. The words are the runbook's. People edit input tables, the service appends
events to ledgers and never changes them, and views are computed from them and come back after any damage.
"""

from npta.tables.archives import ArchivedOrder, ArchiveIndex
from npta.tables.attention import Attention
from npta.tables.catalogue import Catalogue, Component, Fulfillment, LiveCatalogue
from npta.tables.columns import Typed
from npta.tables.import_history import ImportHistory
from npta.tables.import_keys import ImportCapture, ImportKeys
from npta.tables.key_inventory import KeyInventory
from npta.tables.key_ledger import KeyEvent, KeyLedger
from npta.tables.order_list import OrderList
from npta.tables.orders import OrderEvent, Orders
from npta.tables.outbox import Outbox, OutboxEvent
from npta.tables.providers import Providers
from npta.tables.shop_snapshot import ShopSnapshot

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
    "OrderEvent",
    "OrderList",
    "Orders",
    "Outbox",
    "OutboxEvent",
    "Providers",
    "ShopSnapshot",
    "Typed",
]
