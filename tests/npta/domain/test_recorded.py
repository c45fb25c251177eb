"""What people read of an order is what it was, in every situation; a change of it is seen before it is delivered."""

from __future__ import annotations

from difflib import unified_diff

import pytest

from tests.npta.domain.recorded import FOLDER, RECORDED, text


@pytest.mark.parametrize("name", RECORDED)
def test_people_read_what_was_recorded(name: str) -> None:
    recorded = (FOLDER / name).read_text(encoding="utf-8")
    changed = "\n".join(
        unified_diff(recorded.splitlines(), text(name).splitlines(), "recorded", "now", n=1, lineterm="")
    )
    assert not changed, f"{changed}\n\nIf this is meant, record it: python -m tests.npta.domain.recorded"
