"""How many orders have left for which archive, as the status tells it."""

from __future__ import annotations

from npta.domain.reports.status import ArchiveStanding, archives_standing
from npta.domain.state.archive_index import Portion
from npta.domain.state.state import State


def portion(number: int, archive: str, orders: int) -> Portion:
    return Portion(number, archive, f"p{number}", orders, orders, 1, orders, "", "")


def test_archives_are_told_in_their_order_with_portions_orders_and_what_is_wrong() -> None:
    state = State()
    for number, (archive, orders) in enumerate((("old", 5), ("new", 7), ("old", 2)), 1):
        state.portions[number] = portion(number, archive, orders)
        state.portion_count.add()

    assert archives_standing(state, ["next", "new"], {"old": "it cannot be read"}) == (
        ArchiveStanding("next", 0, 0, ""),
        ArchiveStanding("new", 1, 7, ""),
        ArchiveStanding("old", 2, 7, "it cannot be read"),
    )
    assert archives_standing(State(), [], {}) == ()
