"""How lists, counts and names are written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path

import pytest

from npta.domain.reports.findings import check
from npta.domain.state.wording import MAX_LISTED, count, in_brackets, listed, names, short, sku_name
from tests.wording import MANY, mistakes

ROOT = Path(__file__).parents[3]


def test_a_name_is_one_line_of_at_most_so_many_characters() -> None:
    assert short("  Ada\n Lovelace ") == "Ada Lovelace"
    assert short("x" * 10, 10) == "x" * 10
    assert short("x" * 11, 10) == f"{'x' * 9}…"


def test_a_list_is_whole_up_to_its_length_and_counts_the_rest() -> None:
    whole = [str(number) for number in range(MAX_LISTED)]
    assert listed(whole) == whole
    assert listed([*whole, "a", "b"]) == [*whole, "… and 2 more"]
    assert listed(["a", "b", "c"], 1) == ["a", "… and 2 more"]


def test_names_stand_in_one_line() -> None:
    assert names(["CPT", "CNCe"]) == "CPT, CNCe"


def test_one_is_no_plural() -> None:
    assert [count(number, "key") for number in (0, 1, 2)] == ["0 keys", "1 key", "2 keys"]


def test_none_may_have_words_of_its_own_and_thousands_are_parted() -> None:
    assert [count(number, "day", none="less than a day") for number in (0, 1, 2)] == [
        "less than a day",
        "1 day",
        "2 days",
    ]
    assert count(1_234_567, "cell") == "1,234,567 cells"


def test_a_name_that_may_be_missing_leaves_no_gap() -> None:
    assert [sku_name(sku) for sku in ("CPTa", " ", "")] == ["CPTa", "no SKU", "no SKU"]
    assert [f"order 1{in_brackets(name)}" for name in ("#1042", "")] == ["order 1 (#1042)", "order 1"]


@pytest.mark.parametrize(
    "text",
    [
        "3 row that is not publisheds", "row undefined", "• : 1 active without a SKU", "0 left, for about 0 days", "1 keys", "2 key", "21 free seat",
        "1,001 key", "1 rows wait", "2 orders holds", "order , Ada", "order  of Ada", "a ()", "by , since", "Customer:", "None", "3 entrys", "needs is",
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_sentence_is_found(text: str) -> None:
    assert list(mistakes(text))


@pytest.mark.parametrize(
    "text",
    [
        "1 key, its mail was sent.", "None was used in the last 30 days.", "1 pool with 0 free seats", "11 rows", "1,001 keys", "2 key codes could be",
        "Order: 6855909900591 (#1042)", "CPTa × 1 (on hold)", "… and 3 more", "1 order with keys assigned", "2 orders that hold 1 key",
    ],
)  # fmt: skip
def test_what_is_right_is_left_alone(text: str) -> None:
    assert not list(mistakes(text))


def test_a_plural_may_have_its_own_form() -> None:
    phrase = ("row that is not published", "rows that are not published")

    assert [count(number, *phrase) for number in (1, 3)] == [
        "1 row that is not published",
        "3 rows that are not published",
    ]


IRREGULAR = re.compile(r"(s|x|z|ch|sh|[^aeiou]y|without)$| (that|which|without|with|of|in|to|for) ")
"""What does not become a plural by an s at its end."""


def counted() -> Iterator[tuple[str, str]]:
    """Every call of `count` with a word in the code, that word, and where it stands."""
    for path in sorted((ROOT / "npta").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("count", "counted"):
                words = [each.value for each in node.args[1:] if isinstance(each, ast.Constant)]
                if len(words) == 1 and isinstance(words[0], str):
                    yield words[0], f"{path.relative_to(ROOT)}:{node.lineno}"


def test_every_plural_that_is_made_by_an_s_is_one() -> None:
    found = list(counted())

    assert len(found) > 20
    assert [each for each in found if IRREGULAR.search(each[0])] == []


COUNTING = re.compile(
    r"^(?:len|sum)\(|(?:^|[._])(?:number|total|rows|free|taken|needed|units|seats|count|left|more|waiting|blank)s?\b(?:\(\))?$"
)
"""An expression that is a number of things, whatever else it may be."""
THINGS = re.compile(rf"^ (?:(?:[a-z]+ )?(?:{MANY})|are|were|have|hold|wait|need)\b")


def uncounted() -> Iterator[str]:
    """Every f-string in which things stand behind a number that is not counted by the one function for it."""
    for path in chain.from_iterable(sorted((ROOT / package).rglob("*.py")) for package in ("npta", "sheets_schema")):
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(text, ast.JoinedStr):
                continue
            for value, words in pairwise(text.values):
                if isinstance(value, ast.FormattedValue) and isinstance(words, ast.Constant):
                    what, behind = ast.unparse(value.value), str(words.value)
                    if COUNTING.search(what) and THINGS.search(behind):
                        yield f"{path.relative_to(ROOT)}:{text.lineno}: {what}{behind}"


def test_nothing_is_counted_by_hand() -> None:
    allowed = ("state/state.py", "stock/take_over.py", "len(FIELDS)", "/emulator/", "/local/shop/", "/probes/")
    assert [found for found in uncounted() if not any(name in found for name in allowed)] == []


def test_a_check_counts_its_misses_in_whole_words() -> None:
    wrong = ("product that cannot be served", "products that cannot be served")
    found = [check("x", misses, right="all", wrong=wrong, next_step="").found for misses in ([], ["a"], ["a", "b"])]

    assert found == ["all", "1 product that cannot be served", "2 products that cannot be served"]
