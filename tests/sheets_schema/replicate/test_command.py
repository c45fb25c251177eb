"""`python -m sheets_schema.replicate`: what people type, what they are told, and the exit status."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sheets_schema import Database
from sheets_schema.replicate.__main__ import main
from tests.sheets_schema.replicate.shop import Sale, Size, Visit

TABLES = ["--tables", "tests.sheets_schema.replicate.shop"]


@pytest.fixture
def sheet(tmp_path: Path) -> str:
    """An embedded spreadsheet with a few facts."""
    url = f"sqlite:///{tmp_path / 'sheet.db'}"
    db = Database(url, tables=[Sale, Visit])
    db.provision()
    sales = [
        Sale(sale_id="1", secret="k-e-y", number=1, price=0.5, is_paid=True, size=Size.LARGE),
        Sale(sale_id="2", number=2),
    ]
    db.run(lambda tx: tx.add_all(sales), actor="ada")
    return url


@pytest.fixture
def copy(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'copy.db'}"


def rows(copy: str, statement: str) -> list[Any]:
    with sqlite3.connect(copy.removeprefix("sqlite:///")) as connection:
        found = connection.execute(statement).fetchall()
    connection.close()
    return found


def test_it_copies_compares_and_says_so(sheet: str, copy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([sheet, copy, *TABLES, "--verify"]) == 0
    told = capsys.readouterr()
    assert f"4 rows copied (commit_log 2, sales 2); {copy} is at version 1" in told.out
    assert "the copy agrees with the spreadsheet" in told.out
    assert "reading every ledger" in told.err
    assert main([sheet, copy, *TABLES]) == 0
    assert capsys.readouterr().out == f"nothing new; {copy} is at version 1\n"


def test_rows_that_had_left_before_the_copy_began_are_named(
    sheet: str, copy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    db = Database(sheet, tables=[Sale, Visit])
    db.run(lambda tx: tx.add_all([Visit(who=who) for who in ("ada", "bob", "cyd")]), actor="ada")
    db.truncate(Visit, lambda _: 2)
    db.truncate(Database.log, lambda _: 1)
    assert main([sheet, copy, *TABLES]) == 0
    told = capsys.readouterr().out
    assert "commit_log: row 1 had left the spreadsheet before this copy began: the copy lacks it" in told
    assert "visits: rows 1 to 2 had left the spreadsheet before this copy began: the copy lacks them" in told
    assert "sales:" not in told
    assert main([sheet, copy, *TABLES, "--verify"]) == 0
    told = capsys.readouterr().out
    assert told.count("had left the spreadsheet before this copy began") == 2
    assert told.endswith(
        "the copy agrees with the spreadsheet, but lacks 3 rows that had left it before the copy began\n"
    )


def test_only_its_owner_can_read_a_new_file_and_one_that_is_there_stays_as_it_is(sheet: str, copy: str) -> None:
    file = Path(copy.removeprefix("sqlite:///"))
    assert main([sheet, copy, *TABLES]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o640)
    assert main([sheet, copy, *TABLES]) == 0
    assert file.stat().st_mode & 0o777 == 0o640


def damage(copy: str, statement: str) -> None:
    path = copy.removeprefix("sqlite:///")
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM sales WHERE row = 1", "row 1: the table does not hold it"),
        ("DELETE FROM sales WHERE row = 2", "row 2: the table does not hold it"),
        ("UPDATE sales SET secret = 'other' WHERE row = 1", "row 1: secret is not the same"),
        ("UPDATE sales SET till = NULL, price = 1 WHERE row = 2", "row 2: price is not the same"),
        ("UPDATE sales SET secret = '1', committed_by = 'eve' WHERE row = 1", "row 1: secret, committed_by are not the same"),
        ("INSERT INTO sales (row, sale_id) VALUES (3, 'x')", "row 3: the table holds it, and the ledger has no such row"),
        ("INSERT INTO sales (row, sale_id) VALUES (-1, 'x')", "row -1: the table holds it more often than once, or"),
        ("UPDATE sales SET row = 7 WHERE row = 1", "row 1: the table does not hold it"),
        ("UPDATE commit_log SET who = 'eve' WHERE row = 2", "row 2: who is not the same"),
        ("DELETE FROM commit_log", "row 1: the table does not hold it"),
    ],
)  # fmt: skip
def test_the_first_difference_is_named_by_ledger_and_row(
    sheet: str, copy: str, capsys: pytest.CaptureFixture[str], statement: str, told: str
) -> None:
    assert main([sheet, copy, *TABLES]) == 0
    damage(copy, statement)
    assert main([sheet, copy, *TABLES, "--verify"]) == 1
    out = capsys.readouterr().out
    assert f"DIFFERENT: {told}" in out
    assert "1 of 3 ledgers differs" in out
    assert "k-e-y" not in out


def test_without_declarations_they_are_read_off_the_spreadsheet(sheet: str, copy: str) -> None:
    assert main([sheet, copy, "--verify", "--without", "secret"]) == 0
    assert rows(copy, "SELECT row, sale_id, number, price, paid, size, committed_by FROM sales") == [
        (1, "1", 1.0, 0.5, 1, "large", "ada"),
        (2, "2", 2.0, None, 0, "small", "ada"),
    ]
    kinds: dict[object, object] = dict(
        rows(copy, "SELECT column_name, kind FROM replica_columns WHERE table_name = 'sales'")
    )
    assert (kinds["sale_id"], kinds["number"], kinds["paid"]) == ("text", "number", "boolean")
    assert rows(copy, "SELECT note FROM replica_columns WHERE column_name = 'sale_id'") == [("as the till prints it",)]
    assert "secret" not in kinds


@pytest.mark.parametrize("place", ["before", "behind"])
def test_fields_may_be_left_out_before_and_behind_the_url(sheet: str, copy: str, place: str) -> None:
    left_out = ["--without", "secret", "price"]
    assert main([sheet, *left_out, copy] if place == "before" else [sheet, copy, *left_out]) == 0
    columns = {str(row[1]) for row in rows(copy, "PRAGMA table_info(sales)")}
    assert "sale_id" in columns
    assert not columns & {"secret", "price"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "give a URL, for example"),
        (["copy.db"], "give a URL, for example"),
        (["COPY", "--tables", "nowhere.at.all"], "--tables nowhere.at.all: No module named 'nowhere'"),
        (["COPY", "--tables", "json"], "--tables json: no ledger is declared there"),
        (["COPY", "--tables", "json:nothing"], "has no attribute 'nothing'"),
        (["COPY", "--tables", "json:dumps"], "neither a list of tables nor a Schema"),
        (["COPY", *TABLES, "--without", "pirce"], "No ledger has a column “pirce”"),
    ],
)
def test_what_cannot_work_is_a_sentence_and_status_1(
    sheet: str, copy: str, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert main([sheet, *(copy if each == "COPY" else each for each in arguments)]) == 1
    assert told in capsys.readouterr().err


def test_a_spreadsheet_that_was_never_set_up_is_a_sentence(
    tmp_path: Path, copy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    for options in ([], TABLES):
        assert main([empty, copy, *options]) == 1
    assert "never set up" in (told := capsys.readouterr().err)
    assert "run provision first" in told


def test_all_that_a_first_run_does_takes_six_reads(sheet: str, copy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Declarations looked for, all copied, all compared: no more than a minute's, or it would have to wait."""
    monkeypatch.setattr("sheets_schema.clock.time.sleep", lambda _: pytest.fail("it waits"))
    assert main([sheet, copy, "--verify"]) == 0
