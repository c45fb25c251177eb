"""The local shop as a server: `python -m npta.local.shop --port P`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence

from npta.local.shop.core import LocalShop
from npta.local.shop.server import shop_server


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; prints one line when ready. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m npta.local.shop", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8086, help="port to listen on; 0 takes a free one (default %(default)s)"
    )
    parser.add_argument("--token", default="", help="the one access token that is let in (default: any)")
    parser.add_argument("--seed", action="store_true", help="begin with the runbook's products")
    parser.add_argument("--environment", action="store_true", help="also print the settings that lead here, as JSON")
    options = parser.parse_args(arguments)
    shop = LocalShop(access_token=options.token)
    if options.seed:
        shop.seed()
    server = shop_server(shop, options.host, options.port)
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for the loop, which runs in this very thread, so another one has to ask for it.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    url = f"http://{options.host}:{server.port}"
    sys.stdout.write(f"listening on {url}\n")
    if options.environment:
        sys.stdout.write(json.dumps(shop.environment(url)) + "\n")
    sys.stdout.flush()
    server.serve_forever()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
