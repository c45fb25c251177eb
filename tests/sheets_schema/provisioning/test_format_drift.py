"""Damage to the dressing of a tab shows up in the plan, is mended by provision, and then the plan is empty."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sheets_schema import Ledger
from tests.sheets_schema.bank import PERSON, SCHEMA, Bank, Captured, Process, Requests

Damage = dict[str, Any]


def steps(bank: Bank, **more: Any) -> list[str]:
    process = bank.process(**more)
    return process.spreadsheet.diff(process.deadline()).steps


def column(bank: Bank, title: str, place: int, first: int = 2, last: int = 1000) -> dict[str, int]:
    return {
        "sheetId": bank.sheet_id(title), "startRowIndex": first - 1, "endRowIndex": last,
        "startColumnIndex": place, "endColumnIndex": place + 1,
    }  # fmt: skip


def properties(bank: Bank, title: str, fields: str, **changed: Any) -> Damage:
    changed = {"sheetId": bank.sheet_id(title), **changed}
    return {"updateSheetProperties": {"properties": changed, "fields": fields}}


def protection(bank: Bank, title: str) -> dict[str, Any]:
    sheet = next(each for each in bank.metadata()["sheets"] if each["properties"]["title"] == title)
    [protected] = sheet["protectedRanges"]
    return dict(protected)


def loosened(bank: Bank, title: str, **changed: Any) -> Damage:
    protected = {"protectedRangeId": protection(bank, title)["protectedRangeId"], **changed}
    return {"updateProtectedRange": {"protectedRange": protected, "fields": ",".join(changed)}}


def validation(bank: Bank, place: int, rule: dict[str, Any] | None, **rows: int) -> Damage:
    body: dict[str, Any] = {"range": column(bank, "Requests", place, **rows)}
    return {"setDataValidation": {**body, "rule": rule} if rule else body}


def one_of(*values: str, strict: bool = False) -> dict[str, Any]:
    listed = [{"userEnteredValue": value} for value in values]
    return {"condition": {"type": "ONE_OF_LIST", "values": listed}, "strict": strict, "showCustomUi": True}


CASES = [
    ("drop-down of column “Urgency” in tab “Requests”", lambda b: validation(b, 2, None)),
    ("drop-down of column “Urgency” in tab “Requests”", lambda b: validation(b, 2, None, first=1000)),
    ("drop-down of column “Urgency” in tab “Requests”", lambda b: validation(b, 2, None, first=3, last=998)),
    ("drop-down of column “Urgency” in tab “Requests”", lambda b: validation(b, 2, None, first=500, last=500)),
    ("drop-down of column “Urgency” in tab “Requests”", lambda b: validation(b, 2, one_of("LOW", "HIGH", "ASAP"))),
    ("drop-down of column “Urgency” in tab “Requests”", lambda b: validation(b, 2, one_of("LOW", "HIGH", strict=True))),
    ("checkbox of column “Approved” in tab “Requests”", lambda b: validation(b, 3, one_of("yes", "no"))),
    (
        "text format of column “account” in tab “Payments”",
        lambda b: {
            "repeatCell": {"range": column(b, "Payments", 1), "cell": {}, "fields": "userEnteredFormat.numberFormat"}
        },
    ),
    (
        "note of column “payment_id” in tab “Payments”",
        lambda b: {
            "repeatCell": {"range": column(b, "Payments", 0, 1, 1), "cell": {"note": "mine"}, "fields": "note"}
        },
    ),
    (
        "freeze the header of tab “Requests”",
        lambda b: properties(b, "Requests", "gridProperties.frozenRowCount", gridProperties={"frozenRowCount": 0}),
    ),
    ("hide tab “Captured”", lambda b: properties(b, "Captured", "hidden", hidden=False)),
    ("show tab “Requests”", lambda b: properties(b, "Requests", "hidden", hidden=True)),
    ("protect tab “Payments”", lambda b: loosened(b, "Payments", warningOnly=True)),
    (
        "protect tab “Accounts”",
        lambda b: loosened(b, "Accounts", unprotectedRanges=[column(b, "Accounts", 0)]),
    ),
    ("protect tab “Balances”", lambda b: loosened(b, "Balances", range=column(b, "Balances", 0))),
    ("protect tab “Payments”", lambda b: loosened(b, "Payments", editors={"domainUsersCanEdit": True})),
    ("protect tab “Control”", lambda b: loosened(b, "Control", editors={"users": ["teller@bank.example", "eve@bank.example"]})),
]  # fmt: skip


@pytest.mark.parametrize(("step", "harm"), CASES)
def test_damage_shows_up_in_the_plan_and_is_mended(bank: Bank, step: str, harm: Any) -> None:
    assert steps(bank) == []
    bank.batch(harm(bank))
    assert steps(bank) == [step]
    process = bank.process()
    assert process.spreadsheet.provision(process.deadline()).steps == [step]
    assert steps(bank) == []
    process.pay("p1")
    bank.check()


def test_a_protection_that_lets_people_through_is_replaced_not_doubled(bank: Bank) -> None:
    bank.batch(loosened(bank, "Payments", warningOnly=True))
    process = bank.process()
    process.spreadsheet.provision(process.deadline())
    assert protection(bank, "Payments").get("warningOnly") is None
    with pytest.raises(Exception, match="protected"):
        bank.tab("Payments", PERSON).update([["x"]], "A2")


def as_service(bank: Bank) -> Process:
    """As on Google: not the owner, but an account that the spreadsheet is shared with."""
    process = bank.process()
    process.spreadsheet.client.session.headers["Authorization"] = "Bearer user:service@bank.example"
    return process


def let_in(bank: Bank, title: str, **editors: list[str]) -> Damage:
    there = protection(bank, title)["editors"]
    return loosened(bank, title, editors={"users": there["users"] + editors.pop("users", []), **editors})


@pytest.fixture
def shared(request: pytest.FixtureRequest) -> Bank:
    """Set up by an account that the owner has shared the spreadsheet with."""
    bank = Bank()
    bank.emulator.set_quirks(protection_without_editors=getattr(request, "param", "everybody"))
    service = as_service(bank)
    service.spreadsheet.provision(service.deadline())
    bank.time.sleep(60)
    return bank


@pytest.mark.parametrize("shared", ["everybody", "nobody"], indirect=True)
def test_a_ledger_lets_in_the_owner_and_the_account_of_the_service_only(shared: Bank) -> None:
    assert as_service(shared).pay("p1") == "paid"
    assert protection(shared, "Payments")["editors"] == {"users": ["owner@emulator.example", "service@bank.example"]}
    with pytest.raises(Exception, match="protected"):
        shared.tab("Payments", PERSON).update([["x"]], "A2")


@pytest.mark.parametrize("added", [{"users": ["teller@bank.example"]}, {"groups": ["tellers@bank.example"]}])
def test_somebody_who_was_added_to_a_protection_is_noticed_and_taken_out(shared: Bank, added: Any) -> None:
    shared.batch(let_in(shared, "Payments", **added))
    service = as_service(shared)
    assert service.spreadsheet.provision(service.deadline()).steps == ["protect tab “Payments”"]
    assert service.spreadsheet.diff(service.deadline()).steps == []
    with pytest.raises(Exception, match="protected"):
        shared.tab("Payments", PERSON).update([["x"]], "A2")


def test_editors_that_stand_on_every_tab_are_google_s_own_and_no_damage(shared: Bank) -> None:
    """Should Google keep more than the owner and the asker, an alarm would come back after every repair."""
    titles = [each["properties"]["title"] for each in shared.metadata()["sheets"] if each.get("protectedRanges")]
    shared.batch(*(let_in(shared, title, users=["manager@bank.example"]) for title in titles))
    service = as_service(shared)
    assert service.spreadsheet.diff(service.deadline()).steps == []


def test_a_plan_is_two_reads_however_long_the_tabs_are(bank: Bank) -> None:
    """Beside the two that look for migrations."""
    process = bank.process()
    bank.tab("Requests").add_rows(20_000)
    process.spreadsheet.diff(process.deadline())
    assert (process.door.reads, process.door.writes) == (4, 0)


def test_past_a_thousand_rows_of_a_form_its_last_one_speaks_for_the_rest(bank: Bank) -> None:
    bank.tab("Requests").add_rows(500)
    process = bank.process()
    process.spreadsheet.provision(process.deadline())
    assert steps(bank) == []
    bank.batch(validation(bank, 2, None, first=1500, last=1500))
    assert steps(bank) == ["drop-down of column “Urgency” in tab “Requests”"]


def test_moved_columns_are_dressed_where_they_stand(bank: Bank) -> None:
    place = {"sheetId": bank.sheet_id("Requests"), "dimension": "COLUMNS", "startIndex": 2, "endIndex": 3}
    bank.batch({"moveDimension": {"source": place, "destinationIndex": 0}})
    assert steps(bank) == []
    bank.batch(validation(bank, 0, None))
    assert steps(bank) == ["drop-down of column “Urgency” in tab “Requests”"]
    process = bank.process()
    process.spreadsheet.provision(process.deadline())
    assert steps(bank) == []


def test_what_people_have_arranged_is_no_damage(bank: Bank) -> None:
    """Widths, more frozen rows, notes and rules where none is declared, columns of their own."""
    columns = {"sheetId": bank.sheet_id("Balances"), "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    size = {"range": columns, "properties": {"pixelSize": 333}, "fields": "pixelSize"}
    bank.batch(
        properties(bank, "Requests", "gridProperties.frozenRowCount", gridProperties={"frozenRowCount": 3}),
        {"updateDimensionProperties": size},
        {"repeatCell": {"range": column(bank, "Requests", 1, 1, 1), "cell": {"note": "mine"}, "fields": "note"}},
        validation(bank, 6, one_of("own")),
        validation(bank, 1, one_of("1", "2")),
    )
    assert steps(bank) == []


def test_a_new_column_is_dressed_with_its_header(bank: Bank) -> None:
    class Longer(Ledger, tab="Accounts"):
        account: str
        paid: bool = False

    bank.tab("Accounts").update_acell("A1", "account")
    schema = replace(SCHEMA, tables=(Requests, SCHEMA.ledgers[0], Longer, Captured), views={})
    process = bank.process(schema=schema)
    assert process.spreadsheet.provision(process.deadline()).steps == ["write headers of tab “Accounts”: paid"]
    assert steps(bank, schema=schema) == []


def test_many_damages_are_mended_in_one_batch(bank: Bank) -> None:
    bank.batch(validation(bank, 2, None), validation(bank, 3, None), loosened(bank, "Payments", warningOnly=True))
    process = bank.process()
    assert len(process.spreadsheet.provision(process.deadline()).steps) == 3
    assert process.door.writes == 1
    assert steps(bank) == []
