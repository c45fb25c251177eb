"""What the alerts say: in the runbook's words, findable by order id and customer, without a key code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npta.domain.alerts.nightly_report import nightly_report_alert
from npta.domain.alerts.order_alerts import (
    delivered_alert,
    order_alert,
    recovered_alerts,
    released_alert,
    undelivered_alert,
)
from npta.domain.alerts.stock_alerts import imported_alert, low_stock_alert, stock_trouble_alert
from npta.domain.alerts.system_alerts import system_error_alert
from npta.domain.orders.answers import Answer
from npta.domain.orders.eligibility import Mode, Rules
from npta.domain.state.alert import Alert, AlertKind, make_alert, read_alert, write_alert
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import Code, Problem
from npta.tables import OrderEvent
from sheets_schema.advanced import MAX_TEXT
from tests.npta.domain.world import AT, REGIONS, World, order_of, pool

OFF = Rules(Mode.OFF, REGIONS, unpublished=())


def shop() -> World:
    world = World().keys("NASM CPT combined", 5).keys("ELEIKO STR1 combined", 5).keys("NCSF STS combined", 5)
    world.product("NSTB", "ELEIKO-STR1-FULL,NASM-CPT-FULL,NCSF-STS-FULL").product("CPTa", "NASM-CPT-FULL")
    return world.product("KBS-1", fulfillment="EXTERNAL").product("CNC", "NASM-CNC-FULL")


def answered(world: World, *lines: tuple[str, int], order_id: str = "6855909900591", mode: Mode = Mode.LIVE) -> Answer:
    outcome = world.order(order_id, *lines, order_name="#1042")
    return world.answer(order_id, outcome, mode)


def told(answer: Answer, **more: object) -> Alert:
    alert = order_alert(answer, **more)  # type: ignore[arg-type]  # by name, as in the signature
    assert alert
    return alert


def whole(alert: Alert) -> str:
    return "\n".join([alert.title, alert.text, *alert.lines, alert.footer])


# --- ✅


def test_a_fulfilled_order_tells_id_customer_skus_and_keys_and_that_the_email_is_not_confirmed() -> None:
    alert = told(answered(shop(), ("NSTB", 1), ("CPTa", 2)), request_id="r-1")
    assert alert == Alert(
        AlertKind.FULFILLED,
        "6855909900591",
        "✅ Order Fulfilled",
        "✅ Order Fulfilled: order 6855909900591 (#1042), Ada Lovelace: "
        "5 keys for NSTB, CPTa; keys assigned, email not confirmed yet",
        (
            "Order: 6855909900591 (#1042)",
            "Customer: Ada Lovelace",
            "Products: NSTB, CPTa",
            "Keys: 5",
            "Mail: not confirmed yet",
            "NSTB: 3 keys (ELEIKO-STR1-FULL, NASM-CPT-FULL, NCSF-STS-FULL)",
            "CPTa: 2 keys (NASM-CPT-FULL × 2)",
        ),
        "request r-1",
    )


def test_no_key_code_is_told_by_any_alert_about_an_order() -> None:
    world = shop()
    answer = answered(world, ("NSTB", 1))
    record, held = world.state.orders[answer.order_id], world.state.holdings[answer.order_id]
    alerts = [told(answer), delivered_alert(answer), released_alert(record, held, is_off=False)]
    assert len(answer.keys) == 3
    for key in answer.keys:
        assert all(key.keycode not in whole(alert) for alert in alerts)


def test_only_a_confirmed_email_is_called_sent() -> None:
    answer = answered(shop(), ("CPTa", 1))
    assert "email sent" not in whole(told(answer))
    confirmed = delivered_alert(answer, request_id="r-2")
    assert confirmed.kind is AlertKind.DELIVERED
    assert confirmed.title == told(answer).title
    assert confirmed.text.endswith("1 key for CPTa; keys assigned, email sent")
    assert "not confirmed" not in whole(confirmed)


def test_in_test_mode_the_recipient_is_told() -> None:
    world = (
        World(Rules(Mode.TEST, REGIONS, unpublished=())).keys("NASM CPT combined", 5).product("CPTa", "NASM-CPT-FULL")
    )
    alert = told(answered(world, ("CPTa", 1), mode=Mode.TEST))
    assert "TEST mode: the mail goes to test@npta.example, not to the customer." in alert.lines
    assert "TEST" not in whole(told(answered(shop(), ("CPTa", 1))))


def test_lines_that_are_not_served_by_the_system_and_warnings_are_told_beside_the_keys() -> None:
    answer = answered(shop(), ("CPTa", 1), ("KBS-1", 1), ("", 1))
    alert = told(answer, warnings=["CPTa is not active in Shopify."])
    assert "KBS-1: EXTERNAL, NPTA serves it by hand" in alert.lines
    assert "Warning: CPTa is not active in Shopify." in alert.lines
    assert any(line.startswith("Warning: a line without a SKU") for line in alert.lines)


def test_an_order_without_a_name_is_found_by_its_email() -> None:
    world = shop()
    outcome = world.order("7", ("CPTa", 1), customer_name="")
    assert "order 7, ada@example.com:" in told(world.answer("7", outcome)).text


@pytest.mark.parametrize("line", ["CPTa", "KBS-1"])
def test_a_repeat_of_an_order_that_ended_well_tells_nothing(line: str) -> None:
    world = shop()
    first = answered(world, (line, 1))
    assert order_alert(first)
    assert order_alert(first, repeat=True) is None
    assert order_alert(answered(world, (line, 1))) is None


# --- ❌


def test_an_order_without_stock_tells_the_pool_the_shortage_and_the_next_step() -> None:
    alert = told(answered(shop(), ("CPTa", 6), ("KBS-1", 1)), request_id="r-1")
    assert alert == Alert(
        AlertKind.FAILED,
        "6855909900591",
        "❌ Fulfillment Failed",
        "❌ Fulfillment Failed: order 6855909900591 (#1042), Ada Lovelace: CPTa out of stock",
        (
            "Order: 6855909900591 (#1042)",
            "Customer: Ada Lovelace",
            "Products: CPTa",
            "Short of: NASM-CPT-FULL × 1",
            "Out of stock: CPTa: NASM-CPT-FULL needs 6 of pool CANADA NASM CPT combined, 5 free (1 short)",
            "Nothing was taken from stock.",
            "KBS-1: EXTERNAL, NPTA serves it by hand",
            "Next step: Import more keys (Import Keys), then re-run the Zap.",
        ),
        "request r-1",
    )


def test_each_sku_has_its_reason() -> None:
    world = World(Rules(Mode.LIVE, REGIONS, unpublished=("NEW",)))
    alert = told(answered(world, ("NEW", 1), ("XYZ", 1)))
    assert "NEW entitlements not set; XYZ SKU not in the catalogue" in alert.text
    assert "Entitlements not set: NEW has no published entitlements in the NPTA Catalogue" in alert.lines
    assert "SKU not in the catalogue: the SKU XYZ is not in the NPTA Catalogue" in alert.lines
    assert "press Sync Catalogue" in whole(alert)


def test_every_reason_has_words() -> None:
    answer = answered(World(), ("A", 1))
    for code in Code:
        alert = told(answer._replace(problems=(Problem(code, "A", "because"),)))
        assert any(line.endswith(": because") and not line.startswith(":") for line in alert.lines)


def test_a_repeat_of_a_failure_is_told_again_with_its_count() -> None:
    world = shop()
    answered(world, ("CNC", 1))
    again = told(answered(world, ("CNC", 1)), failures_in_a_row=2, repeat=True, support_contact="help@npta.example")
    assert "Failures in a row: 2." in again.lines
    assert again.footer == ""


def test_the_third_failure_in_a_row_says_whom_to_ask_and_the_request() -> None:
    answer = answered(shop(), ("CNC", 1))
    alert = told(answer, failures_in_a_row=3, support_contact="help@npta.example", request_id="r-9")
    assert alert.footer == "Ask help@npta.example and name the request r-9"
    assert "help@npta.example" not in whole(told(answer, failures_in_a_row=2, support_contact="help@npta.example"))


@pytest.mark.parametrize(("event", "why"), [(OrderEvent.RELEASED, "given back"), (OrderEvent.CLOSED, "served by hand")])
def test_a_late_repeat_of_a_released_or_closed_order_is_told_as_refused(event: OrderEvent, why: str) -> None:
    world = shop()
    answered(world, ("CPTa", 99))
    world.event("6855909900591", event)
    alert = told(answered(world, ("CPTa", 99)))
    assert alert.kind is AlertKind.FAILED
    assert "late repeat refused" in alert.text
    assert any(why in line and "nothing was assigned" in line for line in alert.lines)
    assert any("Clear Order Cache" in line for line in alert.lines)


# --- ⏭️ and mode OFF


def test_a_skipped_order_tells_its_lines_and_that_nothing_is_to_be_done() -> None:
    alert = told(answered(shop(), ("KBS-1", 1)))
    assert (alert.kind, alert.title) == (AlertKind.SKIPPED, "⏭️ Fulfillment Skipped")
    assert alert.text.endswith("KBS-1; no action needed")
    assert "KBS-1: EXTERNAL, NPTA serves it by hand" in alert.lines
    assert any(line.startswith("No action needed") for line in alert.lines)


def test_an_order_of_lines_without_a_sku_is_skipped_with_a_warning() -> None:
    alert = told(answered(shop(), ("", 1)))
    assert alert.text.endswith("a line without a SKU; no action needed")
    assert any(line.startswith("Warning: a line without a SKU") for line in alert.lines)


def test_an_order_in_mode_off_is_told_as_one_to_be_served_by_hand() -> None:
    world = World(OFF).keys("NASM CPT combined", 5).product("CPTa", "NASM-CPT-FULL")
    alert = told(answered(world, ("CPTa", 1), mode=Mode.OFF))
    assert alert.kind is AlertKind.BY_HAND
    assert "Next step: Serve the order by hand, then press Close Order." in alert.lines
    assert order_alert(answered(world, ("CPTa", 1), mode=Mode.OFF)) is None


# --- what people and Shopify do afterwards


def test_a_release_tells_what_went_back_and_what_can_be_sold_and_filled_again() -> None:
    world = shop()
    answered(world, ("NSTB", 2))
    record, held = world.state.orders["6855909900591"], world.state.holdings["6855909900591"]
    alert = released_alert(
        record, held, [("CPTa", 3, 5)], ["76"], ["77", "78"], is_off=False, who="ops@npta.example", request_id="r"
    )
    assert alert.text == "↩️ Keys Released: order 6855909900591 (#1042), Ada Lovelace: 6 keys given back"
    assert alert.lines[2:] == (
        "6 keys given back:",
        "NSTB: ELEIKO-STR1-FULL × 2",
        "NSTB: NASM-CPT-FULL × 2",
        "NSTB: NCSF-STS-FULL × 2",
        "Available of CPTa: 3 → 5",
        "1 waiting order filled, mailed by the keys hook: 76",
        "2 waiting orders can be filled now, re-run the Zap: 77, 78",
        "By: ops@npta.example",
    )
    assert "1 key of its line 2 given back" in released_alert(
        record, held[:1], is_off=False, line_item_id="2"
    ).text.replace("2 keys", "1 key")


def test_orders_whose_email_nobody_confirmed_are_told_with_the_time_of_their_keys() -> None:
    world = shop()
    for order_id in ("1", "2"):
        answered(world, ("CPTa", 1), order_id=order_id)
    alert = undelivered_alert([world.state.orders["1"], world.state.orders["2"]], about="5", request_id="r")
    assert alert.about == "5"
    assert (
        "2 orders with keys assigned and email not confirmed: order 1 (#1042), Ada Lovelace; order 2 (#1042)"
        in alert.text
    )
    assert f"order 1, Ada Lovelace: keys assigned {AT}" in alert.lines
    assert undelivered_alert([world.state.orders["1"]]).about == "1"


# --- stock, reports, the system


def test_an_import_tells_counts_pools_and_orders_that_can_be_filled() -> None:
    where = pool("NASM CPT combined")
    alert = imported_alert(
        imported=2,
        duplicates=1,
        rejected=2,
        is_off=False,
        pools=[(where, 30), ("X", 1)],
        reopened_orders=["77"],
        who="ada",
    )
    assert alert.text == "📥 Keys Imported: 2 keys imported, 3 rows refused"
    assert alert.lines[:3] == ("Imported: 2 keys", "CANADA NASM CPT combined: +30 seats", "X: +1 seat")
    assert "Refused: 3 rows (1 duplicate, 2 rejected)" in alert.lines
    assert any("Import Keys" in line and "reason" in line for line in alert.lines)
    assert "1 waiting order can be filled now, re-run the Zap: 77" in alert.lines
    assert not any(
        "Refused" in line for line in imported_alert(imported=1, duplicates=0, rejected=0, is_off=False).lines
    )


@pytest.mark.parametrize(
    ("available", "days", "expected"),
    [
        (3, 12, "By the use of the last 30 days the rest lasts 12 days."),
        (3, 1, "By the use of the last 30 days the rest lasts 1 day."),
        (3, None, "None was used in the last 30 days."),
        (0, 0, "Orders that need it fail until keys are imported."),
    ],
)
def test_low_stock_tells_the_pool_and_how_long_the_rest_lasts(available: int, days: int | None, expected: str) -> None:
    alert = low_stock_alert(pool("NASM CPT exam"), available, 5, days)
    assert alert.about == "CANADA NASM CPT exam"
    assert expected in alert.lines
    assert expected in alert.text
    assert f"Free: {available} seats (alert below 5)" in alert.lines
    assert alert.title == ("⚠️ Low Stock" if available else "⚠️ Out of Stock")


def test_the_nightly_report_groups_its_findings() -> None:
    alert = nightly_report_alert(
        [
            ("Paid, never arrived", "77", "#1042"),
            ("Stock differs", "CPTa", "sheet 3, Shopify 4"),
            ("Paid, never arrived", "78", ""),
        ]
    )
    assert alert.text == "🌙 Reconciliation: 3 Findings: 2 × Paid, never arrived; 1 × Stock differs"
    assert alert.lines == (
        "Paid, never arrived (2):",
        "• 77: #1042",
        "• 78",
        "Stock differs (1):",
        "• CPTa: sheet 3, Shopify 4",
    )
    assert nightly_report_alert([]).text == "🌙 Reconciliation: Everything Agrees"


def test_stock_that_shopify_does_not_take_is_told_with_what_to_mend() -> None:
    alert = stock_trouble_alert([("CPTa", "the location is not active")], support_contact="help@x", request_id="r")
    assert "CPTa" in alert.text
    assert "• CPTa: the location is not active" in alert.lines
    assert alert.footer == "Ask help@x and name the request r"


def test_a_system_error_is_told_apart_from_stock_and_says_whom_to_ask() -> None:
    alert = system_error_alert(
        "7", "Google did not answer", customer="Ada", support_contact="help@npta.example", request_id="r-9"
    )
    assert alert.text == "🚨 System Error: order 7, Ada: Google did not answer"
    assert alert.footer == "Ask help@npta.example and name the request r-9"
    assert any("neither about stock" in line for line in alert.lines)
    assert any("Nothing was lost" in line and "Zapier will repeat" in line for line in alert.lines)
    assert system_error_alert("7", "x").footer == "Ask whoever looks after the system"


# --- lists, lengths, rows


def test_long_lists_are_cut_with_a_count() -> None:
    world = World()
    alert = told(answered(world, *((f"SKU-{number:02}", 1) for number in range(25))))
    assert sum("SKU not in the catalogue" in line for line in alert.lines) == 20
    assert "… and 5 more" in alert.lines


def test_the_order_id_and_the_customer_are_found_however_long_everything_is() -> None:
    world = shop()
    answer = world.answer("7", world.place(order_of("7", *((f"X{n}" * 90, 1) for n in range(25)))))
    alert = told(answer._replace(order_name="#" * 900))
    assert "order 7" in alert.text
    assert "Ada Lovelace" in alert.text


@given(
    title=st.text(),
    about=st.text(),
    told=st.text(),
    lines=st.lists(st.text()),
    footer=st.text(),
    kind=st.sampled_from(AlertKind),
)
def test_an_alert_comes_back_from_its_row_as_it_was(
    kind: AlertKind, about: str, title: str, told: str, lines: list[str], footer: str
) -> None:
    alert = make_alert(kind, about, title, told, lines, footer)
    assert read_alert(kind.value, about, write_alert(alert)) == alert


def test_an_alert_always_fits_into_its_row() -> None:
    huge = "x" * 60_000
    many = [huge] * 500
    world = shop()
    answer = answered(world, ("NSTB", 1))._replace(
        order_name=huge,
        customer_name=huge,
        problems=(Problem(Code.OUT_OF_STOCK, huge, huge, needed=1),) * 500,
        next_step=huge,
        status=Status.FAILED,
    )
    record = world.state.orders["6855909900591"]._replace(order_name=huge, customer_name=huge)
    alerts = [
        told(answer, warnings=many),
        undelivered_alert([record] * 500),
        released_alert(record, (), [(huge, 1, 2)] * 500, many, is_off=False, who=huge, line_item_id=huge),
        imported_alert(
            imported=1,
            duplicates=1,
            rejected=1,
            is_off=False,
            pools=[(huge, 1)] * 500,
            reopened_orders=many,
            who=huge,
        ),
        nightly_report_alert([(f"sort {n}", huge, huge) for n in range(10) for _ in range(30)]),
        system_error_alert("7", huge, customer=huge, support_contact=huge, request_id="r"),
        stock_trouble_alert([(huge, huge)] * 500),
    ]
    assert [len(write_alert(alert)) for alert in alerts if len(write_alert(alert)) > MAX_TEXT] == []


def test_a_reminder_of_many_orders_names_each_with_its_customer_in_the_text_that_is_searched() -> None:
    record = OrderRecord("1")
    records = [record._replace(order_id=f"68559099{n:05}", customer_name=f"Ada Number{n}") for n in range(300)]
    alert = undelivered_alert(records)
    assert all(each.order_id in alert.text and each.customer_name in alert.text for each in records)
    assert len(write_alert(alert)) <= MAX_TEXT


def test_a_problem_that_is_about_no_product_names_none() -> None:
    failed = answered(shop(), ("CNC", 1))
    late = Problem(Code.BEFORE_GO_LIVE, "", "paid before go-live")
    alert = told(failed._replace(problems=(late, *failed.problems)))

    assert "Products: CNC" in alert.lines


def test_of_many_orders_found_in_the_shop_those_that_are_not_filled_are_named() -> None:
    world = shop()
    filled, failed = (answered(world, (sku, 1), order_id=order_id) for sku, order_id in (("CPTa", "1"), ("CNC", "2")))

    (alert,) = recovered_alerts([filled] * 5 + [failed])

    assert [line for line in alert.lines if line.startswith("❌")] == [
        f"❌ order 2 (#1042), Ada Lovelace: {failed.message}"
    ]
    assert "6 orders found in the shop, 1 of them is not filled" in alert.text
    (alert,) = recovered_alerts([filled] * 6)
    assert "all of them are filled" in alert.text
    assert len(alert.lines) == 1
    assert len(recovered_alerts([filled] * 5)) == 5
