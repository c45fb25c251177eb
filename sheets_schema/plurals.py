"""How messages count."""


def counted(number: int, thing: str, things: str = "") -> str:
    """Return `1 row`, `2 rows`; `things` is a plural in other than s: `2 entries`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {things or f'{thing}s'}"
