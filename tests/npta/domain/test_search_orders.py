"""Orders are found by whatever people have at hand; several hits are listed, and none is guessed."""

from __future__ import annotations

import pytest

from npta.domain.orders.search_orders import MAX_HITS, fold, search_orders
from npta.domain.state.order_record import Status
from npta.domain.state.receipts import OrderLine, Receipt, write_receipt
from npta.domain.state.refunds import Refund, RefundedLine, write_refund
from npta.tables import OrderEvent, Orders
from tests.npta.domain.world import World

CPT = "NASM CPT combined"


def found(world: World, text: str) -> list[str]:
    return [hit.order_id for hit in search_orders(world.state, text).orders]


@pytest.fixture
def world() -> World:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 1, 1, 1)
    world.order("6855909900591", ("A", 1), order_name="#1042", customer_name="Zoë Müller", email="Zoe@Example.com")
    world.order("1042", ("A", 1), order_name="#7", customer_name="Seán O’Brien", email="sean@example.com")
    world.order("3", ("A", 9), order_name="NPTA-3/CA", customer_name="Łukasz Straße", email="l@example.com")
    return world


@pytest.mark.parametrize(
    ("text", "orders"),
    [
        ("6855909900591", ["6855909900591"]),
        (" 6855 9099 00591 ", ["6855909900591"]),
        ("gid://shopify/Order/6855909900591", ["6855909900591"]),
        ("https://admin.shopify.com/store/npta/orders/6855909900591?x=1", ["6855909900591"]),
        ("#1042", ["6855909900591"]),
        ("npta-3/ca", ["3"]),
        ("ZOE@example.COM", ["6855909900591"]),
        ("oe@example.com", []),
        ("mül", ["6855909900591"]),
        ("MULLER", ["6855909900591"]),
        ("muller zoe", ["6855909900591"]),
        ("o'brien", ["1042"]),
        ("OBrien", ["1042"]),
        ("lukasz", ["3"]),
        ("STRASSE", ["3"]),
        ("code-of-K1", ["6855909900591"]),
        (" code-of-K2\u200b", ["1042"]),
        ("CODE-OF-K1", []),
        ("K2", ["1042"]),
        ("code-of-K3", []),
        ("mu", []),
        ("ü", []),
        ("", []),
        ("#", []),
        ("nobody", []),
        ("1.042e3", []),
    ],
)
def test_one_is_found_by(world: World, text: str, orders: list[str]) -> None:
    assert found(world, text) == orders


def test_a_bare_number_is_an_id_and_a_name(world: World) -> None:
    assert sorted(found(world, "1042")) == ["1042", "6855909900591"]


def test_a_name_that_two_orders_share_lists_both(world: World) -> None:
    world.order("4", ("A", 9), order_name="1042")
    assert sorted(found(world, "#1042")) == ["4", "6855909900591"]


def test_a_whole_name_of_two_letters_is_found(world: World) -> None:
    world.order("5", ("A", 9), customer_name="李明")
    assert found(world, "李明") == ["5"]


def test_a_hit_says_how_the_order_stands(world: World) -> None:
    (hit,) = search_orders(world.state, "#7").orders
    assert hit._asdict() == {
        "order_id": "1042",
        "order_name": "#7",
        "customer_name": "Seán O’Brien",
        "email": "sean@example.com",
        "status": Status.FULFILLED,
        "delivered": False,
        "seen_at": "2026-11-23T15:04:05Z",
    }
    assert "sean" not in repr(hit)


def test_fifty_are_listed_and_then_that_there_are_more(world: World) -> None:
    for number in range(MAX_HITS):
        world.order(f"90{number}", ("A", 9), customer_name="Grace Hopper")
    assert not search_orders(world.state, "hopper").more
    world.order("999", ("A", 9), customer_name="Grace B. Hopper")

    hits = search_orders(world.state, "hopper")

    assert (len(hits.orders), hits.more) == (MAX_HITS, True)


def test_what_is_meant_exactly_stands_first(world: World) -> None:
    world.order("77", ("A", 9), customer_name="Mr 1042 Smith")
    assert found(world, "1042")[-1] == "77"


@pytest.mark.parametrize(
    ("one", "other"), [("Ångström", "angstrom"), ("ﬁona", "FIONA"), ("Jean-Luc", "jean luc"), ("Ørsted", "orsted")]
)
def test_names_are_compared_without_case_and_accents(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def taken_back(order_id: str, event: OrderEvent, at: str) -> Orders:
    """A cancellation or refund as the shop sends it, written at a time."""
    refund = Refund(f"of {at}", order_id, (RefundedLine("1", "A", 1, 1),), cancelled=event is OrderEvent.CANCELLED)
    return Orders(at=at, event=event, order_id=order_id, status="", lines=write_refund(refund), commit="c")


def ordered(order_id: str, at: str, status: Status = Status.FAILED) -> Orders:
    return Orders(
        at=at,
        event=OrderEvent.OFF if status is Status.OFF else OrderEvent.FAILED,
        order_id=order_id,
        status=status,
        customer_name="Grace Hopper",
        commit="c",
        lines=write_receipt(Receipt((OrderLine("1", "A", 1),), "CANADA")),
    )


def test_an_id_that_no_order_has_finds_nothing(world: World) -> None:
    assert found(world, "4711") == []


def test_the_newest_come_first_and_of_one_moment_the_higher_id(world: World) -> None:
    world.facts(ordered("11", "2026-11-23T10:00:00Z"), ordered("12", "2026-11-25T10:00:00Z"))
    world.facts(ordered("14", "2026-11-24T10:00:00Z"), ordered("13", "2026-11-24T10:00:00Z"))

    assert found(world, "hopper") == ["12", "14", "13", "11"]


def test_an_order_is_as_old_as_its_order_not_as_a_refund_that_was_heard_of_before(world: World) -> None:
    world.facts(taken_back("11", OrderEvent.REFUNDED, "2026-11-20T10:00:00Z"), ordered("11", "2026-11-25T10:00:00Z"))
    world.facts(ordered("12", "2026-11-24T10:00:00Z"))

    assert found(world, "hopper") == ["11", "12"]
    assert search_orders(world.state, "hopper").orders[0].seen_at == "2026-11-25T10:00:00Z"


@pytest.mark.parametrize(("event", "status"), [(None, Status.OFF), (OrderEvent.CANCELLED, Status.FAILED)])
def test_an_order_of_the_mode_off_that_is_owed_nothing_any_more_has_failed(
    world: World, event: OrderEvent | None, status: Status
) -> None:
    world.facts(ordered("11", "2026-11-25T10:00:00Z", Status.OFF))
    if event:
        world.facts(taken_back("11", event, "2026-11-26T10:00:00Z"))

    assert [hit.status for hit in search_orders(world.state, "hopper").orders] == [status]
