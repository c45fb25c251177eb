"""Keys as people paste them: which rows are accepted, and why others are not. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from typing import NamedTuple

from npta.domain.state.entitlements import InvalidEntitlementError, Level, checked_code, checked_provider
from npta.domain.state.normalized_text import (
    LOST,
    canonical,
    invisible_characters,
    is_masked,
    is_placeholder,
    lookalike,
    quoted,
    trimmed,
    typographic_characters,
)
from npta.domain.state.state import State
from npta.domain.state.wording import count, in_brackets
from npta.domain.stock.pasted_line import FIELDS, LINE_END, is_blank, is_header, pasted_values
from npta.tables import Component, ImportHistory
from sheets_schema import InputRow

MAX_SEATS = 1_000_000


MAX_KEYCODE = 1_000


_SCIENTIFIC = re.compile(r"[0-9]+([.,][0-9]+)?[Ee]\+[0-9]{1,3}")
"""How a spreadsheet writes a long number in a CSV file: `9.87654E+16`."""


FIRST_INEXACT = 2**53
"""The first whole number that a double shares with others: 2^53 + 1 arrives as 2^53."""


_QUOTES = "\"'`"


_MARKED_AS_TEXT = re.compile(r"'[\d=+\-@.,]")
"""A spreadsheet would take what follows for a number, a date or a formula."""


class AcceptedKey(NamedTuple):
    """A row that becomes stock."""

    row: int
    region: str
    provider: str
    product_code: str
    component: Component
    keycode: str
    seats: int

    def __repr__(self) -> str:
        return f"Good(row={self.row}, {self.provider} {self.product_code} {self.component}, seats={self.seats})"


class RejectedRow(NamedTuple):
    """A row that stays in the paste zone, and the reason."""

    row: int
    reason: str
    duplicate: bool = False


class RowWarning(NamedTuple):
    """What a person should look at in a row that is imported all the same."""

    row: int
    message: str


class ImportResult(NamedTuple):
    """Pasted rows, accepted and rejected. Header lines and empty rows are in neither."""

    accepted: tuple[AcceptedKey, ...]
    rejected: tuple[RejectedRow, ...]
    cautions: tuple[RowWarning, ...] = ()


def validate_rows(rows: Iterable[InputRow], state: State, regions: Collection[str], *, batch: str = "") -> ImportResult:
    """Decide which pasted rows become keys.

    A key is a duplicate if its provider and keycode, spelt alike in NFC, stand in history or further up. `batch` is the
    import that makes the good rows keys at once; without it they stay.
    """
    good: list[AcceptedKey] = []
    bad: list[RejectedRow] = []
    seen: dict[tuple[str, str], AcceptedKey] = {}
    for row in rows:
        if not holds_key(row):
            continue
        try:
            values = pasted_values(row.cells)
            if is_header(values):
                continue
            key = _checked(row.number, values, regions)
        except InvalidEntitlementError as reason:
            bad.append(RejectedRow(row.number, str(reason)))
            continue
        same = (key.provider, canonical(key.keycode))
        if same in state.codes:
            known = state.keys[state.codes[same]]
            message = f"duplicate: this key was imported before as {known.key_id} into {known.pool}"
            message += ", and it is retired" if known.retired else ""
            bad.append(RejectedRow(row.number, message, duplicate=True))
        elif same in seen:
            where = f"was imported from the same paste as {key_id_of(seen[same], batch)}" if batch else ""
            message = f"duplicate: the same key {where or f'stands in row {seen[same].row} of this paste'}"
            bad.append(RejectedRow(row.number, message, duplicate=True))
        else:
            seen[same] = key
            good.append(key)
    return ImportResult(tuple(good), tuple(bad), tuple(_cautions(good, state)))


def holds_key(row: InputRow) -> bool:
    """Whether anything stands in the row that is meant to be a key: not its old problem alone."""
    return not all(is_blank(row.cells.get(name)) for name in FIELDS)


def key_id_of(key: AcceptedKey, batch: str) -> str:
    """Return the id that a row gets as a key."""
    return f"{batch}-{key.row}"


def imported(key: AcceptedKey, *, batch: str, at: str, by: str) -> ImportHistory:
    """Return the row of a key that has become stock."""
    return ImportHistory(
        key_id=key_id_of(key, batch),
        imported_at=at,
        batch=batch,
        imported_by=by,
        region=key.region,
        provider=key.provider,
        product_code=key.product_code,
        component=key.component,
        keycode=key.keycode,
        seats=key.seats,
    )


def _checked(row: int, values: tuple[object, ...], regions: Collection[str]) -> AcceptedKey:
    """Read a row as a key. Raises `InvalidEntitlementError` with the text for `problem`."""
    if len(values) != len(FIELDS):
        raise InvalidEntitlementError(
            f"a line needs {len(FIELDS)} values ({' | '.join(FIELDS)}); this one has {len(values)}"
        )
    cells = dict(zip(FIELDS, values, strict=True))
    if isinstance(cells["keycode"], int | float):
        raise InvalidEntitlementError(
            "the keycode is a number, so digits may be lost: format the column as text and paste again"
        )
    text = {name: "" if value is None else canonical(str(value)) for name, value in cells.items()}
    empty = [name for name in FIELDS if not text[name]]
    if empty:
        raise InvalidEntitlementError(f"{' and '.join(empty)} must not be empty")
    region = text["region"].upper()
    if region not in regions:
        raise InvalidEntitlementError(
            f"the region {quoted(text['region'])} is not served here; write {' or '.join(sorted(regions))}"
        )
    component = text["component"].lower()
    if component not in set(Component):
        hint = " (a FULL entitlement uses combined)" if component == "full" else ""
        raise InvalidEntitlementError(
            f"the component {quoted(text['component'])} must be combined, content or exam{hint}"
        )
    for name in ("provider", "product_code"):
        if _has_lost_digits(cells[name]):
            raise InvalidEntitlementError(
                f"the {name} is a number that has lost digits: format the column as text and paste again"
            )
        if is_placeholder(text[name]):
            raise InvalidEntitlementError(
                f"the {name} {quoted(text[name])} stands for a missing value: write the right one"
            )
    return AcceptedKey(
        row,
        region,
        checked_provider(text["provider"]),
        checked_code(text["product_code"]),
        Component(component),
        _keycode(trimmed(str(cells["keycode"]))),
        _seats(cells["seats"]),
    )


def _keycode(code: str) -> str:
    """Return the code letter for letter. Raises `InvalidEntitlementError` without one."""
    if len(code) > MAX_KEYCODE or LINE_END.search(code):
        raise InvalidEntitlementError("the keycode holds a line break or is too long: paste one key a row")
    if is_placeholder(code) or is_masked(code):
        raise InvalidEntitlementError(f"the keycode {quoted(code)} stands for a missing one: write the key itself")
    if hidden := invisible_characters(code):
        raise InvalidEntitlementError(
            f"the keycode holds {' and '.join(hidden)}, which nobody sees, {_position_of(code, hidden[0])}: "
            "type it anew, without that character"
        )
    if LOST in code:
        raise InvalidEntitlementError(
            f"the keycode has lost a letter ({quoted(LOST)}) to a wrong encoding: paste it from the source"
        )
    if odd := typographic_characters(code):
        raise InvalidEntitlementError(
            f"the keycode holds {' and '.join(odd)}, {_position_of(code, odd[0])}: a word processor has put it there; "
            "type the sign that the provider gave"
        )
    if code[0] in _QUOTES and code[0] == code[-1]:
        raise InvalidEntitlementError("the keycode stands in quotes: paste it without them")
    if _MARKED_AS_TEXT.match(code):
        raise InvalidEntitlementError(
            "the keycode begins with the apostrophe that marks text for a spreadsheet: paste it without"
        )
    if _SCIENTIFIC.fullmatch(code):
        raise InvalidEntitlementError(
            f"the keycode {quoted(code)} is a rounded number: format the column as text and paste again"
        )
    return code


def _has_lost_digits(value: object) -> bool:
    """Whether a spreadsheet's double may stand for several numbers that were typed."""
    return isinstance(value, int | float) and (abs(value) >= FIRST_INEXACT or int(value) != value)


def _position_of(code: str, name: str) -> str:
    return f"as character {code.index(chr(int(name.removeprefix('U+'), 16))) + 1}"


def _seats(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if isinstance(value, bool) else canonical(str(value))
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= MAX_SEATS:
        raise InvalidEntitlementError(f"seats is {quoted(str(value))}; it must be a whole number of 1 or more")
    return int(text)


def _cautions(good: Iterable[AcceptedKey], state: State) -> Iterable[RowWarning]:
    """Yield what looks like a slip: a lookalike, an apostrophe, a level in a product code."""
    good = list(good)
    alike: dict[tuple[str, str], str] = {}
    if good:
        for known in state.keys.values():
            alike.setdefault(
                (known.pool.provider, lookalike(known.keycode)), f"that of {known.key_id}, imported before"
            )
    for key in good:
        same = (key.provider, lookalike(key.keycode))
        if same in alike:
            message = f"the keycode differs only in letter case or width from {alike[same]}: is it really another key?"
            yield RowWarning(key.row, message)
        alike.setdefault(same, f"that in row {key.row} of this paste")
        if key.keycode[0] == "'":
            yield RowWarning(key.row, "the keycode begins with an apostrophe, which is kept: is it part of the code?")
        head, hyphen, level = key.product_code.rpartition("-")
        if hyphen and level in set(Level):
            message = f"the product code {key.product_code} ends in a level, as entitlements do: is {head} meant?"
            yield RowWarning(key.row, message)


FINISH_IMPORT = (
    "If no import is running now, press Import Keys again: it goes on where it stopped, and takes in afterwards what has "
    "been pasted since."
)


class Unfinished(NamedTuple):
    """How many rows wait, since when, and who pressed; the last two may be unknown."""

    rows: int
    since: str = ""
    by: str = ""

    def __str__(self) -> str:
        rows = count(self.rows, "pasted row waits", "pasted rows wait")
        begun = " ".join(filter(None, (self.since and f"begun {self.since}", self.by and f"by {self.by}")))
        return f"{rows} in an import that has not ended{in_brackets(begun)}"


def read_unfinished(text: str) -> Unfinished | None:
    """Read it from its cell; an empty one says that no import is under way."""
    if not text:
        return None
    content = json.loads(text)  # earlier versions wrote a list
    return Unfinished(**content) if isinstance(content, dict) else Unfinished(*content)


def write_unfinished(unfinished: Unfinished) -> str:
    """Write it for its cell."""
    return json.dumps(unfinished._asdict(), ensure_ascii=False) if unfinished.rows else ""


def unfinished_now(text: str, rows: int) -> Unfinished | None:
    """Return what the capture shows, with what its cell says of who began and when."""
    if not rows:
        return None
    return (read_unfinished(text) or Unfinished(rows))._replace(rows=rows)
