"""One spreadsheet and its sheets: the state that batches fork and the store keeps.

Everything reachable from a published `Workbook` is never changed. A writer forks it, asks for `writable` sheets, and
replaces values instead of changing them; an error throws the fork away, so nothing is ever half done.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.locales import Locale, locale_of
from sheets_schema.emulator.model.rows import RowList

JsonDict = dict[str, Any]

MAX_CELLS = 10_000_000
"""Per workbook, blank grid cells included (observed: fact 18 of docs/internals/sheets-api-facts.md)."""
MAX_COLUMNS = 18_278
"""Per sheet (observed: fact 18 of docs/internals/sheets-api-facts.md)."""
DEFAULT_ROWS = 1000
DEFAULT_COLUMNS = 26


S = TypeVar("S")


def _copied(item: S) -> S:
    """Return a shallow copy.

    `copy.copy` asks pickle's protocol first, which takes a third of a small commit.
    """
    twin = object.__new__(type(item))
    for name in type(item).__slots__:  # type: ignore[attr-defined] # dataclasses with slots
        object.__setattr__(twin, name, getattr(item, name))
    return twin


@dataclass(slots=True, eq=False)
class Sheet:
    """One grid sheet. Its place among the sheets is its index, so the index is not stored."""

    sheet_id: int
    title: str
    row_count: int = DEFAULT_ROWS
    column_count: int = DEFAULT_COLUMNS
    rows: RowList = field(default_factory=RowList)
    properties: JsonDict = field(default_factory=dict)
    """`SheetProperties` except id, title, index and the two counts; zero values left out."""
    merges: list[Area] = field(default_factory=list)
    protected: dict[int, JsonDict] = field(default_factory=dict)
    row_dimensions: dict[int, JsonDict] = field(default_factory=dict)
    column_dimensions: dict[int, JsonDict] = field(default_factory=dict)
    row_groups: list[JsonDict] = field(default_factory=list)
    column_groups: list[JsonDict] = field(default_factory=list)
    conditional_formats: list[JsonDict] = field(default_factory=list)
    banded_ranges: dict[int, JsonDict] = field(default_factory=dict)
    filter_views: dict[int, JsonDict] = field(default_factory=dict)
    charts: dict[int, JsonDict] = field(default_factory=dict)
    slicers: dict[int, JsonDict] = field(default_factory=dict)
    basic_filter: JsonDict | None = None
    calculates: bool = False
    """Whether a formula on it depends on other cells, or on the day."""

    def fork(self) -> Sheet:
        """Return a copy to write on."""
        twin = _copied(self)
        twin.rows = self.rows.fork()
        for name in _COLLECTIONS:
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def size(self, dimension: str) -> int:
        """How many ROWS or COLUMNS the grid has."""
        return self.row_count if dimension == "ROWS" else self.column_count

    @property
    def is_grid(self) -> bool:
        """Whether it has cells; the sheet of a chart has none."""
        return bool(self.properties.get("sheetType", "GRID") == "GRID")

    @property
    def area(self) -> Area:
        """The whole grid."""
        return Area(0, 0, self.row_count, self.column_count)

    def to_json(self) -> JsonDict:
        """Everything but the rows, for the store."""
        return {
            "sheetId": self.sheet_id,
            "title": self.title,
            "rowCount": self.row_count,
            "columnCount": self.column_count,
            "properties": self.properties,
            "merges": [[area.top, area.left, area.bottom, area.right] for area in self.merges],
            "basicFilter": self.basic_filter,
            **({"calculates": True} if self.calculates else {}),
            **{name: getattr(self, name) for name in _COLLECTIONS if name not in {"properties", "merges"}},
        }

    @staticmethod
    def from_json(body: JsonDict, rows: RowList) -> Sheet:
        """Return the reverse of `to_json`."""
        sheet = Sheet(body["sheetId"], body["title"], body["rowCount"], body["columnCount"], rows, body["properties"])
        sheet.merges = [Area(*corners) for corners in body["merges"]]
        sheet.basic_filter = body["basicFilter"]
        sheet.calculates = body.get("calculates", False)
        for name in _COLLECTIONS:
            if name not in {"properties", "merges"}:
                stored = body.get(name, {})  # a file of an earlier version knows less
                # JSON has made texts of the integer keys.
                setattr(
                    sheet,
                    name,
                    {int(key): item for key, item in stored.items()} if isinstance(stored, dict) else stored,
                )
        return sheet


_COLLECTIONS = (
    "properties",
    "merges",
    "protected",
    "row_dimensions",
    "column_dimensions",
    "row_groups",
    "column_groups",
    "conditional_formats",
    "banded_ranges",
    "filter_views",
    "charts",
    "slicers",
)


@dataclass(slots=True, eq=False)
class Workbook:
    """One spreadsheet."""

    spreadsheet_id: str
    owner: str
    properties: JsonDict
    sheets: list[Sheet] = field(default_factory=list)
    named_ranges: dict[str, JsonDict] = field(default_factory=dict)
    """By id, in the order they were made."""
    ghosts: dict[str, str] = field(default_factory=dict)
    """Id to name of named ranges that vanished with their cells but still hold their name (reported: gspread#1530)."""
    metadata: dict[int, JsonDict] = field(default_factory=dict)
    file: JsonDict = field(default_factory=dict)
    """What Drive knows of it besides: type, parents, permissions, description, whether it is in the bin."""
    created: float = 0.0
    modified: float = 0.0
    version: int = 0
    touched: set[int] = field(default_factory=set)
    """Ids of the sheets this fork has made its own."""

    def fork(self) -> Workbook:
        """Return a copy to write on; sheets are copied when `writable` asks for them."""
        twin = _copied(self)
        twin.properties = self.properties.copy()
        twin.sheets = self.sheets.copy()
        twin.named_ranges = self.named_ranges.copy()
        twin.ghosts = self.ghosts.copy()
        twin.metadata = self.metadata.copy()
        twin.file = self.file.copy()
        twin.touched = set()
        return twin

    @property
    def locale(self) -> Locale:
        """How its people write numbers and dates."""
        return locale_of(self.properties.get("locale", ""))

    def find(self, sheet_id: int) -> Sheet | None:
        """Return the sheet with this id."""
        for sheet in self.sheets:
            if sheet.sheet_id == sheet_id:
                return sheet
        return None

    def sheet(self, sheet_id: int) -> Sheet:
        """Return the sheet with this id, or Google's error (observed text)."""
        sheet = self.find(sheet_id)
        if sheet is None:
            raise InvalidRequestError(f"No sheet with id: {sheet_id}")
        return sheet

    def titled(self, title: str) -> Sheet | None:
        """Return the sheet with this title.

        Letter case does not count (inferred from the interface).
        """
        wanted = title.casefold()
        for sheet in self.sheets:
            if sheet.title.casefold() == wanted:
                return sheet
        return None

    def writable(self, sheet_id: int) -> Sheet:
        """Return the sheet, made this fork's own."""
        sheet = self.sheet(sheet_id)
        if sheet_id in self.touched:
            return sheet
        own = sheet.fork()
        self.sheets[self.sheets.index(sheet)] = own
        self.touched.add(sheet_id)
        return own

    def add(self, sheet: Sheet, index: int | None = None) -> None:
        """Put a new sheet in, at the end when no index is given."""
        self.sheets.insert(len(self.sheets) if index is None else index, sheet)
        self.touched.add(sheet.sheet_id)

    def check_size(self, growing: Sheet | None = None, rows: int = 0, columns: int = 0) -> None:
        """Refuse grids beyond the limits, now or after a sheet has grown.

        Observed texts.
        """
        sizes = [
            (sheet.row_count + rows, sheet.column_count + columns)
            if sheet is growing
            else (sheet.row_count, sheet.column_count)
            for sheet in self.sheets
        ]
        if any(width > MAX_COLUMNS for _, width in sizes):
            raise InvalidRequestError(
                f"This action would increase the number of columns in the sheet above the limit of {MAX_COLUMNS} columns."
            )
        if sum(height * width for height, width in sizes) > MAX_CELLS:
            raise InvalidRequestError(
                f"This action would increase the number of cells in the workbook above the limit of {MAX_CELLS} cells."
            )

    def to_json(self) -> JsonDict:
        """Everything but the sheets, whose ids stand in their order."""
        return {
            "owner": self.owner,
            "properties": self.properties,
            "sheets": [sheet.sheet_id for sheet in self.sheets],
            "namedRanges": self.named_ranges,
            "ghosts": self.ghosts,
            "metadata": self.metadata,
            "file": self.file,
            "created": self.created,
            "modified": self.modified,
        }

    @staticmethod
    def from_json(spreadsheet_id: str, version: int, body: JsonDict, sheets: list[Sheet]) -> Workbook:
        """Return the reverse of `to_json`."""
        return Workbook(
            spreadsheet_id,
            body["owner"],
            body["properties"],
            sheets,
            body["namedRanges"],
            body["ghosts"],
            {int(key): item for key, item in body["metadata"].items()},
            body.get("file", {}),
            body["created"],
            body["modified"],
            version,
        )
