"""`python -m benchmarks.serve FILE [slow] [quota]`: an emulator, with 350 ms answers, with Google's quota."""

from __future__ import annotations

import sys

from benchmarks.world import Steady
from sheets_schema.emulator import Emulator, QuotaLimit, Server


def main(file: str, *like_google: str) -> None:
    """Serve until the process is ended; prints the address."""
    with Emulator(file) as emulator, Server(emulator, "127.0.0.1", 0) as server:
        if "slow" in like_google:
            emulator.latency = Steady()
        if "quota" in like_google:
            emulator.quota = QuotaLimit()
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
