"""The stand-in as a server of its own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from npta.local.http_server import WsgiHandler
from npta.local.slack.stand_in import LocalSlack
from sheets_schema.emulator import run_server


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; prints one line when ready. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m npta.local.slack", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=8087, help="port; 0 takes a free one (default %(default)s)")
    parser.add_argument("--token", default="", help="the only token that is accepted (default: any xoxb-…)")
    parser.add_argument("--channel", action="append", default=[], help="a channel that there is (default: any)")
    parser.add_argument("--strict-rate", action="store_true", help="one message a second and channel, as in Slack")
    options = parser.parse_args(arguments)
    slack = LocalSlack(token=options.token, channels=options.channel, strict_rate=options.strict_rate)
    return run_server(WsgiHandler(slack), options.host, options.port)


if __name__ == "__main__":
    sys.exit(main())
