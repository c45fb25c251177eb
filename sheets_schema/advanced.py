"""For advanced users: what a program touches that tunes, extends or looks behind a `Database`. See docs/library/README.md."""

from sheets_schema.clock import EMBEDDED, Timing
from sheets_schema.engine.client import GOOGLE, Client
from sheets_schema.engine.request_stats import RequestStats
from sheets_schema.engine.transport import enforce_total_timeout
from sheets_schema.provisioning.migration import Migration
from sheets_schema.provisioning.plan import Plan
from sheets_schema.schema.cells import MAX_TEXT
from sheets_schema.schema.declaration import IncrementalView
from sheets_schema.schema.in_memory_tables import InMemoryTables
from sheets_schema.schema.looks import Chart, FilterView, Highlight, Hyperlink, Series, Tone
from sheets_schema.schema.projection import changed_keys
from sheets_schema.table_editor import TableEditor

__all__ = [
    "EMBEDDED",
    "GOOGLE",
    "MAX_TEXT",
    "Chart",
    "Client",
    "FilterView",
    "Highlight",
    "Hyperlink",
    "InMemoryTables",
    "IncrementalView",
    "Migration",
    "Plan",
    "RequestStats",
    "Series",
    "TableEditor",
    "Timing",
    "Tone",
    "changed_keys",
    "enforce_total_timeout",
]
