"""The pictures of the documents: their pages still load, and what is committed is what `make screenshots` makes."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from playwright.sync_api import Browser

from tests.chromium import CHROMIUM
from tests.screenshots import PICTURES, TAKEN, take

pytestmark = CHROMIUM

ROOT = Path(__file__).parents[3]
MOST_BYTES = 250_000


def width(file: Path) -> int:
    """From the head of a PNG. The height is a matter of this machine's letters."""
    (found,) = struct.unpack(">I", file.read_bytes()[16:20])
    return int(found)


def test_every_picture_can_be_taken_and_is_committed_at_its_width(chromium: Browser, tmp_path: Path) -> None:
    taken = list(take(chromium, tmp_path))

    assert [file.name for file in taken] == list(TAKEN)
    assert {file.name: width(file) for file in taken} == {name: width(PICTURES / name) for name in TAKEN}


def test_committed_pictures_are_small_and_each_is_shown_in_a_document() -> None:
    files = {file.name for file in PICTURES.iterdir()}
    texts = [file.read_text() for file in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))]
    shown = {name for text in texts for name in re.findall(r"!\[[^\]]+\]\([^)]*pictures/([\w.]+)\)", text)}

    assert files == shown == set(TAKEN)
    assert [name for name in files if (PICTURES / name).stat().st_size > MOST_BYTES] == []
