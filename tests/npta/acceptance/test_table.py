"""Every row has a test, and the page says which."""

from __future__ import annotations

from tests.npta.acceptance.rows import ROWS
from tests.npta.acceptance.table import DOCUMENT, document, marked


def test_every_row_has_a_test_and_every_mark_is_a_row() -> None:
    rows = marked()

    assert [row for row in ROWS if row not in rows] == []
    assert [row for row in rows if row not in ROWS] == []


def test_the_page_is_what_the_marks_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run: python -m tests.npta.acceptance"
