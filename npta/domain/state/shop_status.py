"""What Shopify says of an order: its payment, its cancellation, whether it is a test. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

SERVED = ("paid", "partially_refunded")
"""Payments that an order is served with; it is, too, if nobody said how it was paid."""
UNPAID = ("authorized", "expired", "partially_paid", "pending", "voided")
REFUNDED = "refunded"
FINANCIAL_STATUSES = (*SERVED, REFUNDED, *UNPAID)
"""All that Shopify knows (`OrderDisplayFinancialStatus`)."""


class ShopStatus(NamedTuple):
    """What was said of an order; empty where nobody said it."""

    financial_status: str = ""
    cancelled_at: str = ""
    test: bool = False

    @property
    def code(self) -> str:
        """Why an order is not served in LIVE: `cancelled`, `refunded`, `test_order` or `not_paid`.

        Empty if it is.
        """
        if self.cancelled_at:
            return "cancelled"
        if self.financial_status == REFUNDED:
            return "refunded"
        if self.test:
            return "test_order"
        return "not_paid" if self.financial_status in UNPAID else ""


class OrderHead(NamedTuple):
    """Enough of an order to find it and to know what it is.

    The statuses are Shopify's own words.
    """

    order_id: str
    name: str
    created_at: str
    updated_at: str
    financial_status: str
    fulfillment_status: str
    cancelled_at: str
    """Empty: it is not cancelled."""
    test: bool

    @property
    def paid(self) -> bool:
        """Whether it is served as paid, not refunded as a whole; so is one without any status."""
        return self.financial_status in ("PAID", "PARTIALLY_REFUNDED", "") and not self.cancelled_at

    @property
    def open(self) -> bool:
        """Whether something of it is not fulfilled."""
        return self.fulfillment_status != "FULFILLED"


def read_financial_status(text: str) -> str:
    """Return Shopify's word for a payment, however it is written.

    Raises `ValueError` for one that it does not have.
    """
    word = re.sub(r"[\s_-]+", "_", text.lower())
    if word and word not in FINANCIAL_STATUSES:
        raise ValueError(f"is none that Shopify has ({', '.join(sorted(FINANCIAL_STATUSES))})")
    return word
