"""The chunked rows behave like a plain list, and a fork never shows in its original."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sheets_schema.emulator.model.rows import CHUNK, EMPTY, NO_EXTRA, Extra, Row, RowList, make_row

_KINDS = (
    EMPTY,
    *(make_row([text], []) for text in "abc"),
    make_row([], [Extra(note="blank but for a note")]),
    make_row([], [NO_EXTRA, Extra(formula="=A1")]),
)
_ROWS = st.sampled_from(_KINDS)
_RANGES = st.tuples(st.integers(0, 250), st.integers(0, 250))
_OPERATIONS = st.one_of(
    st.tuples(st.just("set"), st.integers(0, 300), _ROWS),
    st.tuples(st.just("extend"), st.lists(_ROWS, max_size=150), st.none()),
    st.tuples(st.just("splice"), st.tuples(st.integers(0, 250), st.integers(0, 100)), st.lists(_ROWS, max_size=150)),
    st.tuples(st.just("replace"), _RANGES, st.dictionaries(_ROWS, _ROWS)),
    st.tuples(st.just("fork"), st.none(), st.none()),
)


def _plain(rows: RowList) -> list[Row]:
    return [rows[index] for index in range(len(rows))]


def _trimmed(rows: list[Row]) -> list[Row]:
    while rows and rows[-1] == EMPTY:
        rows = rows[:-1]
    return rows


def _shows(row: Row) -> bool:
    return bool(row.values) or any(extra.formula for extra in row.extras)


@settings(max_examples=200, deadline=None)
@given(st.lists(_OPERATIONS, max_size=12))
def test_rows_behave_like_a_list_without_empty_ends(operations: list[tuple[str, object, object]]) -> None:
    rows, model = RowList(), list[Row]()
    frozen: list[tuple[RowList, list[Row]]] = []
    for name, one, other in operations:
        if name == "fork":
            frozen.append((rows, list(model)))
            rows = rows.fork()
        elif name == "set":
            assert isinstance(one, int)
            assert isinstance(other, Row)
            model += [EMPTY] * (one + 1 - len(model))
            model[one] = other
            rows[one] = other
        elif name == "extend":
            assert isinstance(one, list)
            model = _trimmed(model) + one
            rows.extend(one)
        elif name == "replace":
            assert isinstance(one, tuple)
            assert isinstance(other, dict)
            changed = {**dict(zip(_KINDS, _KINDS, strict=True)), **other}
            start, end = one
            model += [EMPTY] * (end - len(model))
            model[start:end] = [changed[row] for row in model[start:end]]
            rows.replace(start, end, changed.__getitem__)
        else:
            assert isinstance(one, tuple)
            assert isinstance(other, list)
            start, count = one
            model += [EMPTY] * (start + count - len(model))
            model[start : start + count] = other
            rows.splice(start, start + count, other)
        model = _trimmed(model)
        assert _plain(rows) == model
        assert list(rows.between(3, 200)) == model[3:200]
        assert rows.last_filled(3, 200) == max(
            (3 + at for at, row in enumerate(model[3:200]) if _shows(row)), default=2
        )
    for original, expected in frozen:
        assert _plain(original) == expected


def test_a_fork_names_only_the_chunks_it_wrote() -> None:
    rows = RowList()
    rows.extend(make_row([number], []) for number in range(10 * CHUNK))
    fork = rows.fork()
    fork[3] = make_row(["x"], [])
    fork[5 * CHUNK] = make_row(["y"], [])
    assert [chunk.key for chunk in fork.written] == [0, 5]
    assert not fork.layout_changed
    assert rows.fork().written == []


def test_inserting_at_one_place_again_and_again_leaves_no_crumbs() -> None:
    rows = RowList()
    rows.extend(make_row([number], []) for number in range(1000))
    for number in range(1000):
        rows.splice(1, 1, [make_row([number], [])])
    assert len(rows) == 2000
    assert len(rows.chunks) < 3 * 2000 / CHUNK


def test_reading_beyond_the_end_gives_empty_rows() -> None:
    rows = RowList()
    assert rows[5] == EMPTY
    assert list(rows.between(0, 5)) == []
    assert EMPTY.value_at(3) == ""
    assert not EMPTY.extra_at(3)
