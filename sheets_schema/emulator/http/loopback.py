"""Whom a local server answers: programs of its machine, and pages that it served itself.

Any page in the browser may send requests to 127.0.0.1, and a name of the page's own site may be pointed there after the
page was loaded (DNS rebinding): then the browser even shows it the answers. Both are told from the machine's own programs
by what browsers put into a request and a page cannot change: `Host`, `Origin` and `Sec-Fetch-Site` (Fetch standard).
"""

from __future__ import annotations

import ipaddress


def stranger(*, listens_on: str, host: str | None, origin: str | None, site: str | None) -> str:
    """Say why a request is none of this machine's own; empty if it is, or cannot be told.

    `listens_on` is the address that the server listens on; the others are the headers, None where they were not sent.
    """
    if is_loopback(listens_on) and host is not None and not is_loopback(_name(host)):
        return "This server answers to 127.0.0.1, localhost and [::1] only."
    if origin is not None and origin.lower() not in {f"http://{host}".lower(), f"https://{host}".lower()}:
        return "A page of another site may not call this server."
    if (site or "none").lower() not in ("none", "same-origin"):
        return "A page of another site may not call this server."
    return ""


def is_loopback(name: str) -> bool:
    """Whether this is an address of this machine that no other can reach, or its name."""
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    """Return a `Host` header without its port."""
    name, colon, port = host.strip().rpartition(":")
    return name if colon and port.isdecimal() and (":" not in name or name.endswith("]")) else host.strip()
