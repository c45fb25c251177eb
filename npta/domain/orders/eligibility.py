"""Whether an order may be served at all: mode, region and go-live time. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from npta.domain.catalogue.catalogue_summary import read_summary
from npta.domain.catalogue.mail_texts import MailTexts, read_texts
from npta.domain.state.entitlements import Pool
from npta.domain.state.receipts import Code, Order, Problem
from npta.domain.state.state import State


class Mode(StrEnum):
    """OFF: orders are only recorded. TEST: real, but mail goes to the test recipient. LIVE."""

    OFF = "OFF"
    TEST = "TEST"
    LIVE = "LIVE"


class Rules(NamedTuple):
    """What a decision depends on besides the order and the ledgers.

    `go_live_at` is ISO 8601 UTC, empty outside LIVE. `unpublished` are the SKUs that stand in the catalogue form but
    are not published; None if nobody has looked. `remarked` are those that did when an operation last read the form.
    `promised` are seats that orders which waited are about to get, by pool: a later order gets none of them.
    `has_hook`: a keys hook carries the answers of orders that the service serves by itself.
    """

    mode: Mode
    regions: Collection[str]
    go_live_at: str = ""
    unpublished: Collection[str] | None = None
    remarked: Collection[str] = ()
    has_hook: bool = False
    promised: Mapping[Pool, int] = MappingProxyType({})
    texts: MailTexts = MailTexts()

    @property
    def serves_waiting(self) -> bool:
        """Whether orders that waited are served by the service itself.

        If not, they are opened for a repeat.
        """
        return self.has_hook and self.mode is Mode.LIVE


def rules_in(
    values: Mapping[str, str],
    regions: Collection[str],
    unpublished: Collection[str] | None = None,
    *,
    has_hook: bool = False,
) -> Rules:
    """Return the rules that decisions go by.

    `unpublished` are the SKUs of the catalogue form, if it has just been read.
    """
    remarked = frozenset(remark.sku for remark in read_summary(values["catalogue"]).remarks)
    return Rules(
        Mode(values["mode"]),
        regions,
        values["go_live_at"],
        unpublished,
        remarked,
        has_hook,
        texts=read_texts(values["mail_texts"]),
    )


def test_orders(state: State) -> tuple[str, ...]:
    """Orders that were filled in TEST and not since: their mail went to the test recipient."""
    return tuple(
        record.order_id
        for record in state.orders_here()
        if not record.damage and (receipt := record.filled_receipt) and receipt.mode == Mode.TEST
    )


_WITHHELD = {
    Code.CANCELLED: "it was cancelled",
    Code.REFUNDED: "it was refunded",
    Code.TEST_ORDER: "it is a test order",
    Code.NOT_PAID: "it is not paid",
}


def withheld(order: Order, rules: Rules) -> Problem | None:
    """Return why Shopify's status of an order keeps it from being served in LIVE.

    It is that of this call, and nothing overcomes it.
    """
    if rules.mode is not Mode.LIVE or not order.shop.code:
        return None
    code = Code(order.shop.code)
    said = order.shop.cancelled_at if code is Code.CANCELLED else order.shop.financial_status
    said = f" ({said})" if said and code is not Code.TEST_ORDER else ""
    return Problem(code, "", f"Shopify says that {_WITHHELD[code]}{said}, so it gets no keys")


def not_served(order: Order, rules: Rules) -> Problem | None:
    """Return why the order as a whole is not served; it is asked anew at each call."""
    if problem := withheld(order, rules):
        return problem
    if order.region not in rules.regions:
        served = ", ".join(sorted(rules.regions))
        return Problem(Code.UNKNOWN_REGION, "", f"the region {order.region} is not served here (served: {served})")
    if is_early(order, rules) and not order.force:
        return Problem(
            Code.BEFORE_GO_LIVE,
            "",
            f"paid at {order.paid_at}, before the system went live at {rules.go_live_at}: to be served by hand",
        )
    return None


def is_early(order: Order, rules: Rules) -> bool:
    """Whether it was paid before go-live, and nobody has had it served in spite of that."""
    early = rules.mode is Mode.LIVE and bool(order.paid_at) and order.paid_at < rules.go_live_at
    return early and order.in_spite_of < rules.go_live_at
