"""Exactly the served units are marked as fulfilled, each once; what cannot be is named and holds up nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npta.domain.alerts.system_alerts import unmarked_alert
from npta.domain.orders.mark_fulfilled import (
    FulfillmentWork,
    Left,
    Marking,
    ShopLine,
    describe_left,
    plan_marking,
    what_to_do,
)
from npta.domain.state.receipts import OrderLine


def work(
    line: str, remaining: int, *, order: str = "F1", status: str = "OPEN", marks: bool = True, to: str = "Online"
) -> FulfillmentWork:
    return FulfillmentWork(order, f"{order}-{line}", line, remaining, status, marks, "L1" if marks else "", to)


def line(line_id: str, sku: str, current: int, unfulfilled: int | None = None) -> ShopLine:
    return ShopLine(line_id, sku, current, current if unfulfilled is None else unfulfilled)


def marked(plan: Marking) -> dict[str, int]:
    units: dict[str, int] = {}
    for mark in plan.marks:
        units[mark.work.part] = units.get(mark.work.part, 0) + mark.units
    return units


def left(plan: Marking) -> list[str]:
    return [str(each) for each in plan.left]


class TestWhichLine:
    def test_by_shopifys_id(self) -> None:
        plan = plan_marking(
            [OrderLine("71", "CPT", 1)],
            [line("71", "CPT", 1), line("72", "CPT", 1), line("73", "KBS", 1)],
            [work("71", 1), work("72", 1), work("73", 1)],
        )
        assert (marked(plan), plan.left) == ({"F1-71": 1}, ())

    def test_by_the_sku_where_there_is_no_id(self) -> None:
        for told in ("", "1", "7100000000000000000"):
            plan = plan_marking(
                [OrderLine(told, "CPT", 2)], [line("71", "CPT", 2), line("72", "KBS", 1)], [work("71", 2)]
            )
            assert (marked(plan), plan.left) == ({"F1-71": 2}, ()), told

    def test_a_place_in_the_list_is_no_id_even_if_a_line_has_it(self) -> None:
        """The first line that was served stands second in the shop, which counts its lines from 1."""
        plan = plan_marking(
            [OrderLine("1", "CPT", 1)], [line("1", "KBS", 1), line("2", "CPT", 1)], [work("1", 1), work("2", 1)]
        )
        assert (marked(plan), plan.left) == ({"F1-2": 1}, ())

    def test_a_sku_is_the_same_with_blanks_at_its_edges_and_another_in_other_letters(self) -> None:
        shop = [line("71", " CPT\u00a0", 1), line("72", "CPTa", 1), line("73", "cpt", 1)]
        plan = plan_marking([OrderLine("", "CPT", 1)], shop, [work("71", 1), work("72", 1), work("73", 1)])
        assert marked(plan) == {"F1-71": 1}

    def test_all_lines_of_a_sku_if_all_their_units_were_served(self) -> None:
        shop, parts = [line("71", "CPT", 1), line("72", "CPT", 2)], [work("71", 1), work("72", 2)]
        for served in (
            [OrderLine("", "CPT", 3)],
            [OrderLine("1", "CPT", 1), OrderLine("2", "CPT", 2)],
            [OrderLine("", "CPT", 9)],
        ):
            assert marked(plan_marking(served, shop, parts)) == {"F1-71": 1, "F1-72": 2}

    def test_by_the_quantity_where_that_tells_two_lines_apart(self) -> None:
        shop, parts = [line("71", "CPT", 1), line("72", "CPT", 2)], [work("71", 1), work("72", 2)]
        plan = plan_marking([OrderLine("", "CPT", 2)], shop, parts)
        assert (marked(plan), plan.left) == ({"F1-72": 2}, ())

    def test_one_that_is_named_leaves_the_other(self) -> None:
        shop, parts = [line("71", "CPT", 1), line("72", "CPT", 1)], [work("71", 1), work("72", 1)]
        plan = plan_marking([OrderLine("71", "CPT", 1), OrderLine("", "CPT", 1)], shop, parts)
        assert (marked(plan), plan.left) == ({"F1-71": 1, "F1-72": 1}, ())

    def test_none_where_it_is_not_certain(self) -> None:
        shop, parts = [line("71", "CPT", 1), line("72", "CPT", 1)], [work("71", 1), work("72", 1)]
        plan = plan_marking([OrderLine("", "CPT", 1)], shop, parts)
        assert marked(plan) == {}
        assert left(plan) == [
            "CPT × 1 (2 lines of the order have this SKU, and which of them was served is not certain)"
        ]

    def test_none_where_there_is_no_such_line(self) -> None:
        plan = plan_marking([OrderLine("71", "CPT", 1)], [line("72", "KBS", 1)], [work("72", 1)])
        assert (marked(plan), left(plan)) == ({}, ["CPT × 1 (the order in Shopify has no line with this SKU)"])

    def test_a_line_that_was_removed_is_no_trouble(self) -> None:
        plan = plan_marking([OrderLine("", "CPT", 1)], [line("71", "CPT", 0)], [])
        assert plan == Marking((), ())
        plan = plan_marking([OrderLine("", "CPT", 1)], [line("71", "CPT", 0), line("72", "CPT", 1)], [work("72", 1)])
        assert marked(plan) == {"F1-72": 1}


class TestHowMany:
    def test_what_is_fulfilled_already_counts_whoever_did_it(self) -> None:
        for unfulfilled, units in ((3, 2), (2, 1), (1, 0), (0, 0)):
            plan = plan_marking(
                [OrderLine("71", "CPT", 2)], [line("71", "CPT", 3, unfulfilled)], [work("71", unfulfilled)]
            )
            assert (sum(marked(plan).values()), plan.left) == (units, ())

    def test_what_was_refunded_is_not_marked(self) -> None:
        plan = plan_marking([OrderLine("71", "CPT", 2)], [line("71", "CPT", 1)], [work("71", 1)])
        assert (marked(plan), plan.left) == ({"F1-71": 1}, ())

    def test_what_was_marked_a_moment_ago_is_not_marked_again_although_it_is_not_seen_yet(self) -> None:
        plan = plan_marking([OrderLine("71", "CPT", 2)], [line("71", "CPT", 3)], [work("71", 3)], {"71": 2})
        assert plan == Marking((), ())


class TestWhere:
    def test_over_several_fulfilment_orders(self) -> None:
        parts = [work("71", 1, order="F1"), work("71", 2, order="F2", status="IN_PROGRESS")]
        plan = plan_marking([OrderLine("71", "CPT", 3)], [line("71", "CPT", 3)], parts)
        assert (marked(plan), plan.left) == ({"F1-71": 1, "F2-71": 2}, ())

    @pytest.mark.parametrize("over", ["CANCELLED", "CLOSED", "INCOMPLETE"])
    def test_what_is_over_takes_nothing_from_what_waits(self, over: str) -> None:
        parts = [work("71", 2, order="F1", status=over), work("71", 2, order="F2", status="ON_HOLD")]
        plan = plan_marking([OrderLine("71", "CPT", 2)], [line("71", "CPT", 2)], parts)
        assert [(each.units, each.waits) for each in plan.left] == [(2, True)]

    def test_not_in_those_that_are_over_whatever_they_show(self) -> None:
        parts = [work("71", 2, order=f"F{status}", status=status) for status in ("CANCELLED", "CLOSED", "INCOMPLETE")]
        plan = plan_marking([OrderLine("71", "CPT", 2)], [line("71", "CPT", 2)], [*parts, work("71", 2)])
        assert (marked(plan), plan.left) == ({"F1-71": 2}, ())

    @pytest.mark.parametrize("turned", [False, True])
    def test_what_is_on_hold_waits_and_the_rest_goes_on(self, turned: bool) -> None:
        parts = [work("71", 1, order="F2", status="ON_HOLD"), work("71", 1), work("72", 1)]
        parts = parts[::-1] if turned else parts
        plan = plan_marking(
            [OrderLine("71", "CPT", 2), OrderLine("72", "CNC", 1)], [line("71", "CPT", 2), line("72", "CNC", 1)], parts
        )
        assert marked(plan) == {"F1-71": 1, "F1-72": 1}
        assert plan.left == (Left("CPT", 1, "on hold in Shopify", waits=True),)

    def test_each_reason_is_told_of_its_units(self) -> None:
        parts = [
            work("71", 1, order="F1", status="SCHEDULED"),
            work("71", 1, order="F2", marks=False, to="ShipCo"),
            work("71", 1, order="F3", status="SOMETHING_NEW"),
        ]
        plan = plan_marking([OrderLine("71", "CPT", 4)], [line("71", "CPT", 4)], parts)
        assert left(plan) == [
            "CPT × 1 (scheduled for later in Shopify)",
            "CPT × 1 (to be fulfilled by ShipCo)",
            "CPT × 1 (its fulfilment is something new)",
            "CPT × 1 (Shopify shows this app no fulfilment of it; another service may be in charge)",
        ]
        assert [each.waits for each in plan.left] == [True, False, False, False]

    def test_what_a_service_holds_is_no_trouble_if_we_have_not_served_it(self) -> None:
        parts = [work("71", 1), work("72", 1, order="F2", marks=False, to="ShipCo")]
        plan = plan_marking([OrderLine("71", "CPT", 1)], [line("71", "CPT", 1), line("72", "KBS", 1)], parts)
        assert (marked(plan), plan.left) == ({"F1-71": 1}, ())


def test_what_is_left_is_told_with_what_to_do() -> None:
    held, gone = Left("CPT", 1, "on hold in Shopify", waits=True), Left("CNC", 2, "to be fulfilled by ShipCo")
    assert describe_left([held, gone]) == "CPT × 1 (on hold in Shopify); CNC × 2 (to be fulfilled by ShipCo)"
    assert what_to_do(describe_left([held, gone])).startswith("Release them in Shopify")
    assert what_to_do(describe_left([gone])) == "Mark these lines as fulfilled in Shopify by hand."


SKUS = st.sampled_from(["CPT", "CNC", "KBS"])
STATUSES = st.sampled_from(["OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED", "CANCELLED", "CLOSED", "INCOMPLETE"])


@st.composite
def shops(draw: st.DrawFn) -> tuple[list[ShopLine], list[FulfillmentWork]]:
    lines, parts = [], []
    for number in range(draw(st.integers(1, 4))):
        current = draw(st.integers(0, 4))
        unfulfilled = draw(st.integers(0, current))
        lines.append(ShopLine(str(number), draw(SKUS), current, unfulfilled))
        open_units = unfulfilled
        for order in range(draw(st.integers(0, 3))):
            units = draw(st.integers(0, open_units))
            status, marks = draw(STATUSES), draw(st.booleans())
            open_units -= 0 if status == "CANCELLED" else units
            parts.append(
                FulfillmentWork(f"F{order}", f"F{order}-{number}", str(number), units, status, marks, "L", "S")
            )
    return lines, parts


@given(
    shop=shops(), wanted=st.lists(st.builds(OrderLine, st.sampled_from(["", "0", "1", "9"]), SKUS, st.integers(1, 4)))
)
def test_never_too_much_never_elsewhere_and_nothing_is_passed_over_in_silence(
    shop: tuple[list[ShopLine], list[FulfillmentWork]], wanted: list[OrderLine]
) -> None:
    lines, parts = shop
    plan = plan_marking(wanted, lines, parts)
    served: dict[str, int] = {}
    for each in wanted:
        served[each.sku] = served.get(each.sku, 0) + each.quantity
    for sku in {each.sku for each in lines}:
        ours = {each.line_item_id for each in lines if each.sku == sku}
        units = sum(mark.units for mark in plan.marks if mark.work.line_item_id in ours)
        fulfilled = sum(each.current - each.unfulfilled for each in lines if each.sku == sku)
        open_units = sum(each.unfulfilled for each in lines if each.sku == sku)
        assert units <= min(open_units, served.get(sku, 0))
        missing = min(open_units, served.get(sku, 0) - fulfilled) - units
        by_sku_alone = not any(each.line_item_id in ours for each in wanted)
        assert not by_sku_alone or missing <= 0 or any(each.sku == sku for each in plan.left)
    for mark in plan.marks:
        assert 0 < mark.units <= mark.work.remaining
        assert mark.work.status in ("OPEN", "IN_PROGRESS")
        assert mark.work.marks
    assert len({mark.work.part for mark in plan.marks}) == len(plan.marks)
    assert {each.sku for each in plan.left} <= set(served)


@pytest.mark.parametrize("waiting", [(), ("1",), ("1", "2")])
def test_that_nothing_is_marked_at_all_names_the_delivered_orders_that_wait_for_it(waiting: tuple[str, ...]) -> None:
    told = unmarked_alert("", None, "the scope is missing", waiting=waiting)

    assert "What Shopify says: the scope is missing" in told.lines
    named = [line for line in told.lines if line.startswith("Delivered orders that wait for it: ")]
    assert named == ([f"Delivered orders that wait for it: {', '.join(waiting)}"] if waiting else [])
