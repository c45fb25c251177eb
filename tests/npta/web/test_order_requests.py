"""The body of POST /orders in every shape in which it is sent, and what is refused rather than guessed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npta.domain.state.receipts import Order, OrderLine
from npta.domain.state.shop_status import ShopStatus
from npta.web.problems import ProblemError
from npta.web.schemas.order_lines import MAX_LINES
from npta.web.schemas.order_request import parse_order, readable_order, shown_order_id

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
    with pytest.raises(ProblemError) as caught:
        parsed(**changes)
    assert caught.value.status == 400
    return {error.field: error.message for error in caught.value.errors}


def lines_of(**changes: Any) -> list[tuple[str, str, int]]:
    return [tuple(line) for line in parsed(**{"line_items": None, **changes}).lines]  # type: ignore[misc]  # a Line has three


def test_the_contracts_own_example() -> None:
    assert parsed() == Order(
        order_id="6855909900591",
        lines=(OrderLine("11", "NSTB", 1),),
        region="USA",
        email="ada@example.com",
        customer_name="Ada Lovelace",
        order_name="#1042",
        paid_at="2026-11-23T15:04:05Z",
        force=False,
    )


def test_only_id_address_and_lines_are_needed() -> None:
    order = parse_order({"order_id": "1", "email": "a@b", "line_items": [{"sku": "A", "quantity": 1}]}, "CANADA")

    assert order == Order("1", (OrderLine("#1", "A", 1),), "CANADA", "a@b")


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
            pytest.param(2**53, "lost digits", id="what JavaScript makes of one beyond"),
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
        assert parsed(order_id=2**53 - 1).order_id == str(2**53 - 1)


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
        assert lines_of(**flat) == [("#1", "A", 1), ("#2", "B", 2)]

    def test_flattened_lines_may_carry_their_ids(self) -> None:
        assert lines_of(skus="A,B", quantities="1,2", line_items_id="77,78") == [("77", "A", 1), ("78", "B", 2)]

    def test_a_single_flattened_line_is_no_list(self) -> None:
        assert lines_of(skus="A", quantities=2) == [("#1", "A", 2)]

    @pytest.mark.parametrize(
        ("item", "line_id"),
        [
            ({"line_item_id": "11"}, "11"),
            ({"line_item_id": 11}, "11"),
            ({"line_item_id": "gid://shopify/LineItem/11"}, "11"),
            ({"line_item_id": None, "id": 12}, "12"),
            ({"line_item_id": "", "id": "gid://shopify/LineItem/12"}, "12"),
            ({"id": 12, "admin_graphql_api_id": "gid://shopify/LineItem/13"}, "13"),
            ({"line_item_id": " "}, "#1"),
            ({}, "#1"),
        ],
        ids=str,
    )
    def test_a_line_has_the_id_that_came_with_it_or_its_position_which_is_nobodys_id(
        self, item: dict[str, Any], line_id: str
    ) -> None:
        assert parsed(line_items=[{"sku": "A", "quantity": 1, **item}]).lines[0].line_item_id == line_id

    @pytest.mark.parametrize(
        ("flat", "told"),
        [
            pytest.param({"skus": "A,B", "quantities": "1"}, "2 SKUs, 1 quantity", id="a quantity short"),
            pytest.param({"skus": ["A"], "quantities": [1, 2]}, "1 SKU, 2 quantities", id="a SKU short"),
            pytest.param(
                {"skus": "A,B", "quantities": "1,2", "line_items_id": "7"}, "2 SKUs, 2 quantities, 1 id", id="an id"
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
            pytest.param(["A"], "line 1 came as a text (“A”), not as an object", id="a text in place of a line"),
            pytest.param(
                [{"sku": "A", "quantity": 1}, ["B", 1]], "line 2 came as a list", id="a list in place of a line"
            ),
            pytest.param([{"Sku": "A", "quantity": 1}], "“Sku” is written sku here", id="a SKU almost called so"),
            pytest.param(
                [{"sku": "A", "quantity": 1, "currentQuantity": 0}],
                "is written current_quantity here",
                id="what is left",
            ),
            pytest.param(
                [{"sku": "A", "quantity": 1, "id": "1.59e+13"}], "lost digits", id="a rounded line id in text"
            ),
            pytest.param([{"sku": "A"}], "line 1: the quantity", id="no quantity"),
            pytest.param([{"sku": 1.5, "quantity": 1}], "line 1: the sku", id="a SKU with a fraction"),
            pytest.param([{"sku": ["A", "B"], "quantity": 1}], "must be a text", id="two SKUs in one line"),
            pytest.param([{"sku": "A", "quantity": 1, "id": 1.5e20}], "line 1: the id", id="a rounded line id"),
            pytest.param([{"sku": "A" * 501, "quantity": 1}], "500 characters", id="a SKU without end"),
            pytest.param([{"sku": "A", "quantity": 1}] * (MAX_LINES + 1), str(MAX_LINES), id="too many lines"),
        ],
    )
    def test_lines_that_cannot_be_meant_are_refused(self, items: Any, told: str) -> None:
        assert told in refused(line_items=items)["line_items"]

    @pytest.mark.parametrize(
        "quantity", [-1, 1001, "-1", "1.5", 1.5, "x", "", None, True, False, "1e2", "٣", [], {}, 1e400, ".0"], ids=repr
    )
    def test_a_quantity_below_0_or_above_1000_or_no_whole_number_is_refused(self, quantity: Any) -> None:
        assert "line_items" in refused(line_items=[{"sku": "A", "quantity": quantity}])

    @pytest.mark.parametrize(
        ("quantity", "expected"), [(1, 1), (1000, 1000), ("7", 7), (" 7 ", 7), (2.0, 2), ("2.0", 2)], ids=repr
    )
    def test_a_quantity_may_come_as_a_number_or_a_text(self, quantity: Any, expected: int) -> None:
        assert parsed(line_items=[{"sku": "A", "quantity": quantity}]).lines[0].quantity == expected

    @pytest.mark.parametrize("sku", [None, "", "  "], ids=["missing", "empty", "blank"])
    def test_a_line_without_a_sku_stays_a_line(self, sku: Any) -> None:
        assert parsed(line_items=[{"sku": sku, "quantity": 1}]).lines == (OrderLine("#1", "", 1),)

    def test_a_sku_in_digits_stays_text(self) -> None:
        assert parsed(line_items=[{"sku": 12, "quantity": 1}]).lines[0].sku == "12"

    def test_rule_3_the_letters_of_a_sku_stay_as_they_are(self) -> None:
        assert [line.sku for line in parsed(skus="CPT,CPTa, CNCe", quantities="1,1,1", line_items=None).lines] == [
            "CPT",
            "CPTa",
            "CNCe",
        ]


@pytest.mark.parametrize("line", [{"sku": "A"}, {"sku": "A", "quantity": None}, {"sku": "A", "quantity": " "}], ids=str)
def test_a_line_without_a_quantity_is_told_as_that(line: dict[str, Any]) -> None:
    assert refused(line_items=[{"sku": "B", "quantity": 0}, line])["line_items"] == "line 2: the quantity is missing"


ZEROS: list[Any] = [0, "0", 0.0, "0.0", " 0 ", "00", "0.00", -0.0]


class TestRemovedLines:
    """A line of which nothing is left is no line, in whatever shape it comes."""

    @pytest.mark.parametrize("nothing", ZEROS, ids=repr)
    @pytest.mark.parametrize("name", ["quantity", "current_quantity"])
    def test_an_object(self, nothing: Any, name: str) -> None:
        items = [{"sku": "A", "quantity": 1, name: nothing}, {"sku": "B", "quantity": 2, "id": 22}]

        order = parsed(line_items=items)

        assert (order.lines, order.removed) == ((OrderLine("22", "B", 2),), ("A",))

    @pytest.mark.parametrize("nothing", ZEROS, ids=repr)
    @pytest.mark.parametrize("name", ["line_items_quantity", "quantities", "line_items_current_quantity"])
    def test_a_place_in_a_list(self, nothing: Any, name: str) -> None:
        order = parsed(line_items=None, skus=["A", "B"], line_items_id=["11", "22"], **{name: [nothing, 2]})

        assert (order.lines, order.removed) == ((OrderLine("22", "B", 2),), ("A",))

    @pytest.mark.parametrize("nothing", ["0", "0.0", " 0 ", "00"])
    def test_a_place_in_a_text_with_commas(self, nothing: str) -> None:
        order = parsed(line_items=None, line_items_sku="A,B", line_items_quantity=f"{nothing},2", line_items_id="11,22")

        assert (order.lines, order.removed) == ((OrderLine("22", "B", 2),), ("A",))

    @pytest.mark.parametrize("told", [None, "", "  ", "\u200b"], ids=ascii)
    def test_what_is_left_counts_only_where_it_is_told(self, told: Any) -> None:
        assert parsed(line_items=[{"sku": "A", "quantity": 3, "current_quantity": told}]).lines[0].quantity == 3
        assert lines_of(skus="A,B", quantities="3,2", current_quantities=[told, 1]) == [("#1", "A", 3), ("#2", "B", 1)]

    def test_whatever_else_is_wrong_with_it(self) -> None:
        odd = {"sku": ["A", "B"], "quantity": 1, "current_quantity": 0, "id": 1.5e20}

        assert parsed(line_items=[odd, {"sku": "B", "quantity": 1}]).lines == (OrderLine("#2", "B", 1),)

    def test_all_of_them(self) -> None:
        order = parsed(line_items=None, skus="A,B", quantities="0,0.0")

        assert (order.lines, order.removed) == ((), ("A", "B"))

    def test_positions_are_counted_with_what_was_removed(self) -> None:
        assert lines_of(skus="A,B,C", quantities="1,0,1") == [("#1", "A", 1), ("#3", "C", 1)]


class TestLongLists:
    """An order of many lines is long text."""

    @pytest.mark.parametrize("lines", [33, 34, 300, MAX_LINES])
    def test_ids_skus_and_quantities_as_text(self, lines: int) -> None:
        ids = [str(15_900_000_000_000 + place) for place in range(lines)]

        order = parsed(
            line_items=None,
            line_items_sku=",".join(f"MANY-{place}" for place in range(lines)),
            line_items_quantity=", ".join(["1"] * lines),
            line_items_id=",".join(ids),
        )

        assert [line.line_item_id for line in order.lines] == ids
        assert order.lines[-1].sku == f"MANY-{lines - 1}"

    def test_one_more_than_there_may_be(self) -> None:
        many = ",".join(["1"] * (MAX_LINES + 1))

        assert str(MAX_LINES) in refused(line_items=None, skus=many, quantities=many)["line_items"]

    def test_a_part_that_is_too_long_to_be_meant_is_refused_alone(self) -> None:
        told = refused(line_items=None, skus="A," + "x" * 501, quantities="1,1")

        assert told == {"line_items": "line 2: the sku is longer than 500 characters"}

    @pytest.mark.parametrize("ids", ["gid://shopify/LineItem/77,gid://shopify/LineItem/78", ["77", 78], "77 , 78,"])
    def test_ids_in_their_shapes(self, ids: Any) -> None:
        more = "," if isinstance(ids, str) and ids.endswith(",") else ""

        assert lines_of(skus=f"A,B{more}", quantities=f"1,2{more}", line_items_id=ids) == [
            ("77", "A", 1),
            ("78", "B", 2),
        ]

    @pytest.mark.parametrize("ids", ["1.59e+13,2", ["1.59E+13", "2"]], ids=repr)
    def test_ids_that_lost_digits_are_refused(self, ids: Any) -> None:
        assert (
            "line 1: the id came as a rounded number"
            in refused(line_items=None, skus="A,B", quantities="1,2", line_items_id=ids)["line_items"]
        )

    @pytest.mark.parametrize(("name", "told"), [("line_items_id", "line 1: the id"), ("skus", "line 1: the sku")])
    def test_a_single_number_with_a_fraction_is_no_id_and_no_sku(self, name: str, told: str) -> None:
        flat = {"skus": "A", "quantities": 2.0, "line_items_id": 77}

        assert lines_of(**flat) == [("77", "A", 2)]
        assert told in refused(line_items=None, **{**flat, name: 1.59e13})["line_items"]

    def test_half_of_it_that_is_empty_leaves_no_hole_in_the_sentence(self) -> None:
        assert refused(line_items=None, skus="") == {"line_items": "needs both line_items_sku and line_items_quantity"}

    @pytest.mark.parametrize("ids", ["", [], "  ", ["", ""], ","], ids=repr)
    def test_ids_that_are_empty_are_not_told(self, ids: Any) -> None:
        assert lines_of(skus="A,B", quantities="1,2", line_items_id=ids) == [("#1", "A", 1), ("#2", "B", 2)]

    def test_a_tip_keeps_its_place(self) -> None:
        assert lines_of(skus="A,,B", quantities="1,1,2") == [("#1", "A", 1), ("#2", "", 1), ("#3", "B", 2)]
        assert lines_of(skus="A,", quantities="1,1") == [("#1", "A", 1), ("#2", "", 1)]
        assert lines_of(skus="", quantities="1") == [("#1", "", 1)]

    @pytest.mark.parametrize(("skus", "quantities"), [("A,B,", "1,2"), ("A,B", "1,2,"), ("A,,", "1,1")])
    def test_a_comma_too_many_on_one_side_is_not_guessed_at(self, skus: str, quantities: str) -> None:
        assert "do not line up" in refused(line_items=None, skus=skus, quantities=quantities)["line_items"]


class TestTheWrongShape:
    """What is there in another shape is called wrong, never missing, and what is wanted is said."""

    @pytest.mark.parametrize(
        ("body", "came"),
        [
            pytest.param(
                {"line_items": {"sku": "A,B", "quantity": "1,2"}}, "one object (sku, quantity)", id="unflattened"
            ),
            pytest.param({"line_items": {"sku": "A", "quantity": 1}}, "one object (sku, quantity)", id="one line"),
            pytest.param({"line_items": {}}, "one object", id="an empty object"),
            pytest.param({"line_items": '[{"sku":"A","quantity":1}]'}, "a text (“[{", id="JSON in a text"),
            pytest.param({"line_items": "A x 1"}, "a text (“A x 1”)", id="a summary"),
            pytest.param({"line_items": 5}, "a number", id="a number"),
            pytest.param({"line_items": True}, "true or false", id="true"),
            pytest.param({"line_items__sku": "A", "line_items__quantity": "1"}, "“line_items__sku”", id="two signs"),
            pytest.param({"line_items[sku]": "A", "line_items[quantity]": "1"}, "“line_items[sku]”", id="brackets"),
            pytest.param({"lineItems": [{"sku": "A", "quantity": 1}]}, "“lineItems”", id="a camel"),
            pytest.param(
                {"Line Items SKU": "A", "Line Items Quantity": 1}, "“Line Items SKU”", id="as Zapier shows them"
            ),
            pytest.param({"items": [{"sku": "A", "quantity": 1}]}, "“items”", id="items"),
            pytest.param({"sku": "A", "quantity": 1}, "“sku”, “quantity”", id="a single line"),
            pytest.param({"line\u200b_items": []}, "“line[U+200B]_items”", id="a name with something hidden"),
            pytest.param({"skus": "A", "line_items__quantity": "1"}, "“skus”, “line_items__quantity”", id="half of it"),
            pytest.param({"skus": {"a": 1}, "quantities": "1"}, "skus came as one object", id="SKUs in an object"),
            pytest.param(
                {"skus": '["A","B"]', "quantities": "1,2"}, "skus came as a text", id="SKUs as JSON in a text"
            ),
            pytest.param(
                {"skus": "A", "quantities": True}, "quantities came as true or false", id="true for a quantity"
            ),
        ],
    )
    def test_it_says_what_came(self, body: dict[str, Any], came: str) -> None:
        told = refused(**{"line_items": None, **body})["line_items"]

        assert came in told
        assert "missing" not in told
        assert "line_items" in told or "list" in told

    def test_what_is_not_there_at_all_is_missing(self) -> None:
        assert refused(line_items=None) == {"line_items": "is missing"}
        assert refused(line_items="") == {"line_items": "is missing"}

    @pytest.mark.parametrize(
        ("body", "field", "told"),
        [
            ({"orderId": "1"}, "order_id", "came under another name: “orderId” is written order_id here"),
            ({"Order ID": "1"}, "order_id", "“Order ID” is written order_id here"),
            ({"order": {"id": 1}}, "order_id", "“order” is written order_id here"),
            ({"customer_email": "a@b"}, "email", "“customer_email” is written email here"),
            ({"E-Mail": "a@b"}, "email", "“E-Mail” is written email here"),
        ],
    )
    def test_other_fields_that_are_almost_called_right(self, body: dict[str, Any], field: str, told: str) -> None:
        assert told in refused(**{field: None, **body})[field]

    def test_long_and_many_names_are_cut(self) -> None:
        told = refused(line_items=None, **{f"line_items_{place}" + "x" * 900: "A" for place in range(50)})["line_items"]

        assert len(told) < 500


class TestReadable:
    """Of a refused order enough is read to find it in the shop."""

    def test_what_can_be_read_is_read(self) -> None:
        order = readable_order({**BODY, "line_items": 5, "order_id": "0777", "customer_name": "Ada\tLee"}, "CANADA")

        assert order == Order("777", (), "CANADA", "ada@example.com", "Ada Lee", "#1042")

    def test_an_address_that_is_none_is_left_out(self) -> None:
        order = readable_order({"id": 777, "email": "none"}, "CANADA")

        assert order == Order("777", (), "CANADA")

    @pytest.mark.parametrize("order_id", [None, "#1042", 6.8e12, {}, [1, 2], "6.8e12"], ids=repr)
    def test_without_an_id_that_is_one_there_is_none(self, order_id: Any) -> None:
        assert readable_order({**BODY, "order_id": order_id}, "CANADA").order_id == ""

    @pytest.mark.parametrize(
        ("order_id", "told"),
        [("#1042", "#1042"), (6.8e12, "6800000000000.0"), ({}, ""), (None, ""), ("x" * 99, "x" * 39 + "…")],
    )
    def test_what_came_as_its_id_is_told_as_it_came(self, order_id: Any, told: str) -> None:
        assert shown_order_id({"order_id": order_id}) == told


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
            lines=(OrderLine("14", "NSTB", 2), OrderLine("16", "", 1)),
            region="CANADA",
            email="ada@example.com",
            customer_name="Ada Lovelace",
            order_name="#1042",
            paid_at="2026-11-23T15:04:05Z",
            removed=("CPT",),
        )

    def test_its_gid_wins_over_a_number_that_has_lost_digits(self) -> None:
        order = parse_order({**self.NATIVE, "id": 6.8559e12}, "CANADA")

        assert order.order_id == "6855909900591"

    def test_the_customers_address_serves_where_the_order_has_none(self) -> None:
        assert parse_order({**self.NATIVE, "email": ""}, "CANADA").email == "private@example.com"

    def test_an_order_of_which_nothing_is_left_has_no_lines(self) -> None:
        order = parse_order({**self.NATIVE, "line_items": [{"id": 1, "sku": "A", "current_quantity": 0}]}, "CANADA")

        assert (order.lines, order.removed) == ((), ("A",))

    @pytest.mark.parametrize(
        "more",
        [
            {"financial_status": "refunded", "cancelled_at": "2026-11-27T10:00:00Z", "test": True},
            {"financial_status": ["paid"], "cancelled_at": None, "test": "false"},
            {"financial_status": "Partially Refunded", "cancelled_at": "", "test": ""},
        ],
        ids=repr,
    )
    def test_what_it_says_of_its_state_changes_no_line(self, more: dict[str, Any]) -> None:
        assert parse_order({**self.NATIVE, **more}, "CANADA").lines == parse_order(self.NATIVE, "CANADA").lines

    @pytest.mark.parametrize(
        ("more", "read"),
        [
            ({}, ShopStatus()),
            ({"financial_status": None, "cancelled_at": None, "test": None}, ShopStatus()),
            ({"financial_status": "PENDING"}, ShopStatus("pending")),
            ({"financial_status": ["partially paid"], "test": ["True"]}, ShopStatus("partially_paid", test=True)),
            ({"cancelled_at": "2026-11-27T05:00:00-05:00", "test": 0}, ShopStatus("", "2026-11-27T10:00:00Z")),
        ],
        ids=repr,
    )
    def test_its_state_is_read(self, more: dict[str, Any], read: ShopStatus) -> None:
        assert parse_order({**self.NATIVE, **more}, "CANADA").shop == read

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            *[("financial_status", {}), ("financial_status", "settled"), ("financial_status", "12.50")],
            *[("financial_status", True), ("financial_status", ["paid", "paid"])],
            *[("cancelled_at", 5), ("cancelled_at", True), ("cancelled_at", "yesterday")],
            *[("test", "perhaps"), ("test", []), ("test", {}), ("test", 2)],
        ],
        ids=repr,
    )
    def test_a_state_that_cannot_be_read_is_refused_by_name_rather_than_guessed(self, field: str, value: Any) -> None:
        with pytest.raises(ProblemError) as refusal:
            parse_order({**self.NATIVE, field: value}, "CANADA")
        assert [error.field for error in refusal.value.errors] == [field]


class TestTheRest:
    @pytest.mark.parametrize("email", ["", None, "ada", "ada@", "@x", "a b@c", "a@b,c@d", "Ada <a@b>", 5, {}], ids=repr)
    def test_what_is_no_address_is_refused(self, email: Any) -> None:
        assert "email" in refused(email=email)

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            (" ada@example.com\n", "ada@example.com"),
            ("\u200bada@example.com\ufeff", "ada@example.com"),
            ("ada@exam\u00adple.com", "ada@example.com"),
            (["ada@example.com"], "ada@example.com"),
            ("o'hara+npta/x=1!@example.co.uk", "o'hara+npta/x=1!@example.co.uk"),
            ('"ada, the countess"@example.com', '"ada, the countess"@example.com'),
            ('"a@b"@example.com', '"a@b"@example.com'),
            ("ü.ñ@exämple.de", "ü.ñ@exämple.de"),
            ("ADA@EXAMPLE.COM", "ADA@EXAMPLE.COM"),
            ("ada@[192.0.2.1]", "ada@[192.0.2.1]"),
        ],
        ids=ascii,
    )
    def test_odd_addresses_are_cleaned_and_taken(self, sent: Any, kept: str) -> None:
        assert parsed(email=sent).email == kept

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
            pytest.param("2026-11-23 15:04:05 UTC", "2026-11-23T15:04:05Z", id="UTC in letters"),
            pytest.param("2026-11-23 10:04:05 -0500", "2026-11-23T15:04:05Z", id="a zone apart"),
            pytest.param(1795446245, "2026-11-23T15:04:05Z", id="seconds since 1970"),
            pytest.param("1795446245000", "2026-11-23T15:04:05Z", id="milliseconds since 1970"),
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
    except ProblemError as problem:
        told = problem
    else:
        assert order.order_id.isdecimal()
        assert all(1 <= line.quantity <= 1000 for line in order.lines)
        assert order.lines or order.removed
        return
    assert told.status == 400
    assert told.errors
