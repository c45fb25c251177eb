"""What goes into a cell comes back as it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sheets_schema import Ledger, Overlay, Projection, Schema, Transaction, overlay
from sheets_schema.errors import InvalidValueError
from sheets_schema.schema.cells import MAX_TEXT, extended_value, iso_utc
from tests.sheets_schema.bank import SCHEMA, Bank, Payments, paying

LOOKALIKES = [
    "0012", "=1+1", "1-2", "8085807e40000000", "1234567890123456789", "'0012", "''", "+1", "-", "@x", "TRUE", "false",
    "1/2/2026", "12:30", "50%", "$3", "1e5", "NaN", "#REF!", "🔑🔑", "e\u0301", "שלום", "a\nb", " blank ends ", "\t",
    "{}", '"quoted"', "…", "null",
]  # fmt: skip


class Plain(Enum):
    RED = "red"
    BLUE = "blue"


class Mixed(str, Enum):  # noqa: UP042 — the older way to write it must work as well
    UP = "up"
    DOWN = "down"


class Modern(StrEnum):
    ON = "on"


class Level(IntEnum):
    LOW = 1


class Everything(Ledger, tab="Everything"):
    number: int
    text: str
    maybe: str | None = None
    whole: int | None = None
    fraction: float | None = None
    flag: bool | None = None
    moment: datetime | None = None
    plain: Plain | None = None
    mixed: Mixed | None = None
    modern: Modern | None = None
    level: Level | None = None


@dataclass
class Rows(Projection):
    rows: Overlay[int, Everything] = overlay()

    def apply(self, row: Ledger) -> None:
        assert isinstance(row, Everything)
        self.rows[row.number] = row


TYPES = Schema((Everything,), Rows)

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40) | st.sampled_from(LOOKALIKES)
moments = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 — hypothesis adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8))]),
)


@pytest.fixture(scope="module")
def types() -> Bank:
    return Bank(schema=TYPES).provision()


@given(
    text=texts,
    maybe=st.none() | texts,
    whole=st.none() | st.integers(-(2**53), 2**53),
    fraction=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    flag=st.none() | st.booleans(),
    moment=st.none() | moments,
    plain=st.none() | st.sampled_from(Plain),
    mixed=st.none() | st.sampled_from(Mixed),
    modern=st.none() | st.sampled_from(Modern),
    level=st.none() | st.sampled_from(Level),
)
@example(
    text="x", maybe=None, whole=0, fraction=0.0, flag=False, moment=None, plain=Plain.RED, mixed=Mixed.UP,
    modern=Modern.ON, level=Level.LOW,
)  # fmt: skip
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_row_of_every_type_comes_back_as_it_was(types: Bank, **values: Any) -> None:
    number = len(types.grid("Everything"))
    row = Everything(number=number, **values)
    types.process().run(lambda tx: tx.add(row))

    def read(tx: Transaction[Rows]) -> Everything:
        return tx.state.rows[number]

    back = types.process().run(read)
    assert back == row
    assert isinstance(back.flag, bool | None)


@pytest.mark.parametrize("text", [*LOOKALIKES, "x" * MAX_TEXT])
def test_text_stands_letter_for_letter_in_the_sheet_and_in_our_reading(bank: Bank, text: str) -> None:
    bank.process().run(paying(text, text, note=text))
    assert bank.grid("Payments")[1] == [text, text, 100, text]
    payment = bank.process().run(lambda tx: dict(tx.state.payments))[text]
    assert payment == Payments(payment_id=text, account=text, cents=100, note=text)


@pytest.mark.parametrize(
    "row",
    [
        Payments(payment_id="p", account="a", cents=1, note="x" * (MAX_TEXT + 1)),
        Payments(payment_id="p", account="a", cents=1, note="🔑" * (MAX_TEXT // 2 + 1)),
        Payments(payment_id="p", account="a", cents=2**53 + 1),
        Payments(payment_id="p", account="a", cents=1, note="secret \ud800"),
        Payments(payment_id="", account="a", cents=1),
    ],
    ids=["50,001 characters", "too long for Google, which may count UTF-16", "huge", "surrogate", "empty but required"],
)
def test_a_value_that_would_not_come_back_is_refused_before_anything_is_sent(bank: Bank, row: Payments) -> None:
    process = bank.process()
    process.pay("before")
    with pytest.raises(InvalidValueError) as refused:
        process.run(lambda tx: tx.add(row))
    assert "secret" not in str(refused.value)
    assert len(process.door.batches) == 1
    assert process.pay("after") == "paid"
    bank.check()


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**53 + 1, datetime(2026, 1, 1), b"x", [1], {"a": 1}, object()],  # noqa: DTZ001 — on purpose
)
def test_what_no_cell_has_is_a_cell_error(value: object) -> None:
    with pytest.raises(InvalidValueError):
        extended_value(value)


def test_a_named_value_that_no_cell_holds_is_refused_before_anything_is_sent(bank: Bank) -> None:
    process = bank.process()
    with pytest.raises(InvalidValueError):
        process.run(lambda tx: tx.set_value("motto", "x" * (MAX_TEXT + 1)))
    assert not process.door.batches


def test_times_are_utc_text_and_need_a_zone() -> None:
    assert iso_utc(datetime(2026, 11, 23, 15, 4, 5, tzinfo=timezone(timedelta(hours=1)))) == "2026-11-23T14:04:05Z"
    with pytest.raises(InvalidValueError, match="zone"):
        iso_utc(datetime(2026, 11, 23))  # noqa: DTZ001 — on purpose


def test_a_default_that_is_not_empty_cannot_be_overwritten_by_an_empty_value() -> None:
    class Defaulted(Ledger, tab="Defaulted"):
        text: str | None = "from the declaration"

    @dataclass
    class Nothing(Projection):
        def apply(self, row: Ledger) -> None:
            pass

    bank = Bank(schema=Schema((Defaulted,), Nothing)).provision()
    with pytest.raises(InvalidValueError, match="text"):
        bank.process().run(lambda tx: tx.add(Defaulted(text=None)))
    bank.process().run(lambda tx: tx.add(Defaulted()))
    assert bank.grid("Defaulted")[1:] == [["from the declaration"]]


def test_the_schema_of_these_tests_is_sound() -> None:
    assert [tab.__table__.title for tab in SCHEMA.tabs] == [
        "Requests", "Balances", "Payments", "Accounts", "Captured", "Control", "Commit Log",
    ]  # fmt: skip
