"""What makes an order another one: its quantities per SKU, and their fingerprint. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable

from npta.domain.state.receipts import OrderLine


def quantities(lines: Iterable[OrderLine]) -> Counter[str]:
    """Return the total quantity per SKU, which says whether an order has changed.

    Nothing serves a line without a SKU (a tip, a custom item), so whether it comes or goes changes nothing.
    """
    total: Counter[str] = Counter()
    for line in lines:
        if line.sku:
            total[line.sku] += line.quantity
    return total


def fingerprint(lines: Iterable[OrderLine]) -> str:
    """Return the same text for the same quantities per SKU, in whatever lines and order.

    E-mail and name are no part of it. Live spreadsheets hold these texts, so they never change for the same order.
    """
    text = json.dumps(sorted(quantities(lines).items()), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
