"""How lists, counts and names are written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from npta.domain.reports.findings import check
from npta.domain.state.text import MAX_LISTED, count, listed, names, short

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


def test_a_check_counts_its_misses_in_whole_words() -> None:
    wrong = ("product that cannot be served", "products that cannot be served")
    found = [check("x", misses, right="all", wrong=wrong, next_step="").found for misses in ([], ["a"], ["a", "b"])]

    assert found == ["all", "1 product that cannot be served", "2 products that cannot be served"]
