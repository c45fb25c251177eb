"""The body of POST /orders in every shape in which it is sent, and what is refused rather than guessed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npta.domain.receipts import Line, Order
from npta.web.order_requests import MOST_LINES, parse_order
from npta.web.problems import Problem

BODY: dict[str, Any] = {
    "order_id": "6855909900591",
    "order_name": "#1042",
    "email": "ada@example.com",
    "customer_name": "Ada Lovelace",
    "line_items": [{"line_item_id": "11", "sku": "NSTB", "quantity": 1}],
    "region": "USA",
    "paid_at": "2026-11-23T15:04:05Z",
    "force": False,
}


def parsed(**changes: Any) -> Order:
    """The order in the usual body with other fields; None takes a field out."""
    body = {name: value for name, value in {**BODY, **changes}.items() if value is not None}
    return parse_order(body, "CANADA")


def refused(**changes: Any) -> dict[str, str]:
    """What is wrong, by field."""
    with pytest.raises(Problem) as caught:
        parsed(**changes)
    assert caught.value.status == 400
    return {error.field: error.message for error in caught.value.errors}


def lines_of(**changes: Any) -> list[tuple[str, str, int]]:
    return [tuple(line) for line in parsed(**{"line_items": None, **changes}).lines]  # type: ignore[misc]  # a Line has three


def test_the_contracts_own_example() -> None:
    assert parsed() == Order(
        order_id="6855909900591",
        lines=(Line("11", "NSTB", 1),),
        region="USA",
        email="ada@example.com",
        customer_name="Ada Lovelace",
        order_name="#1042",
        paid_at="2026-11-23T15:04:05Z",
        force=False,
    )


def test_only_id_address_and_lines_are_needed() -> None:
    order = parse_order({"order_id": "1", "email": "a@b", "line_items": [{"sku": "A", "quantity": 1}]}, "CANADA")

    assert order == Order("1", (Line("1", "A", 1),), "CANADA", "a@b")


class TestOrderId:
    @pytest.mark.parametrize(
        ("sent", "expected"),
        [
            pytest.param("6855909900591", "6855909900591", id="digits"),
            pytest.param(6855909900591, "6855909900591", id="a number"),
            pytest.param(" 6855 9099 00591\n", "6855909900591", id="blanks"),
            pytest.param("gid://shopify/Order/6855909900591", "6855909900591", id="gid"),
            pytest.param("6855909900591123456", "6855909900591123456", id="19 digits as text"),
            pytest.param("0012", "12", id="zeros in front"),
            pytest.param("gid://shopify/Order/0012", "12", id="zeros in a gid"),
            pytest.param("\u200b00\u00a012\ufeff", "12", id="what cannot be seen"),
            pytest.param("000", "0", id="nothing but zeros"),
            pytest.param("0" * 50 + "5", "5", id="many zeros"),
            pytest.param(["6855909900591"], "6855909900591", id="a list of one, as some forms send it"),
        ],
    )
    def test_an_id_is_understood_as_people_and_machines_write_it(self, sent: Any, expected: str) -> None:
        assert parsed(order_id=sent).order_id == expected

    @pytest.mark.parametrize(
        ("sent", "told"),
        [
            pytest.param("#1042", "order name", id="an order name"),
            pytest.param(" # 1042", "order name", id="an order name with blanks"),
            pytest.param("6.8559e12", "lost digits", id="a rounded number as text"),
            pytest.param("6,8559E+12", "lost digits", id="a rounded number with a comma"),
            pytest.param(6.8559e12, "lost digits", id="a rounded number"),
            pytest.param(2**53 + 2, "lost digits", id="a number beyond what JavaScript can count"),
            pytest.param("6855909900591.0", "digits are expected", id="a fraction"),
            pytest.param("-5", "digits are expected", id="negative"),
            pytest.param("gid://shopify/Customer/5", "digits are expected", id="another thing's gid"),
            pytest.param("gid://shopify/Order/", "is missing", id="a gid of nothing"),
            pytest.param("٣٤", "digits are expected", id="digits of another script"),
            pytest.param("1" * 41, "digits are expected", id="too many digits"),
            pytest.param(True, "digits are expected", id="true"),
            pytest.param("", "is missing", id="empty"),
            pytest.param(None, "is missing", id="missing"),
            pytest.param({"id": 5}, "must be a text", id="an object"),
        ],
    )
    def test_an_id_that_is_none_is_refused_never_guessed(self, sent: Any, told: str) -> None:
        assert told in refused(order_id=sent)["order_id"]

    def test_the_largest_number_that_is_still_exact_is_taken(self) -> None:
        assert parsed(order_id=2**53).order_id == str(2**53)


class TestLines:
    @pytest.mark.parametrize(
        "flat",
        [
            pytest.param({"skus": ["A", "B"], "quantities": [1, 2]}, id="parallel lists"),
            pytest.param({"skus": ["A", "B"], "quantities": ["1", "2"]}, id="parallel lists of texts"),
            pytest.param({"skus": "A,B", "quantities": "1,2"}, id="separated by commas"),
            pytest.param({"skus": " A , B ", "quantities": "1 , 2"}, id="separated by commas and blanks"),
            pytest.param({"line_items_sku": "A,B", "line_items_quantity": "1,2"}, id="Zapier's names"),
            pytest.param({"line_items_sku": ["A", "B"], "quantities": "1,2"}, id="a mix"),
            pytest.param({"line_items": "A,B", "skus": "A,B", "quantities": "1,2"}, id="beside Zapier's own text"),
        ],
    )
    def test_flattened_line_items_are_put_together_again(self, flat: dict[str, Any]) -> None:
        assert lines_of(**flat) == [("1", "A", 1), ("2", "B", 2)]

    def test_flattened_lines_may_carry_their_ids(self) -> None:
        assert lines_of(skus="A,B", quantities="1,2", line_items_id="77,78") == [("77", "A", 1), ("78", "B", 2)]

    def test_a_single_flattened_line_is_no_list(self) -> None:
        assert lines_of(skus="A", quantities=2) == [("1", "A", 2)]

    @pytest.mark.parametrize(
        ("flat", "told"),
        [
            pytest.param({"skus": "A,B", "quantities": "1"}, "2 SKUs, 1 quantities", id="a quantity short"),
            pytest.param({"skus": ["A"], "quantities": [1, 2]}, "1 SKUs, 2 quantities", id="a SKU short"),
            pytest.param(
                {"skus": "A,B", "quantities": "1,2", "line_items_id": "7"}, "2 SKUs, 2 quantities, 1 ids", id="an id"
            ),
            pytest.param({"skus": "A,B"}, "needs both", id="no quantities"),
            pytest.param({"quantities": "1"}, "needs both", id="no SKUs"),
            pytest.param({"skus": "A,B", "quantities": "1,"}, "line 2: the quantity", id="an empty quantity"),
            pytest.param({"skus": "", "quantities": ""}, "at least one line", id="both empty"),
        ],
    )
    def test_lists_that_do_not_line_up_are_refused(self, flat: dict[str, Any], told: str) -> None:
        assert told in refused(line_items=None, **flat)["line_items"]

    @pytest.mark.parametrize(
        ("items", "told"),
        [
            pytest.param(None, "is missing", id="missing"),
            pytest.param([], "at least one line", id="none"),
            pytest.param(["A"], "line 1 is not an object", id="a text in place of a line"),
            pytest.param([{"sku": "A"}], "line 1: the quantity", id="no quantity"),
            pytest.param([{"sku": 1.5, "quantity": 1}], "line 1: the sku", id="a SKU with a fraction"),
            pytest.param([{"sku": ["A", "B"], "quantity": 1}], "must be a text", id="two SKUs in one line"),
            pytest.param([{"sku": "A", "quantity": 1, "id": 1.5e20}], "line 1: the id", id="a rounded line id"),
            pytest.param([{"sku": "A" * 501, "quantity": 1}], "500 characters", id="a SKU without end"),
            pytest.param([{"sku": "A", "quantity": 1}] * (MOST_LINES + 1), str(MOST_LINES), id="too many lines"),
        ],
    )
    def test_lines_that_cannot_be_meant_are_refused(self, items: Any, told: str) -> None:
        assert told in refused(line_items=items)["line_items"]

    @pytest.mark.parametrize(
        "quantity", [0, -1, 1001, "0", "1.5", 1.5, "x", "", None, True, "1e2", "٣", [], {}], ids=repr
    )
    def test_a_quantity_below_1_or_above_1000_or_no_whole_number_is_refused(self, quantity: Any) -> None:
        assert "line_items" in refused(line_items=[{"sku": "A", "quantity": quantity}])

    @pytest.mark.parametrize(
        ("quantity", "expected"), [(1, 1), (1000, 1000), ("7", 7), (" 7 ", 7), (2.0, 2), ("2.0", 2)], ids=repr
    )
    def test_a_quantity_may_come_as_a_number_or_a_text(self, quantity: Any, expected: int) -> None:
        assert parsed(line_items=[{"sku": "A", "quantity": quantity}]).lines[0].quantity == expected

    @pytest.mark.parametrize("sku", [None, "", "  "], ids=["missing", "empty", "blank"])
    def test_a_line_without_a_sku_stays_a_line(self, sku: Any) -> None:
        assert parsed(line_items=[{"sku": sku, "quantity": 1}]).lines == (Line("1", "", 1),)

    def test_a_sku_in_digits_stays_text(self) -> None:
        assert parsed(line_items=[{"sku": 12, "quantity": 1}]).lines[0].sku == "12"

    def test_rule_3_the_letters_of_a_sku_stay_as_they_are(self) -> None:
        assert [line.sku for line in parsed(skus="CPT,CPTa, CNCe", quantities="1,1,1", line_items=None).lines] == [
            "CPT",
            "CPTa",
            "CNCe",
        ]


class TestShopify:
    NATIVE: dict[str, Any] = {  # noqa: RUF012 — a constant of this class's tests
        "id": 6855909900591,
        "admin_graphql_api_id": "gid://shopify/Order/6855909900591",
        "name": "#1042",
        "email": "ada@example.com",
        "customer": {"first_name": "Ada", "last_name": "Lovelace", "email": "private@example.com"},
        "processed_at": "2026-11-23T10:04:05-05:00",
        "line_items": [
            {"id": 14, "sku": "NSTB", "quantity": 3, "current_quantity": 2, "title": "Bundle"},
            {"id": 15, "sku": "CPT", "quantity": 1, "current_quantity": 0},
            {"id": 16, "sku": None, "quantity": 1, "current_quantity": 1},
        ],
    }

    def test_its_own_order_json_is_understood(self) -> None:
        assert parse_order(self.NATIVE, "CANADA") == Order(
            order_id="6855909900591",
            lines=(Line("14", "NSTB", 2), Line("16", "", 1)),
            region="CANADA",
            email="ada@example.com",
            customer_name="Ada Lovelace",
            order_name="#1042",
            paid_at="2026-11-23T15:04:05Z",
        )

    def test_its_gid_wins_over_a_number_that_has_lost_digits(self) -> None:
        order = parse_order({**self.NATIVE, "id": 6.8559e12}, "CANADA")

        assert order.order_id == "6855909900591"

    def test_the_customers_address_serves_where_the_order_has_none(self) -> None:
        assert parse_order({**self.NATIVE, "email": ""}, "CANADA").email == "private@example.com"

    def test_an_order_of_which_nothing_is_left_has_no_lines(self) -> None:
        with pytest.raises(Problem, match="at least one line"):
            parse_order({**self.NATIVE, "line_items": [{"id": 1, "sku": "A", "current_quantity": 0}]}, "CANADA")


class TestTheRest:
    @pytest.mark.parametrize("email", ["", None, "ada", "ada@", "@x", "a b@c", "a@b,c@d", "Ada <a@b>", 5, {}], ids=repr)
    def test_what_is_no_address_is_refused(self, email: Any) -> None:
        assert "email" in refused(email=email)

    @pytest.mark.parametrize(("sent", "expected"), [(" usa ", "USA"), ("", "CANADA"), (None, "CANADA")], ids=repr)
    def test_the_region_is_the_one_named_or_the_usual_one(self, sent: Any, expected: str) -> None:
        assert parsed(region=sent).region == expected

    @pytest.mark.parametrize(
        ("sent", "expected"),
        [
            pytest.param("2026-11-23T15:04:05Z", "2026-11-23T15:04:05Z", id="UTC"),
            pytest.param("2026-11-23T10:04:05-05:00", "2026-11-23T15:04:05Z", id="another zone"),
            pytest.param("2026-11-23T15:04:05.678+00:00", "2026-11-23T15:04:05Z", id="parts of a second"),
            pytest.param("2026-11-23 15:04:05", "2026-11-23T15:04:05Z", id="without a zone it is UTC"),
            pytest.param("", "", id="not told"),
            pytest.param(None, "", id="missing"),
        ],
    )
    def test_the_moment_of_payment_is_kept_in_utc(self, sent: Any, expected: str) -> None:
        assert parsed(paid_at=sent).paid_at == expected

    @pytest.mark.parametrize("sent", ["yesterday", "23.11.2026", 5, "0001-01-01T00:00:00+23:00", [1, 2]], ids=repr)
    def test_what_is_no_moment_is_refused(self, sent: Any) -> None:
        assert "paid_at" in refused(paid_at=sent)

    @pytest.mark.parametrize(
        ("sent", "expected"), [(True, True), ("true", True), ("1", True), (False, False), ("no", False), (None, False)]
    )
    def test_force_is_a_flag_however_it_is_written(self, sent: Any, expected: bool) -> None:
        assert parsed(force=sent).force is expected

    def test_every_wrong_field_is_named_at_once(self) -> None:
        wrong = refused(order_id="#1", email="x", line_items=[], paid_at="soon", force="perhaps")

        assert set(wrong) == {"order_id", "email", "line_items", "paid_at", "force"}

    @pytest.mark.parametrize("field", ["customer_name", "order_name"])
    def test_what_people_only_read_is_cleaned_and_cut_and_never_refused(self, field: str) -> None:
        odd: list[Any] = ["Ada\tLee", "Ada\u2028Lee", "\u200bAda Lee\ufeff", ["Ada", "Lee"], "Ada\r\n Lee\ud800"]

        assert [getattr(parsed(**{field: value}), field) for value in odd] == ["Ada Lee"] * len(odd)
        assert getattr(parsed(**{field: "b" * 600}), field) == "b" * 500
        none: list[Any] = [{"a": 1}, True, [[]]]
        assert [getattr(parsed(**{field: value}), field) for value in [*none, 5]] == ["", "", "", "5"]

    @pytest.mark.parametrize("field", ["email", "region"])
    def test_a_text_that_is_too_long_to_be_meant_is_refused(self, field: str) -> None:
        assert field in refused(**{field: "a@" + "b" * 500})


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(["order_id", "id", "email", "customer", "line_items", "skus", "quantities", "region", "force"])


@given(st.dictionaries(names, json, max_size=8))
def test_whatever_is_sent_is_an_order_or_a_400(body: dict[str, Any]) -> None:
    try:
        order = parse_order(body, "CANADA")
    except Problem as problem:
        told = problem
    else:
        assert order.order_id.isdecimal()
        assert all(1 <= line.quantity <= 1000 for line in order.lines)
        return
    assert told.status == 400
    assert told.errors
