"""Every ledger in a SQL database: what the service knows is folded from the copy, and people's questions are answered by it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from npta.cli.main import main
from npta.domain.state.state import State
from npta.local.demo import run_demo
from npta.services import make_schema
from npta.settings import Settings
from npta.tables import KeyEvent
from sheets_schema import Database, Projection
from sheets_schema.replicate import Replicator
from tests.npta.acceptance.steps import Watch, buy, opened, pools, press, zap
from tests.npta.acceptance.test_refunds import SECRET, in_the_shop, refunded, webhook
from tests.support import ENVIRONMENT, House

PAGE = (Path(__file__).parents[3] / "docs/operations/sql-copy.md").read_text("utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
pytestmark = pytest.mark.row("X28")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The spreadsheet after the demo's whole story."""
    file = tmp_path_factory.mktemp("demo") / "npta.db"
    assert run_demo(file, lambda _: None) == 0
    return file


def shell(demo: Path, *arguments: str) -> int:
    """Type a command."""
    return main(["replicate", *arguments], {**ENVIRONMENT, "NPTA_SPREADSHEET": f"sqlite:///{demo}"})


def rows(url: str, statement: str) -> list[Any]:
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(statement)]
    finally:
        engine.dispose()


def folded(state: Projection) -> dict[str, dict[Any, Any]]:
    """Everything that a state holds."""
    return {each.name: dict(getattr(state, each.name)) for each in fields(state)}


def test_the_fold_of_the_copied_rows_is_what_the_service_knows(demo: Path, sql_url: str) -> None:
    db = Database(f"sqlite:///{demo}", make_schema(Settings.load(ENVIRONMENT)))
    replicator = Replicator(db, sql_url)
    replicator.copy()
    state = State()
    for ledger in db.schema.ledgers:
        for row in replicator.rows(ledger):
            state.apply(row)
    assert all(ledger.agrees for ledger in replicator.verify())
    replicator.close()
    with db.read() as tx:
        known = folded(tx.state)
        assert folded(state) == known
    assert sum(map(len, known.values())) > 100


def test_the_command_copies_compares_and_finds_what_somebody_has_changed(
    demo: Path, sql_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell(demo, sql_url, "--verify") == 0
    assert "the copy agrees with the spreadsheet" in capsys.readouterr().out
    assert shell(demo, sql_url) == 0
    assert "nothing new" in capsys.readouterr().out
    engine = sa.create_engine(sql_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE key_ledger SET seats = 7 WHERE row = 3")
        connection.exec_driver_sql("DELETE FROM orders WHERE row = 5")
    engine.dispose()
    assert shell(demo, sql_url, "--verify") == 1
    told = capsys.readouterr()
    assert re.search(r"key_ledger .* DIFFERENT: row 3: seats is not the same", told.out)
    assert re.search(r"orders .* DIFFERENT: row 5: the table does not hold it", told.out)
    assert "2 of 7 ledgers differ" in told.out
    assert "a-secret" not in told.out + told.err


def test_key_codes_that_are_left_out_stand_nowhere_in_the_copy(demo: Path, sql_url: str) -> None:
    assert shell(demo, "--without", "keycode", sql_url, "--verify") == 0
    codes = [row.keycode for row in _imports(demo) if len(row.keycode) > 5]
    engine = sa.create_engine(sql_url)
    tables = sa.inspect(engine).get_table_names()
    engine.dispose()
    held = str([rows(sql_url, f"SELECT * FROM {table}") for table in tables])
    assert len(codes) > 5
    assert [code for code in codes if code in held] == []
    assert len(rows(sql_url, "SELECT key_id FROM import_history")) > len(codes)


def _imports(demo: Path) -> list[Any]:
    db = Database(f"sqlite:///{demo}", make_schema(Settings.load(ENVIRONMENT)))
    return next(found for ledger, found in db.scan().items() if ledger.__name__ == "ImportHistory")


def test_what_cannot_work_is_a_sentence(demo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert shell(demo, "sqlite:///copy.db", "--without", "keycodes") == 1
    assert capsys.readouterr().err.startswith("npta: No ledger has a column “keycodes”")
    assert shell(demo) == 1
    assert "npta: The address of the SQL database cannot be read" in capsys.readouterr().err
    assert shell(demo, f"sqlite:///{demo}") == 1
    assert "the file of an embedded spreadsheet" in capsys.readouterr().err


@pytest.fixture
def house() -> Iterator[House]:
    """A shop that is open, on a clock that the test moves."""
    with Watch().npta(SHOPIFY_WEBHOOK_SECRET=SECRET) as made:
        yield opened(made)


def test_the_five_questions_of_the_page_are_answered(house: House, sql_url: str) -> None:
    bought = []
    for _ in range(3):
        bought += [buy(house, ("CPTa", 1)), buy(house, ("CPTa", 2))]
        for order in bought[-2:]:
            assert zap(house, order)["http"] == 200
        house.clock.sleep(24 * 3600)
    webhook(house, refunded(house, bought[0], ("CPTa", 1)))
    webhook(house, in_the_shop(house, bought[1], "cancel", {}), "orders-cancelled")
    press(house, f"/orders/{bought[0]['id']}/release")
    keys = [row["key_id"] for row in house.rows("Import History")]
    state = _state(house)
    cpt = next(key for key in state.keys.values() if key.used and key.pool.product_code == "CPT")
    press(house, f"/keys/{cpt.key_id}/adjust", {"seats": cpt.seats + 3, "reason": "counted"})
    spare = next(key for key in reversed([*state.keys.values()]) if not key.used)
    press(house, f"/keys/{spare.key_id}/retire", {})

    replicator = Replicator(house.services.spreadsheet, sql_url)
    replicator.copy()
    replicator.close()
    orders, stock, unused, refunds, presses = (rows(sql_url, query) for query in QUERIES)

    state = _state(house)
    assert orders == [(f"2026-11-{day}", 2) for day in (23, 24, 25)]
    ledger = house.rows("Key Ledger")
    sold = sum(int(row["seats"]) for row in ledger if row["event"] == KeyEvent.ASSIGNED)
    ((*pool, free, days_left),) = [tuple(row) for row in stock]
    _, available = pools(house)[" ".join(pool[1:])]
    assert (free, days_left) == (available, available * 3 // sold)
    assert free == state.available(cpt.pool)
    assert [row[0] for row in unused] == [
        key for key in keys if key not in {row["key_id"] for row in ledger if row["event"] in ("ASSIGNED", "RETIRED")}
    ]
    assert [tuple(row) for row in refunds] == [("2026-11", "CANCELLED", 1), ("2026-11", "REFUNDED", 1)]
    log = house.rows("Commit Log")
    assert {(who, what): times for who, what, times, _ in presses} == Counter(
        (row["who"], row["operation"]) for row in log
    )
    assert max(last for *_, last in presses) == log[-1]["at"]


def _state(house: House) -> State:
    with house.services.spreadsheet.read() as tx:
        return tx.state


def test_five_questions_stand_on_the_page() -> None:
    assert len(QUERIES) == 5


def test_it_copies_while_the_service_goes_on_and_each_order_costs_what_it_did(house: House, sql_url: str) -> None:
    client = house.services.spreadsheet.client
    replicator = Replicator(house.services.spreadsheet, sql_url)
    for _ in range(5):
        order = buy(house, ("NSTB", 1))
        before = client.writes
        assert zap(house, order)["http"] == 200
        cost = client.writes - before
        replicator.copy()
        before = client.writes
        assert zap(house, buy(house, ("NSTB", 1)))["http"] == 200
        assert client.writes - before <= cost
    assert replicator.client.writes == 0
    replicator.copy()
    assert all(ledger.agrees for ledger in replicator.verify())
    replicator.close()
