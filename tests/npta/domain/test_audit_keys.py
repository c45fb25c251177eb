"""The audit of key codes: what earlier versions have taken in and may still be sold."""

from __future__ import annotations

import pytest

from npta.domain.reports.audit_keys import audit_codes
from npta.tables import ImportHistory
from tests.npta.domain.world import World, key_row

POOL = "NASM CPT combined"


def told(*imports: ImportHistory) -> list[tuple[int, str]]:
    return [(fault.row, fault.message) for fault in audit_codes(imports, World().facts(*imports).state)]


@pytest.mark.parametrize(
    ("keycode", "named"),
    [("GHOST\u200b-1", "U+200B"), ("EX\u00a01", "U+00A0"), ("#N/A", "stands for one"), ("TBD", "no key")],
)
def test_a_key_that_nobody_can_use_is_found(keycode: str, named: str) -> None:
    [(row, message)] = told(key_row("K1", POOL, 1, "EX-1"), key_row("K2", POOL, 1, keycode))

    assert row == 3
    assert "K2" in message
    assert named in message
    assert "Retire Key" in message
    assert keycode not in message


@pytest.mark.parametrize("twin", ["EX-1\u200b", "\ufeffEX-1", "EX\u00ad-1"])
def test_two_keys_that_people_read_as_one_are_found(twin: str) -> None:
    [(row, message)] = told(key_row("K1", POOL, 1, "EX-1"), key_row("K2", POOL, 1, twin))

    assert row == 3
    assert "reads like the key K1" in message


def test_another_providers_key_and_another_letter_case_are_others() -> None:
    assert (
        told(
            key_row("K1", POOL, 1, "EX-1"),
            key_row("K2", "NCSF STS combined", 1, "EX-1"),
            key_row("K3", POOL, 1, "ex-1"),
        )
        == []
    )


def test_what_has_no_free_seat_any_more_is_past_mending() -> None:
    imports = (key_row("K1", POOL, 1, "TBD"), key_row("K2", POOL, 2, "GHOST\u200b"))
    world = World().facts(*imports).retire("K1")

    assert [fault.message for fault in audit_codes(imports, world.state) if "K1" in fault.message] == []
    world.retire("K2")
    assert list(audit_codes(imports, world.state)) == []
