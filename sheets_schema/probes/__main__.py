"""Find out on a live spreadsheet what Google leaves undocumented.

`python -m sheets_schema.probes SPREADSHEET` SPREADSHEET is the id of an empty spreadsheet that serves nothing else,
shared with the credentials that `gcloud auth application-default login` or GOOGLE_APPLICATION_CREDENTIALS give; or
`sqlite:///file`, to see the probes work on the embedded one. It takes some half an hour on Google, whose quota is 60
writes a minute.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence

import requests

from sheets_schema.clock import Clock
from sheets_schema.engine.client import GOOGLE, Client, google_credentials
from sheets_schema.engine.embedded_spreadsheet import open_embedded
from sheets_schema.engine.rate_limiter import GOOGLES_QUOTA
from sheets_schema.errors import SheetsError
from sheets_schema.probes.probe import Probe, ProbeEffort, ProbeResult
from sheets_schema.probes.questions import PROBES
from sheets_schema.probes.scratchpad import Scratchpad

_EMBEDDED = "sqlite:///"


def run_probes(
    scratch: Scratchpad, effort: ProbeEffort, probes: Iterable[Probe] = PROBES
) -> Iterable[tuple[str, ProbeResult]]:
    """Each probe's question with what it found, one after another."""
    with scratch:
        for probe in probes:
            yield question(probe), _finding(probe, scratch, effort)


def _finding(probe: Probe, scratch: Scratchpad, effort: ProbeEffort) -> ProbeResult:
    """Return what a probe finds, repeated while answers are in doubt.

    Whatever goes wrong in it is a finding, too.
    """
    try:
        return scratch.until_known(lambda: probe(scratch, effort))
    except Exception as error:  # noqa: BLE001 — one probe's failure, by an answer of a shape unheard of even, ends no other
        message = str(error) if isinstance(error, SheetsError) else repr(error)
        return ProbeResult(f"inconclusive: {message}", "not known: run the probes again", supports_protocol=None)


def question(probe: Probe) -> str:
    """Return what a probe asks: the first line of what it says of itself."""
    return (probe.__doc__ or probe.__name__).splitlines()[0]


def row(asked: str, finding: ProbeResult) -> str:
    """One row of the table; what takes a safeguard away from the protocol is in bold."""
    mark = "" if finding.supports_protocol else "**"
    return f"| {asked} | {finding.finding.replace('|', '¦')} | {mark}{finding.meaning}{mark} |"


def connect(spreadsheet: str, origin: str, clock: Clock) -> tuple[Client, int | None]:
    """Return a client, and the writes a minute that it may make.

    Raises `PermissionDeniedError` where there are no credentials.
    """
    if spreadsheet.startswith(_EMBEDDED):
        return open_embedded(spreadsheet.removeprefix(_EMBEDDED), clock=clock), None
    if origin.rstrip("/") != GOOGLE:
        return Client(spreadsheet, session=requests.Session(), origin=origin, clock=clock), None
    # `Scratchpad` counts the writes: the client would hold back one of two that are to leave at the same moment.
    client = Client(spreadsheet, credentials=google_credentials(), clock=clock, writes_a_minute=0)
    return client, GOOGLES_QUOTA


def main(arguments: Sequence[str] | None = None, print_line: Callable[[str], object] = print) -> int:
    """Run the probes and print the table.

    Returns the exit status: 1 if any of them is inconclusive.
    """
    parser = argparse.ArgumentParser(prog="python -m sheets_schema.probes.__main__", description=__doc__)
    parser.add_argument("spreadsheet", metavar="SPREADSHEET", help="its id, or sqlite:///file")
    parser.add_argument("--origin", default=GOOGLE, help="another Sheets API; it gets no credentials")
    parser.add_argument("--pairs", type=int, default=ProbeEffort.pairs, help="simultaneous pairs (default %(default)s)")
    parser.add_argument(
        "--commits", type=int, default=ProbeEffort.commits, help="reads after a write (default %(default)s)"
    )
    options = parser.parse_args(arguments)
    clock = Clock()
    conclusive = True
    try:
        client, writes = connect(options.spreadsheet, options.origin, clock)
        print_line("| probe | finding | what it means for the protocol |")
        print_line("|---|---|---|")
        for asked, finding in run_probes(
            Scratchpad(client, clock, writes), ProbeEffort(options.pairs, options.commits)
        ):
            print_line(row(asked, finding))
            conclusive = conclusive and finding.supports_protocol is not None
    except SheetsError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0 if conclusive else 1


if __name__ == "__main__":
    sys.exit(main())
