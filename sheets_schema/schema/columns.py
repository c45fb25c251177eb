"""The columns of a tab, from its model's fields and the marks beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, get_args

from pydantic.fields import FieldInfo

from sheets_schema.schema.looks import PLAIN, Hyperlink, Style, Width


@dataclass(frozen=True)
class Generated:
    """Marks a column of an input table that the service computes and may overwrite."""


@dataclass(frozen=True)
class Choices:
    """The values a person may pick in a column of an input table; they become a drop-down."""

    values: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """One declared column: its field, its header, and how to set it up."""

    field: str
    header: str
    note: str = ""
    text: bool = True
    checkbox: bool = False
    choices: tuple[str, ...] = ()
    computed: bool = False
    width: int | None = None
    moment: bool = False
    """Whether it shows times: as dates of the spreadsheet's time zone, which people sort and filter by."""
    link: bool = False
    number: bool = False
    """Whether it shows whole numbers only: in a view, since in other tabs how numbers look is people's to choose."""
    style: Style = PLAIN
    required: bool = False
    """Whether a row cannot be read without it."""
    may_be_empty: bool = True
    """Whether an empty cell is read as the empty value that was written."""


def column_of(name: str, field: FieldInfo, *, shows: bool) -> Column:
    """Return the column that a field of a model declares; `shows` says that it is a view's."""
    kinds = [kind for kind in (get_args(field.annotation) or (field.annotation,)) if kind is not type(None)]
    enums = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Enum)]
    marks: dict[type, Any] = {type(mark): mark for mark in field.metadata}
    choices: tuple[str, ...] = tuple(str(member.value) for member in enums[0]) if enums else ()
    if Choices in marks:
        choices = marks[Choices].values
    required = field.is_required()
    moment = shows and datetime in kinds
    return Column(
        field=name,
        header=field.alias or name,
        note=field.description or "",
        text=not moment and (str in kinds or not {int, float, bool} & set(kinds)),
        checkbox=kinds == [bool],
        choices=choices,
        computed=Generated in marks,
        width=marks[Width].pixels if Width in marks else None,
        moment=moment,
        link=Hyperlink in marks,
        number=shows and kinds == [int],
        style=marks.get(Style, PLAIN),
        required=required,
        may_be_empty=not required and field.get_default(call_default_factory=True) in (None, ""),
    )
