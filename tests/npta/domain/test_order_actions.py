"""Resend Keys: what it notes, for whom, and where it has nothing to note."""

from __future__ import annotations

import pytest

from npta.domain.orders.order_actions import mark_delivered, resend
from npta.errors import ConflictError
from npta.tables import OrderEvent, Orders
from tests.npta.domain.world import World

CPT = "NASM CPT combined"


def filled(*, delivered: bool = True) -> World:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 1)
    world.order("1", ("A", 1))
    if delivered:
        world.press(mark_delivered, "1", message_id="m")
    return world


def noted(world: World, *, email: str = "", noted: bool = False) -> list[tuple[OrderEvent, str, str]]:
    """What Resend Keys writes: each event with its reason and address."""
    facts = world.press(resend, "1", email=email, noted=noted)
    return [(fact.event, fact.reason, fact.email) for fact in facts if isinstance(fact, Orders)]


def test_a_corrected_address_is_noted_and_the_one_that_stood_there_is_not() -> None:
    corrected = (OrderEvent.RESEND, "to a corrected address", "ada@lovelace.example")
    same = (OrderEvent.RESEND, "", "")

    assert noted(filled(), email="ada@lovelace.example") == [corrected]
    assert noted(filled(delivered=False), email="ada@lovelace.example") == [corrected]
    assert noted(filled(), email="ada@example.com") == [same]
    assert noted(filled()) == [same]


def test_a_mail_that_is_due_anyway_is_noted_anew_only_if_that_is_wanted() -> None:
    assert noted(filled(delivered=False)) == []
    assert noted(filled(delivered=False), email="ada@example.com") == []
    assert noted(filled(delivered=False), noted=True) == [(OrderEvent.RESEND, "", "")]


def test_the_mail_of_an_order_without_keys_is_neither_confirmed_nor_sent_again() -> None:
    world = World().product("A", "NASM-CPT-FULL")
    world.order("1", ("A", 1))

    with pytest.raises(ConflictError, match="holds no keys that could be mailed; it is failed"):
        noted(world)
    with pytest.raises(ConflictError, match="holds no keys that could be mailed"):
        world.press(mark_delivered, "1", message_id="m")


def test_an_address_that_was_corrected_stays_so_whatever_a_call_brings() -> None:
    world = filled()
    noted(world, email="ada@lovelace.example")
    noted(world, email="countess@lovelace.example")

    record = world.state.orders["1"]

    assert record.wrong_emails == ("ada@example.com", "ada@lovelace.example")
    assert [record.address(sent) for sent in ("ada@example.com", "ada@lovelace.example", "", "new@example.com")] == [
        *["countess@lovelace.example"] * 3,
        "new@example.com",
    ]
    noted(world, email="ada@example.com")
    assert world.state.orders["1"].wrong_emails == ("ada@lovelace.example", "countess@lovelace.example")
    noted(world)
    assert world.state.orders["1"].address("") == "ada@example.com"


def test_where_no_address_was_known_none_was_wrong() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 1)
    world.order("1", ("A", 1), email="")
    noted(world, email="ada@lovelace.example")

    assert world.state.orders["1"].wrong_emails == ()
