"""Runs the own test suite of a client that is built on gspread against the emulator, unmodified.

    python -m tests.sheets_schema.emulator.own_suite FOLDER MODULE

FOLDER is the unpacked source of the client (`pip download --no-binary CLIENT --no-deps CLIENT`), MODULE its unittest
module. What the suites want besides is put in: a spreadsheet in `tests.config`, credentials that nobody checks, and
`gspread.authorize` with a session that reaches the emulator.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import types
import unittest
from pathlib import Path
from typing import Any

import gspread

from sheets_schema.emulator import Emulator, connect

# gspread's own type asks for credentials although a session of one's own needs none.
_client: Any = gspread.Client


class _Credentials:
    """What `oauth2client` gave, which is no longer maintained and not installed."""

    @classmethod
    def from_json_keyfile_name(cls, *_: object) -> _Credentials:
        return cls()

    from_json_keyfile_dict = from_json_keyfile_name


def main(folder: Path, module: str, arguments: list[str]) -> None:
    """Run the suite; exits with unittest's status."""
    with Emulator() as emulator:
        authorized = _client(auth=None, session=connect(emulator))
        sys.modules["oauth2client"] = types.ModuleType("oauth2client")
        service_account: Any = types.ModuleType("oauth2client.service_account")
        service_account.ServiceAccountCredentials = _Credentials
        sys.modules["oauth2client.service_account"] = service_account
        gspread.authorize = lambda *_, **__: authorized
        book = authorized.create("Tests")
        config = f"[Spreadsheet]\nid: {book.id}\nkey: {book.id}\nurl: {book.url}\ntitle: Tests\n"
        (folder / "tests.config").write_text(config, encoding="utf-8")
        os.environ |= {"GSPREAD_FORMATTING_CONFIG": config, "GSPREAD_FORMATTING_CREDENTIALS": "{}"}
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        suite: Any = importlib.import_module(module)
        suite.json = json  # one of them forgets to import it
        unittest.main(module=suite, argv=[module, *arguments])


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3:])
