"""Orders leave and come back while any call may meet a fault; `python -m tests.npta.archiving_torture` runs for longer."""

from __future__ import annotations

import pytest

from tests.npta.archiving_torture import ArchivingTorture


@pytest.mark.row("X26")
def test_every_promise_is_kept_while_orders_leave_and_come_back_under_faults() -> None:
    torture = ArchivingTorture(seed=7).run(8.0)

    assert torture.broken == []
    assert torture.done["orders that left"] > 0, torture.done
    assert torture.done["commits that met a fault"] > 0, torture.done
