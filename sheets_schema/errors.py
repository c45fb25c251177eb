"""Everything that can go wrong, as one tree.

    SheetsError
    ├── InvalidDeclarationError    a tab is declared in a way that cannot work (a programming mistake)
    ├── InvalidValueError          a value that a cell cannot hold
    ├── LimitExceededError         more than one batch or one spreadsheet can take
    ├── UniqueViolationError       a row whose unique key stands in its ledger already
    ├── SchemaMismatchError        the spreadsheet is not as declared: which tab, which header, what to do
    │   ├── NotProvisionedError    it was never set up
    │   └── ForeignRowsError       somebody else's rows stand where a tab is to be made
    ├── UnavailableError           nothing was written; try again later (quota, no connection, lock held elsewhere)
    │   ├── LockTimeoutError       the lock is held elsewhere, or others were quicker until the deadline
    │   └── RowsMovedError         rows that were to leave a ledger have left meanwhile
    ├── CommitUnknownError         the deadline came before it was known whether the commit was applied
    ├── PermissionDeniedError      these credentials may not read or write this spreadsheet
    ├── RequestRejectedError       Google understood a request and rejected it (a defect or a limit of Google's)
    ├── LogDivergedError           the commit log contradicts itself: writing has stopped
    └── ReplicationError           a copy in a SQL database cannot be made or continued

Exceptions of gspread, requests and google-auth never leave this package; `client.py` maps them.
"""

from collections.abc import Mapping


class SheetsError(Exception):
    """The root: catch this to catch all of `sheets_schema`."""


class InvalidDeclarationError(SheetsError):
    """A tab's declaration cannot work; raised while the class is made."""


class InvalidValueError(SheetsError):
    """A value that no cell can hold, or that would not come back as it went in."""


class LimitExceededError(SheetsError):
    """A transaction is too large for one batch, or the spreadsheet has no room for it.

    Nothing was sent.
    """


class UniqueViolationError(SheetsError):
    """A row whose unique key stands in its ledger already, or was added before it.

    `key` gives the key's fields and values.
    """

    def __init__(self, message: str, *, tab: str = "", key: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.tab = tab
        self.key = dict(key or {})


class SchemaMismatchError(SheetsError):
    """The spreadsheet differs from its declaration; the message names tab, header and remedy."""

    def __init__(self, message: str, *, tab: str = "") -> None:
        super().__init__(message)
        self.tab = tab


class NotProvisionedError(SchemaMismatchError):
    """The spreadsheet has no lock cell, no commit log or none of the tabs: provision it first."""


class ForeignRowsError(SchemaMismatchError):
    """Rows that this program did not write stand in tabs whose titles it needs.

    Nothing was written. They are never lost: with the caller's consent such a tab is kept under another title.
    """


class UnavailableError(SheetsError):
    """Nothing was written. `retry_after` says in how many seconds to try again."""

    def __init__(self, message: str, *, retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class LockTimeoutError(UnavailableError):
    """Another process holds the lock, or was quicker each time until the deadline."""


class RowsMovedError(UnavailableError):
    """Rows that were to leave a ledger have left meanwhile, or one of two reads was stale."""


class CommitUnknownError(SheetsError):
    """The commit was sent, and the deadline came before its outcome was known.

    It was applied, may still be applied, or never will be. Before you repeat the transaction, check whether its effect is there.
    """

    def __init__(self, message: str, *, retry_after: float = 5.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PermissionDeniedError(SheetsError):
    """Permission denied.

    Share the spreadsheet with the service account, or fix its credentials.
    """


class RequestRejectedError(SheetsError):
    """A request was understood and refused, and nothing of its batch was applied.

    `request_index` is the index of the rejected request in the batch, where Google names one.
    """

    def __init__(self, message: str, *, status: int = 400, request_index: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.request_index = request_index


class LogDivergedError(SheetsError):
    """The log, the ledgers and what we know contradict each other: writing has stopped.

    A person must decide which of them is right.
    """


class ReplicationError(SheetsError):
    """The copy in a SQL database cannot be made or continued.

    Nothing was written by the attempt.
    """
