"""A queue in layers is a list from which things are taken out, however it is cut into layers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from npta.domain.state.counters_and_queues import Count, Latest, OrderQueue

steps = st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans(), st.booleans()), max_size=40)


@given(steps)
def test_it_is_a_list_in_the_order_of_coming_in_whatever_layers(taken: list[tuple[str, bool, bool]]) -> None:
    root, model = OrderQueue(), list[str]()
    layer = root.new_child()
    for each, there, cut in taken:
        layer.put(each, there=there)
        if there and each not in model:
            model.append(each)
        elif not there and each in model:
            model.remove(each)
        assert list(layer.ids()) == model
        assert layer.size == len(model)
        if cut:
            root.maps[0].update(layer.maps[0])
            layer = root.new_child()
            assert list(root.ids()) == model


def test_what_a_layer_does_is_not_seen_below_it() -> None:
    root = OrderQueue()
    root.put("a", there=True)
    layer = root.new_child()
    layer.put("b", there=True)
    layer.put("a", there=False)

    assert (list(root.ids()), root.size) == (["a"], 1)
    assert (list(layer.ids()), layer.size) == (["b"], 1)


def test_the_first_few_of_many_are_seen_without_looking_at_what_was_taken_out_between_them() -> None:
    reads = 0

    class Counted(OrderQueue):
        def __getitem__(self, key: str) -> tuple[str, str, int] | None:
            nonlocal reads
            reads += 1
            return super().__getitem__(key)

    many = OrderQueue()
    for number in range(1_000):
        many.put(str(number), there=True)
    for number in range(1, 999):
        many.put(str(number), there=False)

    assert list(Counted(*many.maps).ids()) == ["0", "999"]
    assert reads == 2


def test_an_id_that_is_no_id_is_never_in_it() -> None:
    empty = OrderQueue()
    empty.put("", there=True)

    assert (list(empty.ids()), empty.size) == ([], 0)


def test_a_single_value_is_the_newest_that_was_set_in_its_layer_or_below() -> None:
    latest, count = Latest[str](), Count()
    assert (latest.value, count.value) == (None, 0)
    latest.value = "a"
    assert (count.add(), count.value) == (0, 1)
    above, more = latest.new_child(), count.new_child()
    assert (above.value, more.value) == ("a", 1)
    above.value = "b"
    assert more.add() == 1
    assert (latest.value, above.value, count.value, more.value) == ("a", "b", 1, 2)
    more.reset()
    assert (count.value, more.value) == (1, 0)
