"""The main job, told with the runbook's own data: a real function on loopback, an embedded spreadsheet in a file.

Everything goes the way it goes in production: people type into the sheet through the Sheets API, orders come in over
HTTP. Every step states what it expects; the demo ends with 0 only if each came out so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import gspread
import requests

from npta.domain.fulfillment import Mode
from npta.local.function import running_function
from npta.operations.audit_spreadsheet import audit_spreadsheet
from npta.operations.change_mode import change_mode
from npta.services import make_services
from npta.settings import Settings
from npta.tables import table
from npta.tabs import Attention, Catalogue, ImportHistory, ImportKeys, KeyInventory
from sheets_schema.embedded import open_embedded

ORDER_KEY = "demo-order-key"
OPERATOR_KEY = "demo-operator-key"
PERSON = "user:ops@npta.example"

CATALOGUE = [
    ("nasm", "CPTa", "Certified Personal Trainer, all inclusive", "Certification", "NASM-CPT-FULL", "AUTO"),
    ("nasm", "CPT", "Certified Personal Trainer, exam only", "Certification", "NASM-CPT-EXAM", "AUTO"),
    ("nasm", "CNC", "Certified Nutrition Coach", "Specialization", "NASM-CNC-FULL", "AUTO"),
    ("nasm", "CNCe", "Certified Nutrition Coach, exam only", "Specialization", "NASM-CNC-EXAM", "AUTO"),
    (
        "multi",
        "NSTB",
        "NPTA Strength Training Bundle",
        "Bundle",
        "ELEIKO-STR1-FULL,NASM-CPT-FULL,NCSF-STS-FULL",
        "AUTO",
    ),
    ("multi", "CAREER", "Career Bundle", "Bundle", "NASM-CPT-FULL,NASM-CNC-FULL,NCSF-STS-FULL", "AUTO"),
    ("multi", "KBS-1", "KBStronger, level 1", "Certification", "", "EXTERNAL"),
]

PASTED: list[list[str | int]] = [
    # the runbook's six sample keys, in the three ways in which people paste them
    ["region | provider | product_code | component | keycode | seats"],
    ["CANADA  NASM      CPT            combined    EX-2t572t1232321a  15"],
    ["CANADA  NASM      CPT            content     EX-2t572t1232321b  15"],
    ["CANADA  NASM      CPT            exam        EX-2t572t1232321c  20"],
    ["CANADA | NASM | NSBK_CPT-CNC-CES | combined | EX-2t572t1232325a | 15"],
    ["CANADA\tNASM\tNSBK_CPT-CNC-CES\tcontent\tEX-2t572t1232325b\t15"],
    ["CANADA", "NASM", "NSBK_CPT-CNC-CES", "exam", "EX-2t572t1232325c", "20"],
    # and a few more
    ["CANADA | ELEIKO | STR1 | combined | KEY-123 | 15"],
    ["CANADA", "NASM", "CNC", "combined", "CNC-FULL-1", 1],
    ["CANADA", "NASM", "CNC", "combined", "CNC-FULL-2", 5],
    ["CANADA", "NASM", "CNC", "exam", "0012", 1],
    ["CANADA", "NASM", "CNC", "exam", "1-2", 5],
    ["CANADA", "NCSF", "STS", "combined", "STS-1", 1],
    # two that must be refused
    ["CANADA", "NASM", "CPT", "full", "EX-oops", 15],
    ["CANADA", "NASM", "CPT", "combined", "EX-2t572t1232321a", 15],
]


class Step(NamedTuple):
    """One order of the story and what must come of it."""

    title: str
    order_id: str
    lines: Sequence[tuple[str, int]]
    http: int
    status: str
    keys: int
    replayed: bool = False


STORY = [
    Step("a single course", "6855909900591", [("CPTa", 1)], 200, "fulfilled", 1),
    Step("an exam only", "6855909900592", [("CPT", 1)], 200, "fulfilled", 1),
    Step("a bundle over three providers", "6855909900593", [("NSTB", 1)], 200, "fulfilled", 3),
    Step("quantity 2, over the end of a key", "6855909900594", [("CNCe", 2)], 200, "fulfilled", 2),
    Step("mixed with an EXTERNAL product", "6855909900595", [("CNC", 1), ("KBS-1", 1)], 200, "fulfilled", 1),
    Step("only EXTERNAL", "6855909900596", [("KBS-1", 1)], 200, "skipped", 0),
    Step("the first order again", "6855909900591", [("CPTa", 1)], 200, "fulfilled", 1, replayed=True),
    Step("a bundle, one course out of stock", "6855909900597", [("CAREER", 1)], 422, "failed", 0),
    Step("the same again: nothing has changed", "6855909900597", [("CAREER", 1)], 422, "failed", 0, replayed=True),
]
AFTERWARDS = Step("stock has arrived, the Zap runs again", "6855909900597", [("CAREER", 1)], 200, "fulfilled", 3)


class Checks:
    """What was expected, and whether it came so."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def expect(self, what: str, *, expected: object, found: object) -> str:
        """A tick or a cross for the table."""
        if expected == found:
            return "✓"
        self.failed.append(f"{what}: expected {expected!r}, found {found!r}")
        return "✗"


def run_demo(file: Path, say: Callable[[str], None] = print) -> int:
    """Tell the story on a new spreadsheet in `file`. Returns 0 only if every step came out as expected."""
    checks = Checks()
    for old in file.parent.glob(f"{file.name}*"):
        old.unlink()
    file.parent.mkdir(parents=True, exist_ok=True)
    environment = demo_environment(file)
    _provision(environment, say)
    sheet = _person(file)
    say("\n2. A person fills NPTA Catalogue and pastes keys into Import Keys")
    fill_catalogue(sheet)
    paste_keys(sheet, PASTED)
    say(f"   {len(CATALOGUE)} products, {len(PASTED)} pasted lines")
    with running_function(environment) as origin:
        say(f"\n3. The function runs on {origin}")
        _sync(origin, checks, say)
        _import(origin, checks, say, imported=11 + 1, refused=2)
        _stock(sheet, say, "Stock before")
        _orders(origin, STORY, checks, say, "\n6. Orders, as Zapier sends them")
        _tab(sheet, Attention.title, say, "Attention: what a person should look at now")
        say("\n7. More keys arrive; the order that waited opens by itself")
        paste_keys(sheet, [["CANADA", "NCSF", "STS", "combined", "STS-2", 10]], below=4)
        answer = _post(origin, "/keys/import", OPERATOR_KEY, {})
        mark = checks.expect("reopened", expected=["6855909900597"], found=answer.json().get("reopened_orders"))
        say(f"   imported {answer.json().get('imported')}, reopened {answer.json().get('reopened_orders')}  {mark}")
        _orders(origin, [AFTERWARDS], checks, say, "")
        mark = checks.expect(
            "flushed", expected=200, found=_post(origin, "/outbox/flush", OPERATOR_KEY, {}).status_code
        )
        say(f"\n8. The scheduler calls: the catalogue's “available” follows  {mark}")
        _stock(sheet, say, "Stock after")
        _check_sheet(sheet, checks)
    services = make_services(Settings.load(environment))
    faults = audit_spreadsheet(services, deadline=services.clock.deadline(60))
    mark = checks.expect("audit", expected=[], found=faults)
    say(f"\n9. Audit: every fact read again, every invariant checked, {len(faults)} faults  {mark}")
    say(f"\nThe spreadsheet lies in {file}.")
    for failed in checks.failed:
        say(f"   ✗ {failed}")
    say("Every step came out as expected." if not checks.failed else "Not as expected: see above.")
    return 1 if checks.failed else 0


def demo_environment(file: Path) -> dict[str, str]:
    """The settings of the demo."""
    return {
        "NPTA_SPREADSHEET": f"sqlite:///{file}",
        "NPTA_REGION": "CANADA",
        "NPTA_ORDER_KEYS": ORDER_KEY,
        "NPTA_OPERATOR_KEYS": OPERATOR_KEY,
        "NPTA_TEST_RECIPIENT": "test@npta.example",
        "NPTA_SUPPORT_CONTACT": "support@npta.example",
    }


def _provision(environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    services = make_services(Settings.load(environment))
    steps = services.spreadsheet.provision(services.clock.deadline(60)).steps
    change_mode(services, Mode.LIVE, who="demo", deadline=services.clock.deadline(60))
    say("1. The spreadsheet is set up")
    say(table(["#", "done"], list(enumerate([*steps, "mode LIVE"], 1))))


def _person(file: Path) -> gspread.Spreadsheet:
    """The spreadsheet in the hands of a person: plain gspread, not the service's account."""
    embedded = open_embedded(file)
    embedded.session.headers["Authorization"] = f"Bearer {PERSON}"
    client = gspread.Client(auth=None, session=embedded.session)  # type: ignore[arg-type]  # none beside a session
    return client.open_by_key(embedded.spreadsheet_id)


def fill_catalogue(sheet: gspread.Spreadsheet) -> None:
    """Type the products in, as a person or Sync from Shopify would."""
    rows = [
        [provider, sku, title, category, entitlements, "TRUE", fulfillment]
        for provider, sku, title, category, entitlements, fulfillment in CATALOGUE
    ]
    sheet.worksheet(Catalogue.title).update(rows, "A2", raw=True)


def paste_keys(sheet: gspread.Spreadsheet, rows: list[list[str | int]], *, below: int = 1) -> None:
    """Paste lines into Import Keys below row `below`."""
    sheet.worksheet(ImportKeys.title).update(rows, f"A{below + 1}", raw=True)


def _post(origin: str, path: str, key: str, body: Mapping[str, Any]) -> requests.Response:
    return requests.post(f"{origin}{path}", json=body, headers={"X-API-Key": key}, timeout=30)


def _sync(origin: str, checks: Checks, say: Callable[[str], None]) -> None:
    answer = _post(origin, "/catalogue/sync", OPERATOR_KEY, {}).json()
    mark = checks.expect("published products", expected=len(CATALOGUE), found=answer.get("published"))
    say(f"\n4. Sync Catalogue: {answer.get('published')} published  {mark}")
    say(
        table(
            ["row", "SKU", "remark"],
            [[each[name] for name in ("row", "SKU", "message")] for each in answer["problems"]],
        )
    )


def _import(origin: str, checks: Checks, say: Callable[[str], None], *, imported: int, refused: int) -> None:
    answer = _post(origin, "/keys/import", OPERATOR_KEY, {}).json()
    found = (answer.get("imported"), answer.get("duplicates", 0) + answer.get("rejected", 0))
    mark = checks.expect("imported and refused rows", expected=(imported, refused), found=found)
    say(f"\n5. Import Keys: {found[0]} imported, {found[1]} refused  {mark}")
    rows = [[each["row"], each["outcome"], each["reason"]] for each in answer["rows"] if each["outcome"] != "imported"]
    say(table(["row", "outcome", "reason"], rows))


def _orders(origin: str, steps: Sequence[Step], checks: Checks, say: Callable[[str], None], heading: str) -> None:
    rows = []
    for step in steps:
        lines = [
            {"line_item_id": str(place), "sku": sku, "quantity": count}
            for place, (sku, count) in enumerate(step.lines, 1)
        ]
        order = {"order_id": step.order_id, "email": "ada@example.com", "customer_name": "Ada Lovelace"}
        answer = _post(origin, "/orders", ORDER_KEY, {**order, "line_items": lines})
        body = answer.json()
        found = (answer.status_code, body.get("status"), body.get("keys_count"), body.get("replayed"))
        mark = checks.expect(step.title, expected=(step.http, step.status, step.keys, step.replayed), found=found)
        told = ", ".join(f"{sku} ×{count}" for sku, count in step.lines)
        result = "; ".join(key["keycode"] for key in body["keys"]) or body["message"]
        rows.append([mark, step.title, told, answer.status_code, body["status"], result])
    if heading:
        say(heading)
    say(table(["", "order", "lines", "HTTP", "status", "keys or message"], rows))


def _stock(sheet: gspread.Spreadsheet, say: Callable[[str], None], heading: str) -> None:
    _tab(sheet, KeyInventory.title, say, f"{heading}: Key Inventory, as it stands in the sheet")
    catalogue = sheet.worksheet(Catalogue.title).get_all_values()
    wanted = [catalogue[0].index(name) for name in ("SKU", "entitlements", "fulfillment", "available", "status")]
    say("\n   NPTA Catalogue")
    say(table([catalogue[0][place] for place in wanted], [[row[place] for place in wanted] for row in catalogue[1:]]))


def _tab(sheet: gspread.Spreadsheet, title: str, say: Callable[[str], None], heading: str) -> None:
    values = sheet.worksheet(title).get_all_values()
    say(f"\n   {heading}")
    say(table(values[0], values[1:]))


def _check_sheet(sheet: gspread.Spreadsheet, checks: Checks) -> None:
    history = sheet.worksheet(ImportHistory.title).get_all_values()
    codes = [row[history[0].index("keycode")] for row in history[1:]]
    checks.expect(
        "key codes letter for letter", expected=["0012", "1-2"], found=[c for c in codes if c in ("0012", "1-2")]
    )
    sellable = {row["SKU"]: row["available"] for row in sheet.worksheet(Catalogue.title).get_all_records()}
    checks.expect("available", expected={"CPTa": 12, "NSTB": 9}, found={sku: sellable[sku] for sku in ("CPTa", "NSTB")})
