"""The emulator as a server: `python -m sheets_schema.emulator`.

Options: `--host H --port P --data FILE|:memory: --owner EMAIL`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sheets_schema.emulator.emulator import Emulator
from sheets_schema.emulator.errors import StoreError
from sheets_schema.emulator.http.server import run_server
from sheets_schema.emulator.model.permissions import OWNER


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; prints one line when ready. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sheets_schema.emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8085, help="port to listen on; 0 takes a free one (default %(default)s)"
    )
    parser.add_argument("--data", default=":memory:", help="SQLite file, or :memory: (the default)")
    parser.add_argument(
        "--owner", default=OWNER, metavar="EMAIL", help="who calls without a name (default %(default)s)"
    )
    options = parser.parse_args(arguments)
    try:
        emulator = Emulator(options.data, owner=options.owner)
    except StoreError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with emulator:
        return run_server(emulator, options.host, options.port)


if __name__ == "__main__":
    sys.exit(main())
