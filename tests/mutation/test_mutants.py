"""The faults that `make mutate` plants are such as a hand would slip into."""

from __future__ import annotations

from textwrap import dedent

from tests.mutation.__main__ import EQUIVALENT, PARTS, ROOT
from tests.mutation.mutants import mutants
from tests.mutation.planting import notice

SOURCE = dedent(
    '''
    LIMIT = 3

    class Öl:
        def __repr__(self) -> str:
            return "x" if self.y > 1 else "z"

    def sells(keys: list[int], wanted: int = 2) -> int:
        """Say 1 < 2."""
        assert wanted > 0
        sold = 0
        for key in keys:
            if key < wanted and not sold:
                sold += 1
                break
            if not key:
                raise AssertionError("unreachable")
            raise KeyError(key)
        _log.info("sold %s of %s", sold, 7)
        check(keys)
        names = "ü" + str(list(zip(keys, keys, strict=True)))
        return sum(each for each in keys if each != 4) + sold
    '''
)


def test_every_kind_of_slip_is_planted_once() -> None:
    found = [(mutant.before, mutant.text) for mutant in mutants("x.py", SOURCE)]

    assert sorted(found) == sorted(
        [
            ("0", "1"),
            ("key < wanted and not sold", "not (key < wanted and not sold)"),
            ("and", "or"),
            ("<", "<="),
            ("not ", ""),
            ("sold += 1", "pass"),
            ("1", "2"),
            ("break", "pass"),
            ("not key", "not (not key)"),
            ("not ", ""),
            ("raise KeyError(key)", "pass"),
            ("check(keys)", "pass"),
            ("each != 4", "True"),
            ("!=", "=="),
            ("4", "5"),
            ("+", "-"),
        ]
    )


def test_a_mutant_changes_what_it_names_and_nothing_else() -> None:
    for mutant in mutants("x.py", SOURCE):
        changed = mutant.applied(SOURCE)
        line = changed.splitlines()[mutant.line - 1]
        assert mutant.text in line
        assert changed.replace(line, "") != SOURCE.replace(line, "") or len(changed.splitlines()) == len(
            SOURCE.splitlines()
        )
        compile(changed, "x.py", "exec")


def test_what_is_listed_as_equivalent_is_a_fault_that_can_be_planted() -> None:
    listed = [line.partition("  #")[0].strip() for line in EQUIVALENT.read_text().splitlines()]
    files = {name.partition("  ")[0] for name in listed}
    names = {mutant.name for file in files for mutant in mutants(file, (ROOT / file).read_text())}

    assert listed
    assert set(listed) <= names


def test_a_fault_that_no_test_executes_is_noticed_by_none() -> None:
    assert not notice([])


def test_the_tests_that_are_left_out_are_there() -> None:
    for part in PARTS.values():
        for file, _, name in (test.partition("::") for test in part.left_out):
            assert f"def {name}(" in (ROOT / file).read_text()
