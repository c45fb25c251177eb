"""An order's row in an archive is believed only if it is that order's, and as it was written."""

from __future__ import annotations

import pytest

from npta.domain.state.archive_index import ArchivedAt, Portion
from npta.domain.state.archived_order import digest_of, digest_of_all, read_archived
from npta.domain.state.packed_orders import IndexedOrder
from npta.errors import DamagedError
from npta.tables import ArchivedOrder
from sheets_schema import SchemaMismatchError

PORTION = Portion(1, "an archive", "00001 a", 2, 2, 1, 2, "", "")
AT = ArchivedAt(IndexedOrder("1"), PORTION, 1)


def row_of(order_id: str, digest: str = "") -> ArchivedOrder:
    rows = '{"orders":{},"seats":{},"held":[]}'
    row = ArchivedOrder(order_id=order_id, order_name="", customer_name="", email="", rows=rows, digest=digest)
    return row if digest else row.model_copy(update={"digest": digest_of(row)})


def test_the_row_of_the_order_is_read() -> None:
    assert read_archived(row_of("1"), AT).held == ()


@pytest.mark.parametrize("there", [row_of("2"), row_of("1", "edited"), SchemaMismatchError("no number")])
def test_a_row_of_another_order_one_that_was_edited_and_one_that_cannot_be_read_are_refused(there: object) -> None:
    with pytest.raises(DamagedError, match="Order 1 stands in the archive an archive, tab “00001 a”, row 2"):
        read_archived(there, AT)


def test_digests_are_what_every_version_has_written() -> None:
    row = row_of("1")
    assert digest_of(row) == "ad1f34bcbfd46e37b814"
    assert digest_of_all([row, row_of("2")]) == "dc6cb8c1b71875bf8e92"
