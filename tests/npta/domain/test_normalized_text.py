"""Text that people paste: what is cleaned, what is kept, what is shown."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npta.domain.state import normalized_text as text_module
from npta.domain.state.normalized_text import (
    canonical,
    comparable,
    control_characters,
    invisible_characters,
    is_invisible,
    is_masked,
    is_placeholder,
    is_sheet_error,
    quoted,
    trimmed,
    visible,
)
from npta.domain.state.wording import listed

UNSEEN = (
    *"\u200b\u200c\u200d\u2060\u2064\ufeff\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180e\u180f\u200e\u200f",
    *"\u202a\u202e\u2066\u2069\ufe00\ufe0f\u3164\uffa0\u2800\U000e0020\U000e0100\x00\x07\x7f\x9f\ue000\ud800",
)
BLANKS = (
    "\u00a0",
    "\u1680",
    "\u2000",
    "\u2003",
    "\u200a",
    "\u202f",
    "\u205f",
    "\u3000",
    "\t",
    "\n",
    "\r\n",
    "\u2028",
    "\x85",
)

texts = st.text(
    alphabet=st.one_of(st.characters(exclude_categories=()), st.sampled_from("".join((*UNSEEN, *BLANKS)) + " é́A"))
)


@given(texts)
def test_the_canonical_form_is_final_composed_and_bare(text: str) -> None:
    form = canonical(text)
    assert canonical(form) == form == unicodedata.normalize("NFC", form) == form.strip()
    assert invisible_characters(form) == () == control_characters(form)
    assert visible(form) == form
    assert trimmed(form) == form == comparable(form)


@given(texts)
def test_trimming_takes_nothing_from_inside(text: str) -> None:
    form = trimmed(text)
    assert trimmed(form) == form
    assert form in text
    assert comparable(form) == comparable(text) == comparable(comparable(text))


@given(texts)
def test_what_is_shown_holds_nothing_unseen(text: str) -> None:
    assert invisible_characters(visible(text)) == ()
    assert (visible(text) == text) == (invisible_characters(text) == ())


@pytest.mark.parametrize("char", UNSEEN, ids=[f"U+{ord(char):04X}" for char in UNSEEN])
def test_an_invisible_character_is_taken_out_named_and_shown(char: str) -> None:
    name = f"U+{ord(char):04X}"
    assert is_invisible(char)
    assert canonical(f"{char}GHOST{char}-1{char}") == "GHOST-1"
    assert trimmed(f"{char} GHOST{char}-1{char}") == f"GHOST{char}-1"
    assert invisible_characters(f"GHOST{char}-1{char}") == (name,)
    assert visible(f"GHOST-1{char}") == f"GHOST-1[{name}]"


@pytest.mark.parametrize("blank", BLANKS, ids=["-".join(f"U+{ord(char):04X}" for char in blank) for blank in BLANKS])
def test_a_blank_of_any_kind_is_a_plain_one_inside_and_nothing_at_the_edge(blank: str) -> None:
    assert canonical(f"{blank}Ada{blank}Lee{blank} ") == "Ada Lee"
    assert trimmed(f"{blank}A-1{blank}") == "A-1"
    assert invisible_characters(f"A{blank}1")


def test_letters_that_look_alike_but_are_others_stay() -> None:
    assert canonical("cpt\u2011A  b") == "cpt\u2011A  b"
    assert canonical("Zoe\u0308") == "Zoë" == comparable("Zoe\u0308")
    assert trimmed("Zoe\u0308") == "Zoe\u0308"
    assert canonical("e\u200b\u0301") == "é"


def test_only_control_characters_and_line_ends_are_called_so() -> None:
    assert control_characters("A\tB\u2028C\tD\u200b") == ("U+0009", "U+2028")
    assert control_characters("A\u00a0B\u200b") == ()


@pytest.mark.parametrize(
    "text",
    ["#N/A", "#REF!", "#ERROR!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#n/a", " #REF! ",
     "#BEZUG!", "#¿NOMBRE?", "#N/D", "#NV", "####", "Loading...", "loading…", "Loading...\u200b"],
)  # fmt: skip
def test_sheet_errors_are_known(text: str) -> None:
    assert is_sheet_error(text)
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text",
    ["TBD", "tbd.", "T.B.D.", "-", "–", "—", "--", "…", "...", "?", "???", "null", "(null)", "None", "n/a", "N.A.", "NaN",
     "na", "undefined", "x", "XXXX", "xxxx-xxxx", "\u200bTBD", "<empty>", "to do", "pending", "•••"],
)  # fmt: skip
def test_placeholders_are_known(text: str) -> None:
    assert is_placeholder(text) or is_masked(text)
    assert not is_sheet_error(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "A", "1", "NA-1", "NULL-7", "X1", "EX-2t572t1232321a", "#1042", "#A-1!B", "TBD2", "test", "0012",
     "=cmd", "N0NE", "é", "日本"],
)  # fmt: skip
def test_what_may_be_a_code_is_no_placeholder(text: str) -> None:
    assert not is_placeholder(text)
    assert not is_masked(text)
    assert not is_sheet_error(text)


def test_the_written_sets_are_unicodes() -> None:
    """JSON Schema has no categories of characters, so they are written out."""
    blank, unseen = re.compile(f"[{text_module.BLANK}]"), re.compile(f"[{text_module.UNSEEN}]")
    for char in map(chr, range(sys.maxunicode + 1)):
        if (category := unicodedata.category(char)) in ("Cc", "Cf", "Co", "Zl", "Zp"):
            assert unseen.match(char), ascii(char)
        if category != "Cs":
            assert (unseen.match(char) is not None) == (is_invisible(char) or char.isspace()), ascii(char)
        assert (blank.match(char) is not None) == char.isspace(), ascii(char)


@pytest.mark.parametrize(
    ("typed", "shown"), [("x" * 80, f"“{'x' * 80}”"), ("x" * 81, f"“{'x' * 81}…”"), (" x ", "“x”")]
)
def test_a_refused_text_is_cut_where_it_is_long(typed: str, shown: str) -> None:
    assert quoted(typed) == shown
    assert quoted(typed + "xyz") == (shown if len(typed) > 80 else quoted(f"{typed}xyz"))


def test_of_many_things_the_first_are_named_and_even_a_single_other_one_is_counted() -> None:
    assert listed("abc", 3) == ["a", "b", "c"]
    assert listed("abc", 2) == ["a", "b", "… and 1 more"]
