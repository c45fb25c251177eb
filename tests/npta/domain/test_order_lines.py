"""What the lines of an order are called, and which of their units were settled before."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npta.domain.state.fingerprint import quantities
from npta.domain.state.order_lines import named, settled
from npta.domain.state.receipts import OrderLine

ids = st.sampled_from(["", "", "1", "2", "3", "811", "#1", "#2"])
some_lines = st.lists(st.builds(OrderLine, ids, st.sampled_from(["A", "B", ""]), st.integers(1, 3)), max_size=6)


def names(*lines: tuple[str, str], before: tuple[tuple[str, str], ...] = ()) -> list[str]:
    """What lines of (id, SKU) are called."""
    now, then = ([OrderLine(line_id, sku, 1) for line_id, sku in each] for each in (lines, before))
    return [line.line_item_id for line in named(now, named(then))]


class TestNames:
    def test_a_line_is_called_by_its_id(self) -> None:
        assert names(("811", "A"), ("812", "A")) == ["811", "812"]

    def test_a_line_without_an_id_is_called_by_its_position_which_is_nobodys_id(self) -> None:
        assert names(("2", "A"), ("", "B")) == ["2", "#2"]

    def test_an_id_that_stands_on_several_lines_names_none_of_them(self) -> None:
        assert names(("5", "A"), ("5", "B"), ("6", "C")) == ["#1", "#2", "6"]

    def test_a_position_that_somebody_sends_as_an_id_is_not_given_twice(self) -> None:
        assert names(("#2", "A"), ("", "B")) == ["#2", "#3"]

    def test_a_filled_line_keeps_its_name_when_the_ids_are_sent_later(self) -> None:
        assert names(("811", "A"), ("812", "B"), before=(("", "A"),)) == ["#1", "812"]

    def test_a_filled_line_keeps_its_name_when_lines_change_places(self) -> None:
        assert names(("", "B"), ("", "A"), before=(("", "A"), ("", "B"))) == ["#2", "#1"]

    def test_a_new_line_never_takes_the_name_of_a_filled_one(self) -> None:
        assert names(("", "B"), ("", "A"), before=(("", "A"),)) == ["#2", "#1"]
        assert names(("5", "B"), ("6", "A"), before=(("5", "A"),)) == ["#1", "6"]

    def test_another_line_of_the_same_sku_is_another_line(self) -> None:
        assert names(("812", "A"), before=(("811", "A"),)) == ["812"]

    def test_a_position_that_an_earlier_version_noted_as_an_id_is_kept(self) -> None:
        assert names(("14859209900591", "A"), ("14859209900592", "B"), before=(("1", "A"),)) == ["1", "14859209900592"]
        assert names(("1234567890", "A"), before=(("1", "A"),)) == ["1"]
        assert names(("123456789", "A"), before=(("1", "A"),)) == ["123456789"]

    def test_a_line_whose_id_says_nothing_is_the_filled_one_of_its_sku(self) -> None:
        assert names(("#1", "A"), before=(("811", "A"),)) == ["811"]
        assert names(("5", "A"), ("5", "B"), before=(("811", "A"),)) == ["811", "#2"]

    def test_two_lines_of_one_sku_are_kept_apart_by_their_ids(self) -> None:
        assert names(("811", "A"), ("812", "A"), before=(("812", "A"),)) == ["811", "812"]

    @given(some_lines, some_lines)
    def test_no_two_lines_have_one_name_and_naming_twice_changes_nothing(
        self, now: list[OrderLine], then: list[OrderLine]
    ) -> None:
        before = named(then)
        lines = named(now, before)

        assert len({line.line_item_id for line in lines}) == len(lines)
        assert all(line.line_item_id for line in lines)
        assert [(line.sku, line.quantity) for line in lines] == [(line.sku, line.quantity) for line in now]
        assert named(lines, before) == lines
        old = {line.line_item_id: line.sku for line in before}
        assert all(old.get(line.line_item_id, line.sku) == line.sku for line in lines)


class TestSettled:
    def test_a_line_that_grew_has_its_own_units_settled_and_not_those_of_its_neighbour(self) -> None:
        now = [OrderLine("811", "A", 1), OrderLine("812", "A", 2)]

        assert settled(now, [OrderLine("812", "A", 1)]) == [0, 1]

    @pytest.mark.parametrize("now", [[("811", 1), ("812", 1)], [("811", 2)], [("813", 1), ("811", 1)]])
    def test_units_of_one_sku_are_settled_in_whatever_lines_they_come(self, now: list[tuple[str, int]]) -> None:
        assert sum(settled([OrderLine(name, "A", count) for name, count in now], [OrderLine("811", "A", 2)])) == 2

    @given(some_lines, some_lines)
    def test_as_many_units_of_a_sku_are_settled_as_both_have(self, now: list[OrderLine], then: list[OrderLine]) -> None:
        lines, before = named(now, named(then)), named(then)
        units: Counter[str] = Counter()
        for line, count in zip(lines, settled(lines, before), strict=True):
            assert 0 <= count <= line.quantity
            units[line.sku] += count if line.sku else 0

        assert +units == quantities(lines) & quantities(before)
