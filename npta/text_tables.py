"""Tables for people at a terminal."""

from collections.abc import Iterable, Sequence


def table(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Rows under headers, columns as wide as they need to be; numbers stand to the right."""
    cells = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in [list(headers), *cells]) for column in range(len(headers))]
    numeric = [
        bool(cells) and all(row[column].lstrip("-").isdigit() for row in cells) for column in range(len(headers))
    ]

    def line(parts: Sequence[str]) -> str:
        padded = [
            part.rjust(width) if right else part.ljust(width)
            for part, width, right in zip(parts, widths, numeric, strict=True)
        ]
        return "  " + "  ".join(padded).rstrip()

    rule = "  " + "  ".join("─" * width for width in widths)
    return "\n".join([line(headers), rule, *(line(row) for row in cells)])
