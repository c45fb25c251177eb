"""How lists, counts and names are written."""

from __future__ import annotations

from npta.domain.wording import MOST_LISTED, count, listed, names, short


def test_a_name_is_one_line_of_at_most_so_many_characters() -> None:
    assert short("  Ada\n Lovelace ") == "Ada Lovelace"
    assert short("x" * 10, 10) == "x" * 10
    assert short("x" * 11, 10) == f"{'x' * 9}…"


def test_a_list_is_whole_up_to_its_length_and_counts_the_rest() -> None:
    whole = [str(number) for number in range(MOST_LISTED)]
    assert listed(whole) == whole
    assert listed([*whole, "a", "b"]) == [*whole, "… and 2 more"]
    assert listed(["a", "b", "c"], 1) == ["a", "… and 2 more"]


def test_names_stand_in_one_line() -> None:
    assert names(["CPT", "CNCe"]) == "CPT, CNCe"


def test_one_is_no_plural() -> None:
    assert [count(number, "key") for number in (0, 1, 2)] == ["0 keys", "1 key", "2 keys"]
