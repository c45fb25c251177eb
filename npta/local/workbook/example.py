"""The runbook's own example, filled in through the doors that people use."""

from __future__ import annotations

import gspread

from npta.local.demo.run import type_entitlements
from npta.local.demo.stage import PERSON, Stage
from npta.local.demo.story import PASTED
from npta.local.workbook.world import World
from npta.tables import ImportHistory
from sheets_schema.emulator import connect


class NotDone(Exception):
    """The example was not filled in, or only in part; for people."""


def fill_example(world: World) -> None:
    """Products from the shop, their entitlements typed and published, keys pasted and imported. Raises `NotDone`."""
    stage = Stage(world.service, _in_a_persons_hands(world), world.shop, world.slack, lambda _: None, world.keys)
    if len(stage.sheet.worksheet(ImportHistory.__table__.title).get_all_values()) > 1:
        raise NotDone("Keys were imported already, so the example was left out: it is for an empty spreadsheet.")
    _press(stage, "/shopify/sync")
    type_entitlements(stage)
    _press(stage, "/catalogue/sync")
    stage.paste(PASTED)
    _press(stage, "/keys/import")


def _press(stage: Stage, path: str) -> None:
    answer = stage.press(path)
    if not answer.ok:
        told = answer.json()
        raise NotDone(f"{path} answered {answer.status_code}: {told.get('detail') or told.get('message')}")


def _in_a_persons_hands(world: World) -> gspread.Spreadsheet:
    client = gspread.Client(auth=None, session=connect(world.emulator, person=PERSON))  # type: ignore[arg-type]  # none beside a session
    return client.open_by_key(world.spreadsheet_id)
