"""The local shop as a server: `python -m npta.local.shop --port P`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from npta.local.shop.shop import LocalShop
from sheets_schema.emulator import run_server


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; prints one line when ready. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m npta.local.shop", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8086, help="port to listen on; 0 takes a free one (default %(default)s)"
    )
    parser.add_argument("--token", default="", help="the one access token that is let in (default: any)")
    parser.add_argument("--empty", action="store_true", help="begin without the runbook's products")
    options = parser.parse_args(arguments)
    shop = LocalShop(access_token=options.token)
    if not options.empty:
        shop.seed()
    return run_server(shop, options.host, options.port)


if __name__ == "__main__":
    sys.exit(main())
