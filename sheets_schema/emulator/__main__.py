"""The emulator as a server: `python -m sheets_schema.emulator --host H --port P --data FILE|:memory:`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from sheets_schema.emulator.emulator import Emulator
from sheets_schema.emulator.errors import StoreError
from sheets_schema.emulator.http.server import Server


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; prints one line when ready. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m sheets_schema.emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8085, help="port to listen on; 0 takes a free one (default %(default)s)"
    )
    parser.add_argument("--data", default=":memory:", help="SQLite file, or :memory: (the default)")
    options = parser.parse_args(arguments)
    try:
        emulator = Emulator(options.data)
    except StoreError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    with emulator:
        try:
            server = Server(emulator, options.host, options.port)
        except OSError as error:
            sys.stderr.write(f"cannot listen on {options.host}:{options.port}: {error}\n")
            return 1
        with server:
            for number in (signal.SIGTERM, signal.SIGINT):
                # shutdown() waits for the loop, which runs in this very thread, so another one has to ask for it.
                signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
            sys.stdout.write(f"listening on {server.url}\n")
            sys.stdout.flush()
            server.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
