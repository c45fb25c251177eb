"""A shop's ledgers with a column of every kind, on a fresh emulated spreadsheet, and its copy in SQL."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import sqlalchemy as sa
from pydantic import Field

from sheets_schema import Database, Ledger, Schema
from sheets_schema.advanced import EMBEDDED, Client
from sheets_schema.emulator import Emulator, connect
from sheets_schema.emulator.storage.repository import rebuilt
from sheets_schema.replicate import Copied, Replicator
from sheets_schema.testing.sheets_user import SheetsUser
from tests.sheets_schema.bank import Time

NAMES, IDS = itertools.count(1), itertools.count(1)


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


class Sale(Ledger, tab="Sales", unique=("sale_id", ("till", "number")), display_key="sale_id"):
    sale_id: str = Field(alias="Sale ID", description="as the till prints it")
    till: str = ""
    number: int | None = None
    secret: str = Field(default="", repr=False)
    size: Size = Size.SMALL
    kind: Literal["cash", "card"] = "cash"
    price: float | None = None
    is_paid: bool = Field(default=False, alias="paid?")
    at: datetime | None = None
    note: str | int | float | bool | None = None
    row: str = ""


class Visit(Ledger, tab="Visits"):
    who: Annotated[str, Field(alias="commit_id")]


@dataclass
class Shop:
    """One spreadsheet; `url` is the database of its copy."""

    url: str
    schema: Schema[Any] = field(default_factory=lambda: Schema((Sale, Visit)))
    emulator: Emulator = field(default_factory=Emulator)
    spreadsheet_id: str = ""
    time: Time = field(default_factory=Time)

    def __post_init__(self) -> None:
        if not self.spreadsheet_id:
            made = connect(self.emulator).post("https://sheets.googleapis.com/v4/spreadsheets", json={}, timeout=30)
            self.spreadsheet_id = made.json()["spreadsheetId"]
        self.db = self.opened(self.schema)
        self.db.provision()
        self.said: list[str] = []

    def opened(self, schema: Schema[Any]) -> Database[Any]:
        """A program with these declarations, which knows nothing yet."""
        clock = self.time.clock(IDS)
        return Database(
            Client(self.spreadsheet_id, session=connect(self.emulator), clock=clock), schema, timing=EMBEDDED
        )

    @property
    def person(self) -> SheetsUser:
        """Somebody at the spreadsheet."""
        return SheetsUser(self.emulator, self.spreadsheet_id)

    def sell(self, count: int = 1, **given: Any) -> None:
        """Commit some sales."""
        sales = [Sale(**{"sale_id": f"s{next(NAMES)}", **given}) for _ in range(count)]
        self.db.run(lambda tx: tx.add_all(sales), operation="sell", actor="ada")

    def copied_spreadsheet(self) -> Shop:
        """The spreadsheet as it is now, under the same id: what it may be restored to later."""
        emulator = Emulator()
        with emulator.state.store.writing():
            emulator.state.store.save(rebuilt(self.emulator.state.snapshot(self.spreadsheet_id)))
        return Shop(self.url, self.schema, emulator, self.spreadsheet_id)

    def replicator(self, **given: Any) -> Replicator:
        """A new process that copies."""
        self.said.clear()
        db = self.opened(given.pop("schema", self.schema))
        return Replicator(db, given.pop("url", self.url), say=self.said.append, **given)

    def copy(self, **given: Any) -> Copied:
        """Copy in a new process."""
        replicator = self.replicator(**given)
        try:
            return replicator.copy()
        finally:
            replicator.close()

    def differences(self, **given: Any) -> dict[str, str]:
        """What comparing both finds, by table."""
        replicator = self.replicator(**given)
        try:
            found = replicator.verify()
        finally:
            replicator.close()
        assert all(each.agrees == (not each.first_difference) for each in found)
        return {each.table: each.first_difference for each in found if not each.agrees}

    def models(self, ledger: type[Ledger]) -> list[Ledger]:
        """The copied rows as models."""
        replicator = self.replicator()
        try:
            return list(replicator.rows(ledger))
        finally:
            replicator.close()

    def sql(self, statement: str) -> list[Any]:
        """Run a statement in the database, as a person may; its rows."""
        engine = sa.create_engine(self.url)
        try:
            with engine.begin() as connection:
                found = connection.exec_driver_sql(statement)
                return [tuple(row) for row in found] if found.returns_rows else []
        finally:
            engine.dispose()
