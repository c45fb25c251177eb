"""The faults that `make mutate` plants are such as a hand would slip into."""

from __future__ import annotations

from textwrap import dedent

from tests.mutation.mutants import mutants

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
        _log.info("sold %s of %s", sold, 7)
        check(keys)
        names = "ü" + str(sold)
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
