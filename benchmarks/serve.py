"""`python -m benchmarks.serve FILE SECONDS`: an emulator whose answers take so long."""

from __future__ import annotations

import sys

from benchmarks.world import ANSWER, Steady
from sheets_schema.emulator import Emulator, Server


def main(file: str, seconds: str) -> None:
    """Serve until the process is ended; prints the address."""
    with Emulator(file) as emulator, Server(emulator, "127.0.0.1", 0) as server:
        if float(seconds):
            emulator.latency = Steady(scale=float(seconds) / ANSWER)
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
