"""What the page shows."""

from __future__ import annotations

from dataclasses import dataclass

from npta.local.api_keys import ApiKeys
from npta.local.shop.core import LocalShop
from npta.local.slack.stand_in import LocalSlack
from sheets_schema.emulator import Emulator


@dataclass(frozen=True)
class World:
    """What the page shows. `service` is the function's origin, which takes these keys; `file` is the spreadsheet's."""

    service: str
    emulator: Emulator
    spreadsheet_id: str
    shop: LocalShop
    slack: LocalSlack
    keys: ApiKeys
    file: str
