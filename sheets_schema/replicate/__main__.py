"""Copy every ledger of a spreadsheet into a SQL database.

`python -m sheets_schema.replicate SPREADSHEET URL` SPREADSHEET is a Google spreadsheet's URL or id, `sqlite:///file`
for the embedded one, or http://host:port/spreadsheets/d/ID on a server of the emulator. What is new since the last
run is copied, each row once; the spreadsheet is only read, at most six times a minute.

--tables names your declarations, as MODULE or MODULE:NAME (a list of tables or a Schema): columns have their types, keys and notes from
there. Without it they are read off the spreadsheet, whose columns are text, numbers or true and false; unique keys are not known then.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from inspect import isclass
from typing import Any

from sheets_schema import replicate
from sheets_schema.database import TIMEOUT, Database
from sheets_schema.errors import InvalidDeclarationError, ReplicationError, SheetsError
from sheets_schema.replicate.ledger_reflection import found_ledgers
from sheets_schema.replicate.options import READS_A_MINUTE, add_options, url_of
from sheets_schema.schema.declaration import Schema
from sheets_schema.schema.tables import Ledger, Tab

Say = Callable[[str], object]


def main(arguments: Sequence[str] | None = None, say: Say = print) -> int:
    """Run the command.

    The exit status is 0 only if all was copied, and both agree where they are compared.
    """
    parser = argparse.ArgumentParser(
        prog="python -m sheets_schema.replicate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("spreadsheet", metavar="SPREADSHEET")
    add_options(parser)
    parser.add_argument("--tables", default="", metavar="MODULE[:NAME]", help="where your tables are declared")
    given = parser.parse_args(arguments)
    url = url_of(given)
    options = {"without": given.without, "verify": given.verify, "follow": given.follow}
    try:
        return replicate.run(_opened(given.spreadsheet, given.tables), url, say=say, progress=_progress, **options)
    except SheetsError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _progress(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _opened(spreadsheet: str, tables: str) -> Database[Any]:
    if tables:
        return Database(spreadsheet, _declared(tables))
    db: Database[Any] = Database(spreadsheet, Schema((), version=0))
    client = db.client.limited(READS_A_MINUTE)
    ledgers = found_ledgers(client, client.clock.deadline(TIMEOUT))
    return Database(client, Schema(ledgers, version=0), timing=db.timing)


def _declared(where: str) -> Schema[Any]:
    """Return what a module declares.

    Raises `ReplicationError` for one that is not there or declares no ledger.
    """
    name, _, attribute = where.partition(":")
    sys.path.insert(0, os.getcwd())  # noqa: PTH109 — as `python -m` has it, whatever started us
    try:
        module = import_module(name)
        found = (
            getattr(module, attribute) if attribute else [value for value in vars(module).values() if _is_table(value)]
        )
    except (ModuleNotFoundError, AttributeError) as error:
        raise ReplicationError(f"--tables {where}: {error}") from error
    if isinstance(found, Schema):
        return found
    try:
        schema: Schema[Any] = Schema(tuple(table for table in found if issubclass(table, Ledger)))
    except (TypeError, InvalidDeclarationError) as error:
        raise ReplicationError(f"--tables {where}: neither a list of tables nor a Schema ({error})") from error
    if not schema.ledgers:
        raise ReplicationError(f"--tables {where}: no ledger is declared there")
    return schema


def _is_table(found: object) -> bool:
    return isclass(found) and issubclass(found, Tab) and bool(found.__table__.title)


if __name__ == "__main__":
    sys.exit(main())
