"""Keys as people paste them: which rows are good, and why the others are not.

A row comes as six values in six cells, or as one line in the first cell with `|`, tabs or runs of blanks between the
values. Header lines are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from npta.domain.entitlements import Malformed, checked_code, checked_provider
from npta.domain.state import State
from npta.tabs import Component, ImportHistory, ImportKeys
from sheets_schema import FormRow

FIELDS = ("region", "provider", "product_code", "component", "keycode", "seats")
MOST_SEATS = 1_000_000
LONGEST_KEYCODE = 1_000


class Good(NamedTuple):
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


class Bad(NamedTuple):
    """A row that stays in the paste zone: its cells as they were, and the reason."""

    row: int
    reason: str
    duplicate: bool
    cells: Mapping[str, object]

    def __repr__(self) -> str:
        return f"Bad(row={self.row}, duplicate={self.duplicate})"


class Sorted(NamedTuple):
    """Pasted rows, told apart."""

    good: tuple[Good, ...]
    bad: tuple[Bad, ...]


def sort_rows(rows: Iterable[FormRow], state: State, regions: Collection[str]) -> Sorted:
    """Tell good rows from bad ones. A key is a duplicate if its provider and keycode stand in history or further up."""
    good: list[Good] = []
    bad: list[Bad] = []
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        cells = {name: row.cells.get(name) for name in FIELDS}
        values = _spread(row)
        if _is_header(values):
            continue
        try:
            key = _checked(row.number, values, regions)
        except Malformed as reason:
            bad.append(Bad(row.number, str(reason), duplicate=False, cells=cells))
            continue
        same = (key.provider, key.keycode)
        if same in state.codes:
            known = state.keys[state.codes[same]]
            reason_text = f"duplicate: this key was imported before as {known.key_id} into {known.pool}"
            bad.append(Bad(row.number, reason_text, duplicate=True, cells=cells))
        elif same in seen:
            reason_text = f"duplicate: the same key stands in row {seen[same]} of this paste"
            bad.append(Bad(row.number, reason_text, duplicate=True, cells=cells))
        else:
            seen[same] = row.number
            good.append(key)
    return Sorted(tuple(good), tuple(bad))


def imported(key: Good, *, batch: str, at: str, by: str) -> ImportHistory:
    """The fact that a row has become stock."""
    return ImportHistory(
        key_id=f"{batch}-{key.row}",
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


def _spread(row: FormRow) -> dict[str, object]:
    """The six values by name, taken out of the first cell where a whole line stands there."""
    values: dict[str, object] = {name: row.cells.get(name) for name in FIELDS}
    line = values["region"]
    if not isinstance(line, str) or any(value not in (None, "") for name, value in values.items() if name != "region"):
        return values
    if "|" in line:
        parts = [part.strip() for part in line.split("|")]
    elif "\t" in line:
        parts = [part.strip() for part in line.split("\t")]
    else:
        parts = line.split()
    if len(parts) == 1:
        return values
    if len(parts) != len(FIELDS):
        return {"line": parts}
    return dict(zip(FIELDS, parts, strict=True))


def _is_header(values: Mapping[str, object]) -> bool:
    words = [str(value).strip().lower() for value in values.get("line", values.values()) or ()]  # type: ignore[attr-defined]  # a list of words
    return words[:2] == ["region", "provider"]


def _checked(row: int, values: Mapping[str, object], regions: Collection[str]) -> Good:
    """The row as a key. Raises `Malformed` with the sentence for the column `problem`."""
    if "line" in values:
        count = len(values["line"])  # type: ignore[arg-type]  # a list of words
        raise Malformed(f"a line needs 6 values ({' | '.join(FIELDS)}); this one has {count}")
    keycode = values["keycode"]
    if isinstance(keycode, int | float):
        raise Malformed("the keycode is a number, so digits may be lost: format the column as text and paste again")
    text = {name: "" if value is None else str(value).strip() for name, value in values.items()}
    empty = [name for name in FIELDS if not text[name]]
    if empty:
        raise Malformed(f"{' and '.join(empty)} must not be empty")
    region = text["region"].upper()
    if region not in regions:
        raise Malformed(f"the region “{text['region']}” is not served here; write {' or '.join(sorted(regions))}")
    component = text["component"].lower()
    if component not in set(Component):
        hint = " (a FULL entitlement uses combined)" if component == "full" else ""
        raise Malformed(f"the component “{text['component']}” must be combined, content or exam{hint}")
    if len(text["keycode"]) > LONGEST_KEYCODE or re.search(r"[\x00-\x1f\x7f]", text["keycode"]):
        raise Malformed("the keycode holds a line break or is too long: paste one key a row")
    return Good(
        row,
        region,
        checked_provider(text["provider"]),
        checked_code(text["product_code"]),
        Component(component),
        text["keycode"],
        _seats(values["seats"]),
    )


def _seats(value: object) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if isinstance(value, bool) else str(value).strip()
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= MOST_SEATS:
        raise Malformed(f"seats is “{value}”; it must be a whole number of 1 or more")
    return int(text)


def as_form_row(bad: Bad) -> dict[str, object]:
    """A refused row as it goes back into the paste zone."""
    columns = {column.field for column in ImportKeys.columns()}
    return {name: value for name, value in {**bad.cells, "problem": bad.reason}.items() if name in columns}
