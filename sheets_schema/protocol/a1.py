"""A1 notation, as the Sheets API reads it.

Letters for columns, rows from 1, titles in quotes.
"""


def column_letters(index: int) -> str:
    """Letters of the column at `index`, counted from 0: 0 → A, 25 → Z, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def quoted(title: str) -> str:
    """Return a tab's title in quotes, which the API accepts for every title."""
    return "'" + title.replace("'", "''") + "'"


def header_range(title: str) -> str:
    """Return the whole first row of a tab."""
    return f"{quoted(title)}!1:1"


def open_range(title: str, first_row: int, columns: int) -> str:
    """Return the range from `first_row` down, over the first `columns` columns.

    Rows are counted from 1; it reaches the bottom of the grid. Google echoes an open range clipped to the grid, which
    tells the grid's row count for free (recorded: a read of `A1:1` is echoed as `A1:Z1`).
    """
    return f"{quoted(title)}!A{first_row}:{column_letters(max(columns, 1) - 1)}"


def last_row_of(echoed_range: str) -> int:
    """Return the last row that an echoed, clipped range names: `'Key Ledger'!A5:J1000` → 1000."""
    end = echoed_range.rpartition("!")[2].rpartition(":")[2]
    digits = end.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return int(digits)
