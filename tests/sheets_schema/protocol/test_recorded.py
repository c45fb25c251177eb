"""What Google is sent is what it was, request by request; a change of it is seen before it is delivered."""

from __future__ import annotations

from difflib import unified_diff

from tests.sheets_schema.protocol.recorded import FILE, text


def test_google_is_sent_what_was_recorded() -> None:
    recorded = FILE.read_text(encoding="utf-8")
    changed = "\n".join(unified_diff(recorded.splitlines(), text().splitlines(), "recorded", "now", n=1, lineterm=""))
    assert not changed, f"{changed}\n\nIf this is meant, record it: python -m tests.sheets_schema.protocol.recorded"
