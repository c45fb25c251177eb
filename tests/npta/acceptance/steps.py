"""What people, the shop and Zapier do in these tests, and what one sees afterwards: over HTTP and with plain gspread."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import serve_slack
from npta.tables import Catalogue, KeyInventory
from sheets_schema import Clock
from sheets_schema.emulator import Emulator
from sheets_schema.testing.sheets_user import SheetsUser
from tests.support import OPERATOR_KEY, ORDER_KEY, Cell, House, catalogue_cell, new_spreadsheet

ENTITLEMENTS = {
    "CPTa": "NASM-CPT-FULL",
    "CPT": "NASM-CPT-EXAM",
    "CNC": "NASM-CNC-FULL",
    "CNCe": "NASM-CNC-EXAM",
    "NSTB": "ELEIKO-STR1-FULL,NASM-CPT-FULL,NCSF-STS-FULL",
    "CAREER": "NASM-CPT-FULL,NASM-CNC-FULL,NCSF-STS-FULL",
}
"""The runbook's examples; KBS-1 is served by hand."""

KEYS: list[list[Cell]] = [
    ["CANADA", "NASM", "CPT", "combined", "EX-2t572t1232321a", 15],
    ["CANADA", "NASM", "CPT", "content", "EX-2t572t1232321b", 15],
    ["CANADA", "NASM", "CPT", "exam", "EX-2t572t1232321c", 20],
    ["CANADA", "ELEIKO", "STR1", "combined", "KEY-123", 15],
    ["CANADA", "NASM", "CNC", "combined", "CNC-1", 10],
    ["CANADA", "NASM", "CNC", "exam", "CNC-e", 10],
    ["CANADA", "NCSF", "STS", "combined", "STS-1", 10],
]


@dataclass
class Watch:
    """A clock that a test moves; waiting on it takes no time."""

    at: datetime = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    waited: float = 0.0
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(monotonic=lambda: self.waited, sleep=self.passes, now=self.now)

    def now(self) -> datetime:
        return self.at + timedelta(seconds=self.waited)

    def passes(self, seconds: float) -> None:
        self.waited += seconds

    @contextmanager
    def npta(self, **environment: str) -> Iterator[House]:
        """As the fixture `npta`, with everything on this clock, and with settings of the test's own."""
        emulator = Emulator(clock=lambda: self.now().timestamp(), sleep=self.passes)
        if "NPTA_ARCHIVES" in environment:  # how many there are
            names = [new_spreadsheet(emulator) for _ in range(int(environment["NPTA_ARCHIVES"]))]
            environment["NPTA_ARCHIVES"] = ",".join(names)
        shop = LocalShop(self.clock)
        shop.seed()
        with serve_slack() as slack:
            house = House(emulator, shop=shop, slack=slack, clock=self.clock, environment=environment).provision()
            yield house
            house.end()


def press(house: House, path: str, body: Any = None, *, status: int = 200, key: str = OPERATOR_KEY) -> dict[str, Any]:
    """One call that is expected to end with a status; its answer."""
    response = house.call("POST", path, body if body is not None else {}, key=key)
    assert response.status_code == status, response.data
    told: dict[str, Any] = json.loads(response.data)
    return told


def look_up(house: House, order_id: str, *, key: str = OPERATOR_KEY) -> dict[str, Any]:
    """`GET /orders/{id}`."""
    response = house.call("GET", f"/orders/{order_id}", key=key)
    assert response.status_code == 200, response.data
    told: dict[str, Any] = json.loads(response.data)
    return told


def put_product(house: House, sku: str, **fields: Any) -> None:
    """Put a product into the shop, or change it."""
    _shop(house, "POST", "/_products", {"sku": sku, **fields})


def remove_product(house: House, sku: str) -> None:
    """Delete a product in the shop."""
    _shop(house, "DELETE", f"/_products/{sku}")


def buy(house: House, *lines: tuple[str, int], **more: Any) -> dict[str, Any]:
    """A customer buys and pays; the order as Shopify tells of it."""
    wanted = [{"sku": sku, "quantity": count} for sku, count in lines]
    customer = {"customer": "Ada Lovelace", "email": "ada@example.com"}
    return _shop(house, "POST", "/_orders", {**customer, "lines": wanted, **more})


def zap(house: House, order: Mapping[str, Any]) -> dict[str, Any]:
    """Zapier hands Shopify's order on; the answer, with its HTTP status as `http`."""
    response = house.call("POST", "/orders", order, key=ORDER_KEY)
    return {**json.loads(response.data), "http": response.status_code}


def shop_state(house: House) -> dict[str, Any]:
    """Everything that the shop holds."""
    return _shop(house, "GET", "/_state")


def shop_do(
    house: House, order: Mapping[str, Any], action: str, *lines: tuple[str, int], **more: Any
) -> dict[str, Any]:
    """What becomes of an order in the shop: refunded, cancelled, held, released, moved, handed to a service, fulfilled."""
    wanted = [{"sku": sku, "quantity": count} for sku, count in lines]
    return _shop(house, "POST", f"/_orders/{order['id']}/{action}", {"lines": wanted, **more})


def shelf(house: House) -> dict[str, int | None]:
    """What the shop has available, by SKU."""
    stock: dict[str, int | None] = shop_state(house)["stock"]
    return stock


def shop_work(house: House, order: Mapping[str, Any], action: str, **more: Any) -> None:
    """What people or other apps do to an order's fulfilment in the shop: hold, release, split, cancel, …"""
    _shop(house, "POST", f"/_orders/{order['id']}/{action}", more)


def shop_fault(house: House, name: str, **more: Any) -> None:
    """Something goes wrong in the shop from now on."""
    _shop(house, "POST", "/_faults", {"name": name, **more})


def shop_grant(house: House, **scopes: Any) -> None:
    """The app is granted all scopes that it needs, or these, or all `without` some."""
    _shop(house, "POST", "/_scopes", scopes)


def shop_mended(house: House) -> None:
    """Nothing goes wrong in the shop any more."""
    _shop(house, "DELETE", "/_faults")


def _shop(house: House, method: str, path: str, body: Any = None) -> dict[str, Any]:
    assert house.shop
    answer = house.shop.handle(method, path, body=json.dumps(body).encode() if body is not None else b"")
    assert answer.status == 200, answer.body
    told: dict[str, Any] = json.loads(answer.body)
    return told


def messages(house: House) -> list[dict[str, Any]]:
    """Every message in Slack, replies too."""
    assert house.slack
    return house.slack.slack.messages


def alerts(house: House, about: str = "") -> list[str]:
    """The first lines of what stands in the channel, threads left out; only what names `about`, if given."""
    return [each["text"] for each in messages(house) if not each["thread_ts"] and about in each["text"]]


def words(message: Mapping[str, Any]) -> str:
    """All that a message shows."""
    return json.dumps([message["text"], message["blocks"]], ensure_ascii=False)


def pools(house: House) -> dict[str, tuple[int, int]]:
    """Used and available seats by pool, as Key Inventory shows them."""
    return {
        f"{row['provider']} {row['product_code']} {row['component']}": (row["used"], row["available"])
        for row in house.rows(KeyInventory.__table__.title)
    }


def catalogue(house: House) -> dict[str, dict[str, Any]]:
    """The catalogue's rows by SKU."""
    return {row["SKU"]: row for row in house.rows(Catalogue.__table__.title)}


def available(house: House) -> dict[str, Any]:
    """The catalogue's `available` by SKU."""
    return {sku: row["available"] for sku, row in catalogue(house).items()}


def attention(house: House, what: str = "") -> list[tuple[str, str]]:
    """What Attention shows: sort and name."""
    return [(row["what"], row["which"]) for row in house.rows("Attention") if what in row["what"]]


def type_into(house: House, tab: str, header: str, values: Mapping[str, Cell], *, key: str = "SKU") -> None:
    """A person types into a column, beside what stands in the column `key`."""
    worksheet = house.sheet.worksheet(tab)
    grid: list[list[str]] = worksheet.get_all_values()
    place, named = grid[0].index(header) + 1, grid[0].index(key)
    for number, row in enumerate(grid[1:], 2):
        if row[named] in values:
            worksheet.update_cell(number, place, values[row[named]])


def person(house: House) -> SheetsUser:
    """Somebody with the spreadsheet open."""
    return SheetsUser(house.emulator, house.spreadsheet_id)


def seconds_later(house: House) -> None:
    """The catalogue may be refreshed again."""
    house.services.refreshing.last = float("-inf")


def opened(
    house: House, *, keys: Sequence[Sequence[Cell]] = (), entitlements: Mapping[str, str] = ENTITLEMENTS
) -> House:
    """The runbook's shop, open for business: products synced, entitlements typed and published, keys imported."""
    press(house, "/shopify/sync")
    rows = house.sheet.worksheet(Catalogue.__table__.title)
    skus = [str(sku) for sku in rows.col_values(1)[1:]]
    rows.update([[entitlements.get(sku, "")] for sku in skus], catalogue_cell("entitlements", 2), raw=True)
    rows.update(
        [["AUTO" if sku in entitlements else "EXTERNAL"] for sku in skus], catalogue_cell("fulfillment", 2), raw=True
    )
    house.sync()
    house.keys(*(keys or KEYS))
    return house
