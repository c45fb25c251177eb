"""For programs that tune, extend or look behind a `Database`; see docs/library/README.md."""

from sheets_schema.clock import EMBEDDED, Timing
from sheets_schema.engine.archive import Archive, ArchiveTabs
from sheets_schema.engine.client import GOOGLE, Client
from sheets_schema.engine.full_scan import ScannedRows
from sheets_schema.engine.request_stats import RequestStats
from sheets_schema.engine.total_timeout import enforce_total_timeout
from sheets_schema.engine.truncation import Departure, FirstRows, rest_of
from sheets_schema.errors import RowsMovedError
from sheets_schema.provisioning.migration_steps import Migration
from sheets_schema.provisioning.plan import Plan
from sheets_schema.schema.cells import MAX_TEXT
from sheets_schema.schema.declaration import IncrementalView
from sheets_schema.schema.in_memory_tables import InMemoryTables
from sheets_schema.schema.looks import Chart, FilterView, Highlight, Hyperlink, Series, Style, Tone
from sheets_schema.schema.projection import changed_keys
from sheets_schema.table_editor import TableEditor

__all__ = [
    "EMBEDDED",
    "GOOGLE",
    "MAX_TEXT",
    "Archive",
    "ArchiveTabs",
    "Chart",
    "Client",
    "Departure",
    "FilterView",
    "FirstRows",
    "Highlight",
    "Hyperlink",
    "InMemoryTables",
    "IncrementalView",
    "Migration",
    "Plan",
    "RequestStats",
    "RowsMovedError",
    "ScannedRows",
    "Series",
    "Style",
    "TableEditor",
    "Timing",
    "Tone",
    "changed_keys",
    "enforce_total_timeout",
    "rest_of",
]
