"""Tabs declared as pydantic models: one class a tab, one field a column.

The kind says who may write what:

- `Ledger`: facts. The service appends rows, protected, and never changes one again.
- `View`: computed from ledgers, protected, rewritten at will.
- `InputTable`: people edit it. The service writes only columns marked `Generated`.
- `InternalTable`: for the service alone.

    class Payments(Ledger, tab="Payments", unique=("payment_id",)):
        payment_id: str = Field(description="as the bank names it")
        cents: int

A key of several columns is a tuple in that tuple: `unique=("payment_id", ("account", "day"))` declares two keys.
`display_key="payment_id"` is the column by which people know a row: reports of a divergence name it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, ClassVar, Self, TypeVar, Unpack

from pydantic import BaseModel, ConfigDict, ValidationError

from sheets_schema.errors import InvalidDeclarationError, InvalidValueError, SchemaMismatchError
from sheets_schema.schema.cells import Cell, extended_value
from sheets_schema.schema.columns import Column, column_of
from sheets_schema.schema.looks import Chart, FilterView, Highlight

UniqueConstraint = tuple[str, ...]
"""The fields that make up one unique key."""


@dataclass(frozen=True)
class TableOptions:
    """What a class says of its tab as a whole: `Payment.__table__`.

    So every ordinary word is free for a column.
    """

    kind: str = ""
    """How the log and the sheet call it: `ledger`, `view`, `form` (an `InputTable`), `system` (an `InternalTable`)."""
    title: str = ""
    hidden: bool = False
    unique: tuple[UniqueConstraint, ...] = ()
    display_key: str = ""
    """The field by which people know a row: reports of a divergence name it."""
    filter_views: tuple[FilterView, ...] = ()
    rows: int = 1000
    """How far the grid of a new tab goes."""
    frozen_to: str = ""
    """The last field of the columns at the left that stay in sight."""
    filtered: bool = False
    """Whether a filter that all who look share stands above it."""
    highlights: tuple[Highlight, ...] = ()
    former_highlights: tuple[Highlight, ...] = ()
    """Those of earlier versions, which provision takes away."""
    charts: tuple[Chart, ...] = ()

    @property
    def fields(self) -> set[str]:
        """Return the fields that its looks speak of."""
        named = {name for view in self.filter_views for name in (view.field, view.newest_first) if name}
        rules = (name for rule in (*self.highlights, *self.former_highlights) for name in rule.fields)
        return named.union(rules, filter(None, [self.frozen_to]), *(chart.fields for chart in self.charts))


class Tab(BaseModel):
    """Base of all kinds of table; derive from one of the four kinds."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    __table__: ClassVar[TableOptions] = TableOptions()

    def __init_subclass__(
        cls,
        *,
        tab: str = "",
        hidden: bool = False,
        unique: tuple[str | UniqueConstraint, ...] = (),
        display_key: str = "",
        filter_views: tuple[FilterView, ...] = (),
        rows: int = 0,
        frozen_to: str = "",
        filtered: bool = False,
        highlights: tuple[Highlight, ...] = (),
        former_highlights: tuple[Highlight, ...] = (),
        charts: tuple[Chart, ...] = (),
        **kwargs: Unpack[ConfigDict],
    ) -> None:
        super().__init_subclass__(**kwargs)
        _refuse_clashes(
            cls,
            [*inspect.get_annotations(cls), *({"cells", "check_cells", "columns", "grid_columns"} & vars(cls).keys())],
        )
        options = cls.__table__
        if (tab or unique) and not options.kind:
            raise InvalidDeclarationError(
                f"{cls.__name__}: derive from Ledger, View, InputTable or InternalTable, not from Tab"
            )
        if unique and (options.kind != "ledger" or not isinstance(unique, tuple)):
            raise InvalidDeclarationError(f"{cls.__name__}: unique keys are a tuple, and of ledgers only")
        cls.__table__ = TableOptions(
            options.kind,
            tab or options.title,
            hidden if tab else options.hidden,
            tuple((key,) if isinstance(key, str) else tuple(key) for key in unique) or options.unique,
            display_key or options.display_key,
            filter_views or options.filter_views,
            rows or options.rows,
            frozen_to or options.frozen_to,
            filtered or options.filtered,
            highlights or options.highlights,
            former_highlights or options.former_highlights,
            charts or options.charts,
        )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        _refuse_clashes(cls, cls.model_fields)  # those of a base class that is none of ours, too
        for key in cls.__table__.unique:
            if not key or set(key) - cls.model_fields.keys():
                raise InvalidDeclarationError(f"{cls.__name__}: the unique key {key} names no fields of it")
        if (shown := cls.__table__.display_key) and shown not in cls.model_fields:
            raise InvalidDeclarationError(f"{cls.__name__}: display_key {shown!r} names no field of it")
        if wrong := cls.__table__.fields - cls.model_fields.keys():
            raise InvalidDeclarationError(
                f"{cls.__name__}: its filters, highlights, charts and what is frozen name {', '.join(map(repr, sorted(wrong)))}, no field of it"
            )

    @classmethod
    def columns(cls) -> tuple[Column, ...]:
        """Return the declared columns, in the order in which they are created."""
        return _columns(cls)

    @classmethod
    def grid_columns(cls) -> int:
        """Return how many columns a new tab needs, with those that its charts stand upon."""
        return max(len(cls.columns()), *(chart.left + 1 for chart in cls.__table__.charts), 0)

    def cells(self) -> dict[str, Any]:
        """Return the row's values by field, as Python objects."""
        return {column.field: getattr(self, column.field) for column in self.columns()}

    def check_cells(self) -> None:
        """Raise `InvalidValueError` if the row could not be read back as it is.

        It would stand there for ever.
        """
        filled = False
        for column in self.columns():
            empty = not placed_value(self, column, getattr(self, column.field))
            if empty and not column.may_be_empty:
                raise InvalidValueError(
                    f"Tab “{self.__table__.title}”, column “{column.header}”: an empty cell is not read as empty here"
                )
            filled = filled or not empty
        if not filled:
            raise InvalidValueError(f"Tab “{self.__table__.title}”: a row with nothing in it would not be found again")


def _refuse_clashes(tab: type[Tab], names: Iterable[str]) -> None:
    """Raise `InvalidDeclarationError` for fields that would hide what base classes define."""
    if clashing := sorted(
        {name for name in names if hasattr(Tab, name) and not name.startswith("__")} - {"model_config"}
    ):
        raise InvalidDeclarationError(
            f"{tab.__name__}: {', '.join(map(repr, clashing))} means something to the library or to pydantic. Give the field "
            f'another name and keep the header: {clashing[0]}_: str = Field(alias="{clashing[0]}")'
        )


T = TypeVar("T", bound=Tab)


class Ledger(Tab):
    """Facts: appended, never changed."""

    __table__ = TableOptions("ledger")


def placed_value(tab: type[Tab] | Tab, column: Column, value: object) -> dict[str, Any]:
    """As `extended_value`; the `InvalidValueError` names tab and column."""
    try:
        return extended_value(value)
    except InvalidValueError as error:
        raise InvalidValueError(f"Tab “{tab.__table__.title}”, column “{column.header}”: {error}") from None


class View(Tab):
    """Computed from ledgers: rewritten at will, comes back after any damage."""

    __table__ = TableOptions("view")


class InputTable(Tab):
    """People's: every column accepts whatever they type; the service decides what it means."""

    __table__ = TableOptions("form")


class InternalTable(Tab):
    """The service's own few values."""

    __table__ = TableOptions("system")


@cache
def _columns(tab: type[Tab]) -> tuple[Column, ...]:
    columns = tuple(column_of(name, field, shows=issubclass(tab, View)) for name, field in tab.model_fields.items())
    headers = {column.header.casefold() for column in columns}
    if not columns or len(headers) < len(columns):
        raise InvalidDeclarationError(
            f"{tab.__name__}: a tab needs columns, each with a header of its own, whatever its letter case"
        )
    return columns


def header_places(tab: type[Tab], header: Sequence[Cell]) -> dict[str, list[int]]:
    """Return where declared headers stand: exactly so, or in another letter case."""
    texts = [str(cell).strip() for cell in header]
    places: dict[str, list[int]] = {}
    for column in tab.columns():
        exact = [index for index, text in enumerate(texts) if text == column.header]
        alike = [index for index, text in enumerate(texts) if text.casefold() == column.header.casefold()]
        places[column.header] = exact or alike
    return places


@dataclass(frozen=True)
class Binding:
    """Where a tab's columns stand today: field → column index from 0."""

    tab: type[Tab]
    index: Mapping[str, int]

    @classmethod
    def of(cls, tab: type[Tab], header: list[Cell]) -> Self:
        """Bind by header text. Moved and extra columns are fine, and so is another letter case.

        A view may be without columns that it need not have: an earlier version wrote it, and the next commit adds them.

        Raises `SchemaMismatchError` for a required header that is missing (a renamed one is missing, too) or doubled.
        """
        found = header_places(tab, header)
        optional = (
            {column.header for column in tab.columns() if not column.required} if issubclass(tab, View) else set()
        )
        missing = [name for name, places in found.items() if not places and name not in optional]
        doubled = [name for name, places in found.items() if len(places) > 1]
        if missing:
            texts = dict.fromkeys(str(text).strip() for text in header)
            there = ", ".join(f"“{text}”" for text in texts if text) or "none"
            raise SchemaMismatchError(
                f"Tab “{tab.__table__.title}”, row 1: the header {_listed(missing)} is missing (found: {there}). "
                "If it was renamed or deleted, write it back exactly so; other columns may stay where they are.",
                tab=tab.__table__.title,
            )
        if doubled:
            raise SchemaMismatchError(
                f"Tab “{tab.__table__.title}”, row 1: the header {_listed(doubled)} stands there more than once. "
                "Rename or delete the column that does not belong.",
                tab=tab.__table__.title,
            )
        return cls(tab, {column.field: found[column.header][0] for column in tab.columns() if found[column.header]})

    @property
    def width(self) -> int:
        """How many columns must be read to see every bound one."""
        return max(self.index.values()) + 1

    def pick(self, row: list[Cell]) -> dict[str, Cell]:
        """Return the bound cells of one row that hold something, by field."""
        cells = row
        if self._is_reordered:
            cells = [row[index] if index < len(row) else None for index in self.index.values()]
        return {field: cell for field, cell in zip(self.index, cells, strict=False) if cell is not None and cell != ""}

    @cached_property
    def _is_reordered(self) -> bool:
        """Whether a column stands elsewhere than where it was created."""
        return list(self.index.values()) != list(range(len(self.index)))


def declared_binding(tab: type[Tab]) -> Binding:
    """Bind columns in the order in which they are created."""
    return Binding(tab, {column.field: index for index, column in enumerate(tab.columns())})


def view_binding(view: type[Tab], header: Sequence[Cell]) -> Binding:
    """Bind a view's columns by its header, if that names each of them once and nothing else.

    Else as they are declared. So a sheet keeps the order in which an earlier version, or somebody since, has put
    them.
    """
    columns = view.columns()
    there = [str(cell).strip() for cell in header[: len(columns)]]
    if sorted(there) != sorted(column.header for column in columns):
        return declared_binding(view)
    return Binding(view, {column.field: there.index(column.header) for column in columns})


def read_row(tab: type[T], binding: Binding, row: list[Cell], number: int) -> T:
    """Return the row as a checked model.

    Raises `SchemaMismatchError` naming tab, row and column where a cell has another type.
    """
    try:
        # `model_validate` without its wrapper, which is a third of the time.
        return tab.__pydantic_validator__.validate_python(binding.pick(row), by_name=True)  # type: ignore[no-any-return]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        headers = {column.field: column.header for column in tab.columns()}
        field = str(first["loc"][0]) if first["loc"] else ""
        raise SchemaMismatchError(
            f"Tab “{tab.__table__.title}”, row {number}, column “{headers.get(field, field)}”: {first['msg']}. "
            "This tab is written by the service only; put the cell back as it was (File > Version history).",
            tab=tab.__table__.title,
        ) from None


def _listed(headers: list[str]) -> str:
    return ", ".join(f"“{header}”" for header in headers)
