"""A spreadsheet of a few lists that answers as Google does: each rule of a reading is tried upon it in a moment."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from sheets_schema.protocol.openings import LedgerOpening, opening_rows
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.internal_tables import CommitLog, OpeningTable
from tests.sheets_schema.bank import Accounts, Balances, Payments, Requests

Tabs = dict[str, list[list[Cell]]]
WIDTHS = {"Control": 2, "Commit Log": 7, "Payments": 4, "Accounts": 2, "Balances": 2, "Requests": 5, "Opening": 5}
SHEETS = {title: SheetLayout(number, width, 20) for number, (title, width) in enumerate(WIDTHS.items(), 1)}


def header(tab: Any) -> list[Cell]:
    return [column.header for column in tab.columns()]


def logged(version: int, counts: Mapping[str, Any], **other: str) -> list[Cell]:
    row = {"commit": f"c{version}", "previous": f"c{version - 1}", "operation": f"op{version}"} | other
    return [version, row["commit"], row["previous"], "now", "who", row["operation"], json.dumps(counts)]


def spreadsheet(**tabs: Any) -> Tabs:
    """Three commits: of nothing, of a payment and an account, and of another payment."""
    there: Tabs = {
        "Control": [["name", "value"], ["lock", "version 2 · commit c2 · free"], ["rate", "2"]],
        "Commit Log": [
            header(CommitLog),
            logged(0, {}),
            logged(1, {"Payments": 1, "Accounts": 1}),
            logged(2, {"Payments": 2, "Accounts": 1}),
        ],
        "Payments": [header(Payments), ["p1", "ada", 5], ["p2", "bob", 7, "late"]],
        "Accounts": [header(Accounts), ["ada", "Ada"]],
        "Balances": [header(Balances), ["ada", 5], ["bob", 7]],
        "Requests": [header(Requests), ["ada", 3]],
    }
    return there | tabs


def commit(tabs: Tabs, version: int, counts: Mapping[str, Any], **values: str) -> Tabs:
    """The spreadsheet after one more commit, which the log and the lock cell tell of."""
    after = deepcopy(tabs)
    after["Commit Log"].append(logged(version, counts))
    after["Control"][1][1] = f"version {version} · commit c{version} · free"
    after["Control"] += [[name, value] for name, value in values.items()]
    return after


def answer(tabs: Tabs, ranges: Iterable[str]) -> list[dict[str, Any]]:
    """As Google answers: ranges clipped to the grid of 20 rows, without what is blank at the end."""
    parts = []
    for asked in ranges:
        title, _, area = asked.partition("'!")
        title = title.strip("'")
        first, column, last = re.fullmatch(r"A?(\d*):([A-Z]*)(\d*)", area or ":").groups()  # type: ignore[union-attr]
        rows = tabs[title][int(first or 1) - 1 : int(last) if last else None]
        if area == "A1:A":
            rows = [row[:1] for row in rows]
        while rows and not any(cell not in ("", None) for cell in rows[-1]):
            rows = rows[:-1]
        echo = f"A{first or 1}:{column or ('Z' if last else chr(64 + WIDTHS[title]))}{last or 20}"
        parts.append({"range": f"'{title}'!{echo}", **({"values": deepcopy(rows)} if rows else {})})
    return parts


def left(gone: int, blank: int, *, rows: int = 3, blanks: int | None = None) -> Tabs:
    """A spreadsheet that `gone` of `rows` payments have left."""
    there: list[list[Cell]] = [[f"p{number}", "ada", 1] for number in range(gone + 1, rows + 1)]
    tabs = spreadsheet(Payments=[header(Payments), *([] for _ in range(blank if blanks is None else blanks)), *there])
    tabs["Commit Log"][-1] = logged(2, {"Payments": [rows, gone, blank], "Accounts": 1})
    tabs["Control"].append(["bases", json.dumps({"Payments": [gone, blank]})])
    opening = opening_rows(
        {"Payments": LedgerOpening.of(Payments, gone, [Payments(payment_id="all", account="x", cents=gone)])}
    )
    tabs["Opening"] = [header(OpeningTable), *([*row.cells().values()] for row in opening)]
    return tabs
