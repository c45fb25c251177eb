"""Every sentence of the panel, with 0, 1 and 2 of everything and without each field that an answer may leave out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from itertools import chain
from pathlib import Path

import pytest

from npta.local.web_page.scripting import SIDEBAR_FILES
from tests.wording import MANY, mistakes

SENTENCES = Path(__file__).with_name("sentences.mjs")
NAMES = re.compile(r"[A-Za-z-]+")
"""Names of fields and kinds, and words on buttons: no sentences."""
BY_HAND = re.compile(rf"\$\{{(?!some\()[^{{}}]*\}} (?:[a-z]+ )?(?:{MANY})\b")
"""Things that stand behind a number which the one function for it has not counted."""


def test_no_sentence_has_a_broken_plural_an_empty_name_or_a_word_of_the_machine() -> None:
    if not shutil.which("node"):
        pytest.skip("node is missing")
    environment = {**os.environ, "SIDEBAR": str(SIDEBAR_FILES)}
    done = subprocess.run(
        ["node", str(SENTENCES)], env=environment, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["told"] > 5_000
    wrong = chain.from_iterable(mistakes(text) for text in said["texts"] if not NAMES.fullmatch(text) and text != "–")
    assert "\n".join(dict.fromkeys(wrong)) == ""


def test_nothing_is_counted_by_hand() -> None:
    for file in SIDEBAR_FILES.glob("*.html"):
        assert [line for line in file.read_text().splitlines() if BY_HAND.search(line)] == [], file.name
