"""Every spreadsheet there is: readers get a snapshot, writers a fork, one at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from sheets_schema.emulator.errors import EmulatorError, not_found
from sheets_schema.emulator.model.rows import RowList
from sheets_schema.emulator.model.workbook import JsonDict, Workbook
from sheets_schema.emulator.storage.sqlite_store import Store

_VERSIONS_KEPT = 256
"""For stale reads and for restoring; versions share what they have in common."""

Change = Callable[[Workbook], JsonDict]
"""Changes a fork and makes the answer; may raise, and then nothing has happened."""


class WorkbookRepository:
    """The spreadsheets of one store.

    Thread-safe; writers wait for each other, readers only for a publication.
    """

    def __init__(self, store: Store, clock: Callable[[], float], new_id: Callable[[], str]) -> None:
        self.store = store
        self._clock = clock
        self._new_id = new_id
        self.lock = threading.RLock()
        self._history: dict[str, deque[tuple[float, Workbook]]] = {}

    def close(self) -> None:
        """Let go of the store."""
        with self.lock:
            self.store.close()

    def find(self, spreadsheet_id: str) -> Workbook | None:
        """Return the newest state of a spreadsheet; never changed afterwards."""
        with self.lock:
            return self.store.load(spreadsheet_id)

    def snapshot(self, spreadsheet_id: str, *, age: float = 0.0) -> Workbook:
        """Return the newest state, or the one of `age` seconds ago as far as it is remembered.

        Raises `ApiError` 404.
        """
        with self.lock:
            book = self.store.load(spreadsheet_id)
            kept = list(self._history.get(spreadsheet_id, ())) if age > 0 else []
        if book is None:
            raise not_found()
        if not kept:
            return book
        earlier = [old for at, old in kept if at <= self._clock() - age]
        return earlier[-1] if earlier else kept[0][1]

    def books(self) -> list[Workbook]:
        """Return the newest state of every spreadsheet."""
        with self.lock:
            return [book for key in self.store.ids() if (book := self.store.load(key))]

    def change(self, spreadsheet_id: str, change: Change) -> JsonDict:
        """Run `change` on a private copy and publish that, or nothing when it raises.

        Raises `ApiError` 404.
        """
        with self.lock:
            with self.store.writing():
                book = self.store.load(spreadsheet_id)
                if book is None:
                    raise not_found()
                draft = book.fork()
                result = change(draft)
                self._save(draft)
            self._remember(draft)
        return result

    def merge(self, base: Workbook, draft: Workbook, again: Callable[[Workbook], None]) -> None:
        """Publish a draft made from `base`.

        When somebody else was faster, do the change `again` on what they left.
        """
        with self.lock:
            with self.store.writing():
                book = self.store.load(base.spreadsheet_id)
                if book is None:
                    raise not_found()
                if book is not base:
                    draft = book.fork()
                    again(draft)
                self._save(draft)
            self._remember(draft)

    def create(self, make: Callable[[str, float], Workbook], change: Change) -> JsonDict:
        """Add a spreadsheet: `make` gets its id and the time, `change` fills it."""
        with self.lock:
            with self.store.writing():
                spreadsheet_id = self._new_id()
                while self.store.load(spreadsheet_id) is not None:
                    spreadsheet_id = self._new_id()
                book = make(spreadsheet_id, self._clock())
                result = change(book)
                self._save(book)
            self._remember(book)
        return result

    def delete(self, spreadsheet_id: str) -> None:
        """Forget a spreadsheet that exists."""
        with self.lock, self.store.writing():
            self.store.delete(spreadsheet_id)
            self._history.pop(spreadsheet_id, None)

    def restore(self, spreadsheet_id: str, version: int) -> None:
        """Make an old version the newest again, as a person does in the version history.

        Raises `EmulatorError`.
        """
        old = next((book for _, book in self._history.get(spreadsheet_id, ()) if book.version == version), None)
        if old is None:
            raise EmulatorError(f"version {version} of {spreadsheet_id} is not remembered")

        def rewind(draft: Workbook) -> JsonDict:
            copy = rebuilt(old)
            draft.properties, draft.named_ranges = copy.properties, copy.named_ranges
            draft.ghosts, draft.metadata = copy.ghosts, copy.metadata
            draft.sheets, draft.touched = copy.sheets, copy.touched
            return {}

        self.change(spreadsheet_id, rewind)

    def _save(self, book: Workbook) -> None:
        book.modified = self._clock()
        self.store.save(book)

    def _remember(self, book: Workbook) -> None:
        kept = self._history.setdefault(book.spreadsheet_id, deque(maxlen=_VERSIONS_KEPT))
        kept.append((self._clock(), book))


def rebuilt(book: Workbook) -> Workbook:
    """Return a copy that shares no chunks, so that the store writes all of it."""
    copy = book.fork()
    for sheet in book.sheets:
        own = copy.writable(sheet.sheet_id)
        own.rows = RowList()
        own.rows.extend(sheet.rows.between(0, len(sheet.rows)))
    return copy
