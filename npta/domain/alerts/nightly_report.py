"""The nightly report as an alert: what was found, by kind. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from npta.domain.state.alert import Alert, AlertKind, make_alert, small_print
from npta.domain.state.wording import count, listed


def nightly_report_alert(findings: Sequence[tuple[str, str, str]], *, request_id: str = "") -> Alert:
    """Make the nightly report of findings: (what, on which order, SKU or pool, details)."""
    footer = small_print(request_id)
    if not findings:
        return make_alert(
            AlertKind.RECONCILED, "reconciliation", "🌙 Reconciliation: Everything Agrees", "", (), footer
        )
    title = f"🌙 Reconciliation: {count(len(findings), 'Finding')}"
    kinds = Counter(kind for kind, _, _ in findings)
    lines: list[str] = []
    for kind, number in kinds.items():
        found = [finding[1:] for finding in findings if finding[0] == kind]
        details = [f"• {detail}" for parts in found if (detail := ": ".join(filter(None, parts)))]
        lines += [f"{kind} ({number}){':' if details else ''}", *listed(details)]
    message = "; ".join(f"{number} × {kind}" for kind, number in kinds.items())
    return make_alert(AlertKind.RECONCILED, "reconciliation", title, message, lines, footer)
