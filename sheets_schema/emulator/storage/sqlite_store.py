"""Where spreadsheets are kept: in memory, or in an SQLite file that processes may share.

The file is in write-ahead mode: what a committed transaction has written survives the death of the process. A write
happens inside one IMMEDIATE transaction that begins *before* the state is read, so two processes never decide on the
same state. A one-row commit writes the spreadsheet's head and the few chunks of rows it touched.
"""

from __future__ import annotations

import json
import os
import sqlite3
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sheets_schema.emulator.errors import StoreError
from sheets_schema.emulator.model.rows import Chunk, RowList
from sheets_schema.emulator.model.workbook import Sheet, Workbook
from sheets_schema.emulator.storage.chunks import decode_chunk, dumps, encode_chunk

_APPLICATION_ID = 0x53485431
_BUSY_SECONDS = 60.0
_SCHEMA = """
CREATE TABLE spreadsheet (id TEXT PRIMARY KEY, version INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE sheet (
    spreadsheet TEXT NOT NULL, sheet INTEGER NOT NULL, version INTEGER NOT NULL,
    body TEXT NOT NULL, next_chunk INTEGER NOT NULL, layout TEXT NOT NULL,
    PRIMARY KEY (spreadsheet, sheet)
);
CREATE TABLE chunk (
    spreadsheet TEXT NOT NULL, sheet INTEGER NOT NULL, chunk INTEGER NOT NULL, version INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (spreadsheet, sheet, chunk)
);
CREATE INDEX chunk_by_version ON chunk (spreadsheet, version);
"""


def open_store(data: str | Path) -> Store:
    """Return the store for `:memory:` or a path.

    Raises `StoreError` when the file is something else.
    """
    return Store() if str(data) == ":memory:" else SqliteStore(Path(data))


class Store:
    """Keep spreadsheets as long as the process lives.

    Those handed out are never changed by anybody.
    """

    def __init__(self) -> None:
        self._books: dict[str, Workbook] = {}

    def ids(self) -> list[str]:
        """Every spreadsheet, in the order of creation."""
        return list(self._books)

    def load(self, spreadsheet_id: str) -> Workbook | None:
        """Return the newest state."""
        return self._books.get(spreadsheet_id)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Give a context in which nobody else writes.

        What was saved in it is kept only if it ends without an error.
        """
        yield

    def save(self, book: Workbook) -> None:
        """Make this the newest state of its spreadsheet; inside `writing`."""
        book.version += 1
        self._books[book.spreadsheet_id] = book

    def delete(self, spreadsheet_id: str) -> None:
        """Forget a spreadsheet; inside `writing`."""
        del self._books[spreadsheet_id]

    def close(self) -> None:
        """Let go of the file, if there is one."""


class SqliteStore(Store):
    """Keep spreadsheets in a file; those in memory are brought up to date before every use."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._data_version = -1
        self._stale: set[str] = set()
        self._unsaved: dict[str, Workbook | None] | None = None
        _make_private(path)
        self._db = self._connect()
        self._process = os.getpid()
        try:
            self._prepare(path)
            _keep_private(path)
        except sqlite3.Error as error:
            self._db.close()
            raise StoreError(f"cannot use {path}: {error}") from error
        except StoreError:
            self._db.close()
            raise

    def _connect(self) -> sqlite3.Connection:
        try:
            # Autocommit: transactions are written out below. Threads are kept apart by the emulator's lock.
            made = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise StoreError(f"cannot open {self._path}: {error}") from error
        # An emulator that nobody closes ends with whoever held it; Python 3.13 warns of connections left open.
        self._end = weakref.finalize(self, made.close)
        self._end.atexit = False
        return made

    def _after_fork(self) -> None:
        """SQLite forbids to use a connection in a forked child.

        Web servers fork after the application is imported.
        """
        if os.getpid() != self._process:
            # The parent's connection is left alone: closing it here would drop locks that the parent holds.
            self._inherited = self._db
            self._end.detach()
            self._db = self._connect()
            self._process = os.getpid()
            self._data_version = -1

    def _prepare(self, path: Path) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        # NORMAL: no fsync per commit. A killed process loses nothing; a power cut may lose the last commits.
        self._db.execute("PRAGMA synchronous = NORMAL")
        with self._transaction():
            (found,) = self._db.execute("PRAGMA application_id").fetchone()
            if found == _APPLICATION_ID:
                return
            (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if found or tables:
                raise StoreError(f"{path} is a database of another program")
            for statement in _SCHEMA.split(";\n"):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        try:
            self._db.execute(f"BEGIN {kind}")
        except sqlite3.Error as error:
            # Another process has held the file for longer than we wait.
            raise StoreError(f"the data file cannot be used: {error}") from error
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One IMMEDIATE transaction: other processes wait, or we wait for them."""
        self._after_fork()
        self._unsaved = {}
        try:
            with self._transaction():
                yield
            for spreadsheet_id, book in self._unsaved.items():
                if book is None:
                    self._books.pop(spreadsheet_id, None)
                else:
                    self._books[spreadsheet_id] = book
                    self._stale.discard(spreadsheet_id)
        finally:
            self._unsaved = None

    def ids(self) -> list[str]:
        """Every spreadsheet, in the order of creation."""
        self._after_fork()
        return [row[0] for row in self._db.execute("SELECT id FROM spreadsheet ORDER BY rowid")]

    def load(self, spreadsheet_id: str) -> Workbook | None:
        """Return the newest state, read again as far as another process has changed it."""
        self._after_fork()
        self._notice_others()
        cached = self._books.get(spreadsheet_id)
        if cached is not None and spreadsheet_id not in self._stale:
            return cached
        if self._db.in_transaction:
            book = self._read(spreadsheet_id, cached)
        else:
            with self._transaction("DEFERRED"):
                book = self._read(spreadsheet_id, cached)
        self._stale.discard(spreadsheet_id)
        if book is None:
            self._books.pop(spreadsheet_id, None)
        else:
            self._books[spreadsheet_id] = book
        return book

    def _notice_others(self) -> None:
        """SQLite's counter moves when another connection has committed."""
        (seen,) = self._db.execute("PRAGMA data_version").fetchone()
        if seen != self._data_version:
            self._data_version = seen
            self._stale = set(self._books)

    def _read(self, spreadsheet_id: str, cached: Workbook | None) -> Workbook | None:
        head = self._db.execute("SELECT version, body FROM spreadsheet WHERE id = ?", (spreadsheet_id,)).fetchone()
        if head is None:
            return None
        version, body = head
        if cached is not None and cached.version == version:
            return cached
        since = -1 if cached is None else cached.version
        chunks: dict[int, dict[int, Chunk]] = {}
        for sheet_id, key, text in self._db.execute(
            "SELECT sheet, chunk, body FROM chunk WHERE spreadsheet = ? AND version > ?", (spreadsheet_id, since)
        ):
            chunks.setdefault(sheet_id, {})[key] = decode_chunk(key, text)
        stored = self._db.execute(
            "SELECT sheet, version, body, next_chunk, layout FROM sheet WHERE spreadsheet = ?", (spreadsheet_id,)
        )
        sheets: dict[int, Sheet] = {}
        for sheet_id, sheet_version, sheet_body, next_chunk, layout in stored:
            old = cached.find(sheet_id) if cached else None
            fresh = chunks.get(sheet_id, {})
            if old is not None and sheet_version <= since and not fresh:
                sheets[sheet_id] = old
                continue
            kept = {chunk.key: chunk for chunk in old.rows.chunks} if old else {}
            kept.update(fresh)
            rows = RowList([kept[key] for key in json.loads(layout)], next_chunk)
            sheets[sheet_id] = Sheet.from_json(json.loads(sheet_body), rows)
        head_body = json.loads(body)
        return Workbook.from_json(
            spreadsheet_id, version, head_body, [sheets[sheet_id] for sheet_id in head_body["sheets"]]
        )

    def save(self, book: Workbook) -> None:
        """Write what the fork has touched.

        `book` must have been forked from what `load` gave in this transaction.
        """
        assert self._unsaved is not None
        spreadsheet_id = book.spreadsheet_id
        before = self._unsaved.get(spreadsheet_id) or self._books.get(spreadsheet_id)
        book.version += 1
        self._db.execute(
            "INSERT INTO spreadsheet (id, version, body) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body",
            (spreadsheet_id, book.version, dumps(book.to_json())),
        )
        known = {sheet.sheet_id: sheet for sheet in before.sheets} if before else {}
        for sheet in book.sheets:
            old = known.pop(sheet.sheet_id, None)
            if sheet.sheet_id in book.touched or old is None:
                self._save_sheet(book, sheet, old)
        for sheet_id in known:
            for table in ("sheet", "chunk"):
                self._db.execute(
                    f"DELETE FROM {table} WHERE spreadsheet = ? AND sheet = ?",  # noqa: S608 - the names are two literals
                    (spreadsheet_id, sheet_id),
                )
        self._unsaved[spreadsheet_id] = book

    def _save_sheet(self, book: Workbook, sheet: Sheet, old: Sheet | None) -> None:
        spreadsheet_id, rows = book.spreadsheet_id, sheet.rows
        body = sheet.to_json()
        if old is None or rows.layout_changed or body != old.to_json():
            layout = [chunk.key for chunk in rows.chunks]
            self._db.execute(
                "INSERT OR REPLACE INTO sheet (spreadsheet, sheet, version, body, next_chunk, layout) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (spreadsheet_id, sheet.sheet_id, book.version, dumps(body), rows.next_key, dumps(layout)),
            )
            gone = {chunk.key for chunk in old.rows.chunks}.difference(layout) if old else ()
            self._db.executemany(
                "DELETE FROM chunk WHERE spreadsheet = ? AND sheet = ? AND chunk = ?",
                [(spreadsheet_id, sheet.sheet_id, key) for key in gone],
            )
        self._db.executemany(
            "INSERT INTO chunk (spreadsheet, sheet, chunk, version, body) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body",
            [(spreadsheet_id, sheet.sheet_id, chunk.key, book.version, encode_chunk(chunk)) for chunk in rows.written],
        )

    def delete(self, spreadsheet_id: str) -> None:
        """Forget a spreadsheet."""
        assert self._unsaved is not None
        for statement in (
            "DELETE FROM chunk WHERE spreadsheet = ?",
            "DELETE FROM sheet WHERE spreadsheet = ?",
            "DELETE FROM spreadsheet WHERE id = ?",
        ):
            self._db.execute(statement, (spreadsheet_id,))
        self._unsaved[spreadsheet_id] = None

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def _make_private(path: Path) -> None:
    """Make the file, if it is not there, so that only its owner can read it.

    SQLite makes it for everybody.
    """
    with suppress(OSError):  # it is there, or cannot be: SQLite says so
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _keep_private(path: Path) -> None:
    """Deny everybody but its owner the file of an earlier version, and SQLite's beside it."""
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        with suppress(OSError):  # somebody else's, or not there
            if name.stat().st_mode & 0o077:
                name.chmod(0o600)
