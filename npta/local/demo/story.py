"""What the demo tells: the runbook's products, keys and orders, and what must come of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

ENTITLEMENTS = {
    "CPTa": "NASM-CPT-FULL",
    "CPT": "NASM-CPT-EXAM",
    "CNC": "NASM-CNC-FULL",
    "CNCe": "NASM-CNC-EXAM",
    "NSTB": "ELEIKO-STR1-FULL,NASM-CPT-FULL,NCSF-STS-FULL",
    "CAREER": "NASM-CPT-FULL,NASM-CNC-FULL,NCSF-STS-FULL",
}
"""What a person types into the catalogue."""
EXTERNAL = "KBS-1"
"""The product that people serve by hand."""

PASTED: list[list[str | int]] = [
    # the runbook's six sample keys, in the three ways in which people paste them
    ["region | provider | product_code | component | keycode | seats"],
    ["CANADA  NASM      CPT            combined    EX-2t572t1232321a  15"],
    ["CANADA  NASM      CPT            content     EX-2t572t1232321b  15"],
    ["CANADA  NASM      CPT            exam        EX-2t572t1232321c  20"],
    ["CANADA | NASM | NSBK_CPT-CNC-CES | combined | EX-2t572t1232325a | 15"],
    ["CANADA\tNASM\tNSBK_CPT-CNC-CES\tcontent\tEX-2t572t1232325b\t15"],
    ["CANADA", "NASM", "NSBK_CPT-CNC-CES", "exam", "EX-2t572t1232325c", "20"],
    # and a few more
    ["CANADA | ELEIKO | STR1 | combined | KEY-123 | 15"],
    ["CANADA", "NASM", "CNC", "combined", "CNC-FULL-1", 1],
    ["CANADA", "NASM", "CNC", "combined", "CNC-FULL-2", 5],
    ["CANADA", "NASM", "CNC", "exam", "0012", 1],
    ["CANADA", "NASM", "CNC", "exam", "1-2", 5],
    ["CANADA", "NCSF", "STS", "combined", "STS-1", 1],
    # two that must be refused
    ["CANADA", "NASM", "CPT", "full", "EX-oops", 15],
    ["CANADA", "NASM", "CPT", "combined", "EX-2t572t1232321a", 15],
]
IMPORTED, REFUSED = 12, 2
ARRIVED: list[list[str | int]] = [["CANADA", "NCSF", "STS", "combined", "STS-2", 10]]
"""Keys that come later, for the order that could not be filled."""


class StoryStep(NamedTuple):
    """One order of the story, by the customer who buys, and what must come of it.

    `again` repeats that customer's.
    """

    title: str
    customer: str
    lines: Sequence[tuple[str, int]]
    http: int
    status: str
    keys: int
    again: bool = False
    replayed: bool = False


STORY = [
    StoryStep("a single course", "Ada Lovelace", [("CPTa", 1)], 200, "fulfilled", 1),
    StoryStep("an exam only", "Grace Hopper", [("CPT", 1)], 200, "fulfilled", 1),
    StoryStep("a bundle over three providers", "Mary Somerville", [("NSTB", 1)], 200, "fulfilled", 3),
    StoryStep("quantity 2, over the end of a key", "Emmy Noether", [("CNCe", 2)], 200, "fulfilled", 2),
    StoryStep("mixed with an EXTERNAL product", "Rosalind Franklin", [("CNC", 1), (EXTERNAL, 1)], 200, "fulfilled", 1),
    StoryStep("only EXTERNAL", "Lise Meitner", [(EXTERNAL, 1)], 200, "skipped", 0),
    StoryStep("the first order again", "Ada Lovelace", [("CPTa", 1)], 200, "fulfilled", 1, again=True, replayed=True),
    StoryStep("a bundle, one course out of stock", "Katherine Johnson", [("CAREER", 1)], 422, "failed", 0),
    StoryStep("the same again: nothing changes", "Katherine Johnson", [("CAREER", 1)], 422, "failed", 0, True, True),
]
WAITING = "Katherine Johnson"
"""Who waits for stock."""
AFTERWARDS = StoryStep(
    "the first Zap runs again: no second mail", WAITING, [("CAREER", 1)], 200, "fulfilled", 3, again=True, replayed=True
)
REFUNDED = "Mary Somerville"
"""Who gives the bundle back."""
LATE = StoryStep("the refunded order comes once more: refused", REFUNDED, [("NSTB", 1)], 409, "released", 0, True, True)
NO_MAIL = "Grace Hopper"
"""Whose mail never arrived."""
SAME_KEYS = StoryStep("cleared and run again: the same keys", NO_MAIL, [("CPT", 1)], 200, "fulfilled", 1, again=True)
SCARCE = StoryStep("the order that makes a course scarce", "Sofia Kovalevskaya", [("CNC", 2)], 200, "fulfilled", 2)
"""It leaves fewer than five seats in a pool."""

ALERTS = {
    "✅ Order Fulfilled": 7,
    "❌ Fulfillment Failed": 2,
    "⏭️ Fulfillment Skipped": 1,
    "⚠️ Low Stock": 2,
    "⚠️ Out of Stock": 1,
    "↩️ Keys Released": 1,
    "📥 Keys Imported": 2,
    "🌙 Reconciliation": 1,
}
"""How often each alert must stand in the channel, threads not counted."""
