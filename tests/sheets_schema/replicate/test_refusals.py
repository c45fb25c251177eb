"""What is not copied, and the sentence that says why and what to do."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from sheets_schema import Database, Schema
from sheets_schema.errors import LogDivergedError, ReplicationError, SchemaMismatchError, SheetsError, UnavailableError
from sheets_schema.replicate import Replicator
from tests.postgresql import PostgresServer
from tests.sheets_schema.replicate.shop import Sale, Shop, Visit
from tests.support import ENVIRONMENT

ROOT = Path(__file__).parents[3]

SCHEMA = Schema((Sale, Visit))


def test_another_spreadsheet_than_before_is_refused_and_changes_nothing(shop: Shop) -> None:
    shop.sell()
    shop.copy()
    other = Shop(shop.url)
    other.sell(5)
    with pytest.raises(ReplicationError, match=f"a copy of the spreadsheet {shop.spreadsheet_id}") as caught:
        other.copy()
    assert "a-secret" not in str(caught.value)
    with pytest.raises(ReplicationError, match="a copy of the spreadsheet"):
        other.differences()
    assert shop.differences() == {}


@pytest.mark.parametrize("later", [0, 1, 2, 5])
def test_a_spreadsheet_that_was_restored_to_an_older_version_is_refused_however_far_it_went_on(
    shop: Shop, later: int
) -> None:
    shop.sell()
    older = shop.copied_spreadsheet()
    shop.sell(2)
    shop.sell()
    shop.copy()
    held = shop.sql("SELECT row, sale_id, commit_id FROM sales ORDER BY row")
    for _ in range(later):
        older.sell()
    with pytest.raises(ReplicationError, match=r"does not continue what was copied: .* is at version 3") as caught:
        older.copy()
    assert "copy into a new, empty database" in str(caught.value)
    assert "a-secret" not in str(caught.value)
    with pytest.raises(ReplicationError, match="does not continue"):
        older.differences()
    assert shop.sql("SELECT row, sale_id, commit_id FROM sales ORDER BY row") == held
    assert shop.copy().total == 0  # the newer version was restored again


def test_a_restored_spreadsheet_is_refused_after_a_change_of_the_declaration_too(shop: Shop) -> None:
    shop.sell()
    older = shop.copied_spreadsheet()
    shop.sell()
    shop.copy()
    older.sell()
    older.sell()
    schema = Schema((Sale, Visit), version=2)
    older.opened(schema).provision()
    held = shop.sql("SELECT row, sale_id, commit_id FROM sales ORDER BY row")
    with pytest.raises(ReplicationError, match="does not continue"):
        older.copy(schema=schema)
    assert shop.sql("SELECT row, sale_id, commit_id FROM sales ORDER BY row") == held


def test_a_version_older_than_what_is_kept_is_no_matter_while_the_copy_has_not_come_so_far(shop: Shop) -> None:
    shop.sell()
    shop.copy()
    older = shop.copied_spreadsheet()
    shop.sell()
    older.sell(3)
    assert older.copy().rows == {"commit_log": 1, "sales": 3}


def test_a_database_that_holds_tables_of_somebody_else_is_left_alone(shop: Shop) -> None:
    shop.sql("CREATE TABLE sales (total INTEGER)")
    with pytest.raises(ReplicationError, match="has sales already, and this program did not make it"):
        shop.copy()
    assert shop.sql("SELECT * FROM sales") == []
    shop.sql("DROP TABLE sales")
    shop.sell()
    assert shop.copy().rows["sales"] == 1


def test_a_table_that_is_gone_or_was_changed_is_a_sentence(shop: Shop) -> None:
    shop.sell(secret="k-e-y")
    shop.copy()
    shop.sql("ALTER TABLE visits RENAME TO visitors")
    with pytest.raises(ReplicationError, match="The table visits is gone"):
        shop.copy()
    shop.sql("ALTER TABLE visitors RENAME TO visits")
    shop.sell(secret="k-e-y")
    shop.sql("INSERT INTO sales (row, sale_id) VALUES (2, 'by hand')")
    with pytest.raises(ReplicationError, match=r"refuses: .*(?i:unique)") as caught:
        shop.copy()
    assert "k-e-y" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert shop.sql("SELECT count(*) FROM commit_log") == [(2,)]
    shop.sql("DELETE FROM sales WHERE row = 2")
    assert shop.copy().total == 2
    assert shop.differences() == {}


def test_columns_are_left_out_and_stay_left_out(shop: Shop) -> None:
    shop.sell(3, secret="k-e-y", till="t")
    shop.copy(without=["SECRET", "Sales.Sale id"])
    columns = {name for (name,) in shop.sql("SELECT column_name FROM replica_columns WHERE table_name = 'sales'")}
    assert not columns & {"secret", "sale_id"}
    assert "table sales: no unique key of sale_id, since not all of it is copied" in shop.said
    shop.sell(secret="k-e-y")
    assert shop.copy().rows["sales"] == 1  # nothing said means the same
    assert shop.copy(without=["Sales.Sale id", "SECRET"]).total == 0
    assert "k-e-y" not in str(shop.sql("SELECT * FROM sales"))
    assert shop.differences() == {}
    for other in (["secret"], ["till"], ["SECRET", "Sales.Sale id", "till"]):
        with pytest.raises(ReplicationError, match=r"leaves out SECRET, Sales.Sale id, and not"):
            shop.copy(without=other)


def test_columns_cannot_be_left_out_later_and_a_slip_leaves_nothing_out_by_accident(shop: Shop) -> None:
    with pytest.raises(
        ReplicationError, match=r"No ledger has a column “secrte”.*There are: Sale ID, till, number, secret"
    ):
        shop.copy(without=["secrte"])
    with pytest.raises(ReplicationError, match=r"No ledger has a column “Visits.secret”"):
        shop.copy(without=["Visits.secret"])
    shop.copy()
    with pytest.raises(ReplicationError, match="leaves nothing out, and not secret"):
        shop.copy(without=["secret"])


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("copy.db", "give a URL, for example sqlite:///copy.db"),
        ("", "give a URL"),
        ("postgresql//npta:a-secret@host/x", "give a URL"),
        ("sqlite://", "a database in memory, which would be gone"),
        ("sqlite:///:memory:", "a database in memory, which would be gone"),
        ("bigquery://project/set", "no dialect “bigquery” here.*sqlalchemy-bigquery"),
        ("mysql://npta:a-secret@host/x", "The driver for mysql is not installed: pip install mysqlclient"),
        ("mysql+pymysql://npta:a-secret@host/x", "pip install pymysql"),
    ],
)
def test_a_url_that_cannot_work_is_refused_before_anything_is_read(url: str, told: str) -> None:
    with pytest.raises(ReplicationError, match=told) as caught:
        Replicator(Database("sqlite://", SCHEMA), url)
    assert "a-secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite:////nowhere/copy.db", "postgres://npta:a-secret@127.0.0.1:1/x"])
def test_a_database_that_is_not_there_is_for_later(url: str) -> None:
    db = Database("sqlite://", SCHEMA)
    db.provision()
    with pytest.raises(UnavailableError, match="cannot be used now") as caught:
        Replicator(db, url).copy()
    assert "a-secret" not in str(caught.value)


def test_the_file_of_an_embedded_spreadsheet_takes_no_copy(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'sheet.db'}"
    db = Database(url, SCHEMA)
    db.provision()
    with pytest.raises(SheetsError, match="the file of an embedded spreadsheet"):
        Replicator(db, url).copy()
    assert Database(url, SCHEMA).scan() == {Sale: [], Visit: []}


def test_a_damaged_row_stops_the_copy_with_the_sentence_that_names_it(shop: Shop) -> None:
    shop.sell()
    shop.copy()
    shop.sell()
    shop.person.type("Sales!C3", [["many"]])
    with pytest.raises(SchemaMismatchError, match="Tab “Sales”, row 3, column “number”"):
        shop.copy()
    shop.person.type("Sales!C3", [[""]])
    assert shop.copy().rows["sales"] == 1


def test_what_stands_in_the_middle_is_found_by_comparing(shop: Shop) -> None:
    shop.sell(4, secret="k-e-y")
    shop.copy()
    shop.person.type("Sales!D3", [["another"]])
    assert shop.copy().total == 0
    assert shop.differences() == {"sales": "row 2: secret is not the same"}


@pytest.mark.parametrize(
    "program", ["from sheets_schema.replicate.__main__ import main", "from npta.cli.main import main"]
)
def test_without_sqlalchemy_a_sentence_says_what_to_install_and_help_is_given(program: str, tmp_path: Path) -> None:
    """As in the deployed image, say."""
    arguments = [f"sqlite:///{tmp_path}/sheet.db", f"sqlite:///{tmp_path}/copy.db"]
    given = ["replicate", arguments[1]] if "npta" in program else arguments
    for command, status, told in (
        (given, 1, "A copy in a SQL database needs SQLAlchemy, which is not installed: pip install"),
        ([*given, "--help"], 0, "--follow SECONDS"),
    ):
        code = f"import sys; sys.modules['sqlalchemy'] = None\n{program}\nsys.exit(main({command!r}))"
        environment = {**ENVIRONMENT, "NPTA_SPREADSHEET": arguments[0]}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT, env=environment
        )
        assert told in done.stdout + done.stderr
        assert done.returncode == status
        assert "Traceback" not in done.stderr


def test_rows_of_no_commit_are_not_copied_and_are_called_what_they_are(shop: Shop) -> None:
    shop.sell()
    shop.copy()
    shop.person.type("Sales!A3", [["by hand"]])
    with pytest.raises(LogDivergedError, match=r"row 3 is of no commit \(Sale ID by hand\)"):
        shop.copy()
    shop.person.type("Sales!A3", [[""]])
    shop.sell()
    assert shop.copy().rows["sales"] == 1
    assert shop.differences() == {}


def test_a_deleted_log_row_is_no_continuation(shop: Shop) -> None:
    shop.sell()
    shop.sell()
    shop.copy()
    shop.person.delete_rows("Commit Log", 4)
    with pytest.raises(ReplicationError, match="does not continue"):
        shop.copy()


@pytest.mark.xdist_group("postgresql")
def test_a_text_that_is_too_long_for_an_index_is_copied_once_the_index_is_dropped(postgres: PostgresServer) -> None:
    shop = Shop(postgres.new_database())
    shop.copy()
    shop.sell(sale_id="".join(sha256(str(number).encode()).hexdigest() for number in range(200)))
    with pytest.raises(ReplicationError, match=r"refuses: index row .* an index that is in the way may be dropped"):
        shop.copy()
    shop.sql("DROP INDEX sales_sale_id_key")
    assert shop.copy().rows["sales"] == 1
    assert shop.differences() == {}


@pytest.mark.xdist_group("postgresql")
@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_goes_by_any_of_its_names(postgres: PostgresServer, scheme: str) -> None:
    shop = Shop(postgres.new_database().replace("postgresql+psycopg:", f"{scheme}:"))
    shop.sell()
    assert shop.copy().rows["sales"] == 1


@pytest.mark.xdist_group("postgresql")
def test_a_wrong_password_is_for_later_and_is_not_shown(postgres: PostgresServer) -> None:
    shop = Shop(postgres.new_database().replace("a-secret", "another-secret"))
    with pytest.raises(UnavailableError, match="password authentication failed") as caught:
        shop.copy()
    assert "another-secret" not in str(caught.value)
