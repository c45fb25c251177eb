"""The story: a real function on loopback, an embedded spreadsheet, a shop and Slack.

Everything goes the way it goes in production: customers buy in the shop, people type into the sheet through the Sheets
API, orders come in over HTTP. Every step states what it expects; the demo ends with 0 only if each came out so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from npta.domain.orders.eligibility import Mode
from npta.domain.state.wording import count
from npta.local.api_keys import draw_keys
from npta.local.demo.stage import Stage, demo_environment, in_a_persons_hands
from npta.local.demo.story import (
    AFTERWARDS,
    ALERTS,
    ARRIVED,
    ENTITLEMENTS,
    EXTERNAL,
    IMPORTED,
    LATE,
    NO_MAIL,
    PASTED,
    REFUNDED,
    REFUSED,
    SAME_KEYS,
    SCARCE,
    STORY,
    WAITING,
    StoryStep,
)
from npta.local.function_process import running_function
from npta.local.shop.server import serve_shop
from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import LocalSlack, serve_slack
from npta.local.workbook.zapier import CatchHook, LocalZapier, serve_catch_hook
from npta.operations.audit import audit_spreadsheet
from npta.operations.mode import change_mode
from npta.services import make_services
from npta.settings import Settings
from npta.tables import Attention, Catalogue, Fulfillment, ImportHistory, ImportKeys, KeyInventory
from npta.text_tables import table

CATALOGUE = ("SKU", "entitlements", "fulfillment", "available", "status")


def run_demo(file: Path, say: Callable[[str], None] = print, story: list[StoryStep] | None = None) -> int:
    """Tell the story on a new spreadsheet in `file`.

    Returns 0 only if every step came out as expected.
    """
    for old in file.parent.glob(f"{file.name}*"):
        old.unlink()
    file.parent.mkdir(parents=True, exist_ok=True)
    shop, slack = LocalShop(), LocalSlack()
    shop.seed()
    with serve_shop(shop) as shopify, serve_slack(slack) as channel, serve_catch_hook() as hook:
        keys = draw_keys()
        environment = demo_environment(file, keys, shop.environment(shopify.url), channel.api_url, hook.address)
        _provision(environment, say)
        with running_function(environment) as origin:
            stage = Stage(origin, in_a_persons_hands(file), shop, slack, say, keys)
            say(f"\n2. The function runs on {origin}; a shop and a Slack channel stand beside it")
            _set_up(stage)
            _sell(stage, STORY if story is None else story)
            _restock(stage, hook)
            _give_back(stage)
            _mail_again(stage)
            _run_low(stage)
            _wind_up(stage)
        _audit(stage, environment)
    say(f"\nThe spreadsheet lies in {file}.")
    for failed in stage.failed:
        say(f"   ✗ {failed}")
    say("Every step came out as expected." if not stage.failed else "Not as expected: see above.")
    return 1 if stage.failed else 0


def _provision(environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    services = make_services(Settings.load(environment))
    steps = services.spreadsheet.provision(services.clock.deadline(60)).steps
    change_mode(services, Mode.LIVE, who="demo", deadline=services.clock.deadline(60))
    say("1. The spreadsheet is set up")
    say(table(["#", "done"], list(enumerate([*steps, "mode LIVE"], 1))))


def _set_up(stage: Stage) -> None:
    """From an empty sheet to stock: the shop's products, entitlements, keys."""
    done = stage.press("/shopify/sync").json()
    mark = stage.expect("products from the shop", expected=len(ENTITLEMENTS) + 1, found=done.get("added"))
    stage.say(
        f"\n3. Sync from Shopify: {count(done.get('added', 0), 'product appears', 'products appear')} in NPTA Catalogue  {mark}"
    )
    stage.say("   Stock in the shop: " + _levels(stage.stock_in_the_shop()))
    type_entitlements(stage)
    stage.say("\n4. A person types the entitlements, marks one product EXTERNAL, and presses Sync Catalogue")
    done = stage.press("/catalogue/sync").json()
    mark = stage.expect("published products", expected=len(ENTITLEMENTS) + 1, found=done.get("published"))
    stage.say(f"   {done.get('published')} published  {mark}")
    stage.paste(PASTED)
    done = stage.press("/keys/import").json()
    found = (done.get("imported"), done.get("duplicates", 0) + done.get("rejected", 0))
    mark = stage.expect("imported and refused rows", expected=(IMPORTED, REFUSED), found=found)
    stage.say(f"\n5. Keys are pasted and Import Keys is pressed: {found[0]} imported, {found[1]} refused  {mark}")
    rows = [[row["row"], row["outcome"], row["reason"]] for row in done["rows"] if row["outcome"] != "imported"]
    stage.say(table(["row", "outcome", "reason"], rows))
    _stock(stage, "Stock before")


def type_entitlements(stage: Stage) -> None:
    """Type into the catalogue what each product opens."""
    tab = stage.sheet.worksheet(Catalogue.__table__.title)
    header, *rows = tab.get_all_values()
    sku, entitlements, fulfillment = (header.index(name) for name in ("SKU", "entitlements", "fulfillment"))
    for number, row in enumerate(rows, 2):
        if row[sku] in ENTITLEMENTS:
            tab.update_cell(number, entitlements + 1, ENTITLEMENTS[row[sku]])
        if row[sku] == EXTERNAL:
            tab.update_cell(number, fulfillment + 1, str(Fulfillment.EXTERNAL))


def _sell(stage: Stage, story: list[StoryStep]) -> None:
    stage.say("\n6. Customers buy; Zapier sends the orders, mails the keys and says so")
    stage.orders(story)
    stage.tab(Attention.__table__.title, "Attention: what a person should look at now")


def _restock(stage: Stage, hook: CatchHook) -> None:
    """Let keys arrive: the order that waited is filled and mailed by itself."""
    zapier = LocalZapier(stage.origin, stage.keys.order)
    hook.zap = zapier.take
    stage.say("\n7. More keys arrive; the order that waited gets its keys by itself, and a second Zap sends the mail")
    stage.paste(ARRIVED)
    done = stage.press("/keys/import").json()
    waiting = [str(stage.bought[WAITING]["id"])] if WAITING in stage.bought else []
    mark = stage.expect("served by itself", expected=waiting, found=done.get("served_orders"))
    stage.say(f"   imported {done.get('imported')}, served {done.get('served_orders')}  {mark}")
    hook.wait_until_idle()
    mails = [run["mail"] for run in zapier.runs]
    stage.expect("mails of the second Zap", expected=len(waiting), found=sum(map(bool, mails)))
    stage.say(table(["to", "subject", "text"], [[*mail.values()] for mail in mails if mail]))
    if waiting:
        stage.orders([AFTERWARDS])


def _give_back(stage: Stage) -> None:
    """Scenario 3 of the runbook: a refund."""
    order = stage.bought.get(REFUNDED)
    if order is None:
        return
    path = f"/orders/{order['id']}/release"
    tried, done, again = (stage.press(path, {"dry_run": dry}).json() for dry in (True, False, False))
    found = (tried.get("released"), done.get("released"), again.get("released"))
    mark = stage.expect("seats released: dry run, press, second press", expected=(3, 3, 0), found=found)
    stage.say(
        f"\n8. {REFUNDED} is refunded: Release Keys (dry run {found[0]}, then {found[1]}, again {found[2]})  {mark}"
    )
    rows = [[product["SKU"], product["before"], product["after"]] for product in done.get("products", [])]
    stage.say(table(["SKU", "available before", "after"], rows))
    stage.orders([LATE])


def _mail_again(stage: Stage) -> None:
    """Scenario 2 of the runbook: keys were assigned, the mail failed."""
    order = stage.bought.get(NO_MAIL)
    if order is None:
        return
    before = stage.zapier("/orders", order).json()["keys"]
    cleared = stage.press(f"/orders/{order['id']}/clear-cache").json()
    mark = stage.expect("keys kept", expected=1, found=cleared.get("keys_kept"))
    stage.say(f"\n9. {NO_MAIL} never got the mail: Clear Order Cache, re-run  {mark}")
    stage.orders([SAME_KEYS])
    after = stage.zapier("/orders", order).json()["keys"]
    stage.expect("the same keys after Clear", expected=before, found=after)


def _run_low(stage: Stage) -> None:
    """Scenario 5 of the runbook: stock runs low."""
    stage.say("\n10. A course becomes scarce")
    stage.orders([SCARCE])


def _wind_up(stage: Stage) -> None:
    flushed = stage.press("/outbox/flush").json()
    mark = stage.expect("nothing is pending", expected=0, found=flushed.get("pending"))
    stage.say(f"\n11. The scheduler calls: what was pending is out, the catalogue's “available” follows  {mark}")
    _stock(stage, "Stock after")
    report = stage.press("/reconcile").json()
    stage.say("\n12. The nightly report")
    rows = [[finding["what"], finding["which"], finding["detail"]] for finding in report.get("findings", [])]
    stage.say(table(["what", "which", "detail"], rows))
    stage.press("/outbox/flush")
    _alerts(stage)


def _stock(stage: Stage, heading: str) -> None:
    """Key Inventory, the catalogue, and the shop beside it: the same numbers."""
    stage.press("/outbox/flush")
    stage.tab(KeyInventory.__table__.title, f"{heading}: Key Inventory, as it stands in the sheet")
    shop = stage.stock_in_the_shop()
    rows = stage.sheet.worksheet(Catalogue.__table__.title).get_all_records(numericise_ignore=["all"])
    stage.say("\n   NPTA Catalogue, and what the shop shows")
    stage.say(
        table(
            [*CATALOGUE, "shop"], [[*(row[name] for name in CATALOGUE), shop.get(str(row["SKU"]), "")] for row in rows]
        )
    )
    sheet = {str(row["SKU"]): int(str(row["available"])) for row in rows if str(row["available"])}
    stage.expect(f"{heading}: the shop shows what the sheet shows", expected=sheet, found=shop)


def _levels(stock: Mapping[str, int]) -> str:
    return ", ".join(f"{sku} {level}" for sku, level in stock.items())


def _alerts(stage: Stage) -> None:
    stage.say("\n13. What stands in the Slack channel")
    messages = stage.slack.messages
    stage.say(table(["", "alert"], [["↳" if message["thread_ts"] else "", message["text"]] for message in messages]))
    titles = Counter(
        title for message in messages if not message["thread_ts"] for title in ALERTS if title in message["text"]
    )
    stage.expect("alerts", expected=ALERTS, found=dict(titles))
    codes = [str(row["keycode"]) for row in stage.sheet.worksheet(ImportHistory.__table__.title).get_all_records()]
    leaked = [message["ts"] for message in messages if any(len(code) > 4 and code in str(message) for code in codes)]  # noqa: PLR2004 — shorter ones stand in ids by chance
    stage.expect("no key code in Slack", expected=[], found=leaked)


def _audit(stage: Stage, environment: Mapping[str, str]) -> None:
    history = stage.sheet.worksheet(ImportHistory.__table__.title).get_all_values()
    codes = [row[history[0].index("keycode")] for row in history[1:]]
    awkward = [code for code in codes if code in ("0012", "1-2")]
    stage.expect("key codes letter for letter", expected=["0012", "1-2"], found=awkward)
    left = [row[-1] for row in stage.sheet.worksheet(ImportKeys.__table__.title).get_all_values()[1:] if any(row)]
    stage.expect("refused rows stay, with the reason", expected=REFUSED, found=len([why for why in left if why]))
    services = make_services(Settings.load(environment))
    faults = audit_spreadsheet(services, deadline=services.clock.deadline(60))
    mark = stage.expect("audit", expected=[], found=faults)
    stage.say(f"\n14. Audit: every fact read again, every invariant checked, {count(len(faults), 'fault')}  {mark}")
