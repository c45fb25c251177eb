"""The body of `POST /orders`, in every shape that Zapier and Shopify send it. Pure.

What decides something is refused rather than guessed, what people only read is cleaned. Fields that are not named here are
let be, whatever they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from npta.domain.state.order_ids import read_order_id
from npta.domain.state.receipts import Order
from npta.domain.state.shop_status import ShopStatus, read_financial_status
from npta.domain.state.times import normal_time
from npta.web.parsing.order_lines import InvalidLinesError, Lines, is_blank, letters, parse_lines
from npta.web.problems import FieldError, bad_request
from npta.web.schemas.fields import EMAIL, cosmetic_text, short_text, shown

_FIRST_INEXACT = 2**53
"""The first whole number that a double, JavaScript's only number, shares with others: 2^53 + 1 arrives as 2^53."""


def parse_order(body: Mapping[str, Any], default_region: str) -> Order:
    """The order in a request's body. Raises `Problem` 400 naming every field that is wrong."""
    errors: list[FieldError] = []

    def take(field: str, read: Any) -> Any:
        try:
            return read()
        except InvalidLinesError as wrong:
            errors.append(FieldError(field, str(wrong)))
            return None

    lines = take("line_items", lambda: parse_lines(body)) or Lines((), ())
    order = Order(
        order_id=take("order_id", lambda: _order_id(body)),
        lines=lines.left,
        region=take("region", lambda: _text(body.get("region")).upper() or default_region),
        email=take("email", lambda: _email(body)),
        customer_name=_customer_name(body),
        order_name=_order_name(body),
        paid_at=take("paid_at", lambda: _moment(body.get("paid_at", body.get("processed_at")))),
        force=take("force", lambda: _flag(body.get("force"))),
        removed=lines.removed,
        shop=ShopStatus(
            financial_status=take("financial_status", lambda: _financial_status(body.get("financial_status"))),
            cancelled_at=take("cancelled_at", lambda: _moment(body.get("cancelled_at"))),
            test=take("test", lambda: _flag(body.get("test"))),
        ),
    )
    if errors:
        raise bad_request(*errors)
    return order


def readable_order(body: Mapping[str, Any], default_region: str) -> Order:
    """What can be read of an order that is refused: enough to find it in the shop. What cannot is empty."""

    def read(part: Callable[[Mapping[str, Any]], str]) -> str:
        try:
            return part(body)
        except InvalidLinesError:
            return ""

    return Order(read(_order_id), (), default_region, read(_email), _customer_name(body), _order_name(body))


def told_id(body: Mapping[str, Any]) -> str:
    """What came as the id of an order, whether it is one or not, as people may read it."""
    return shown(cosmetic_text(_sent_id(body)))


def _sent_id(body: Mapping[str, Any]) -> Any:
    ids = (body.get(name) for name in ("order_id", "admin_graphql_api_id", "id"))
    return next((each for each in ids if not is_blank(each)), None)


def _order_id(body: Mapping[str, Any]) -> str:
    value = _sent_id(body)
    if value is None:
        raise InvalidLinesError(_absent(body, "order_id", "orderid", "order"))
    if isinstance(value, float) or (
        isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _FIRST_INEXACT
    ):
        raise InvalidLinesError("the id came as a number that may have lost digits; send it as text")
    try:
        return read_order_id(_text(value))
    except ValueError as wrong:
        raise InvalidLinesError(str(wrong)) from None


def _email(body: Mapping[str, Any]) -> str:
    customer = body.get("customer")
    email = _text(body.get("email")) or _text(body.get("contact_email"))
    email = email or _text(customer.get("email") if isinstance(customer, Mapping) else None)
    if not email:
        raise InvalidLinesError(_absent(body, "email", "email", "emailaddress", "customeremail", "mail"))
    if not EMAIL.fullmatch(email):
        raise InvalidLinesError("is not an e-mail address")
    return email


def _absent(body: Mapping[str, Any], wanted: str, *alike: str) -> str:
    """That a field is missing, or came under another name."""
    near = [name for name, value in body.items() if name != wanted and letters(name) in alike and not is_blank(value)]
    return f"came under another name: “{shown(near[0])}” is written {wanted} here" if near else "is missing"


def _customer_name(body: Mapping[str, Any]) -> str:
    name = cosmetic_text(body.get("customer_name"))
    customer = body.get("customer")
    if not name and isinstance(customer, Mapping):
        name = cosmetic_text([customer.get("first_name"), customer.get("last_name")])
    return name


def _order_name(body: Mapping[str, Any]) -> str:
    return cosmetic_text(body.get("order_name")) or cosmetic_text(body.get("name"))


def _text(value: Any) -> str:
    try:
        return short_text(value)
    except ValueError as wrong:
        raise InvalidLinesError(str(wrong)) from None


def _moment(value: Any) -> str:
    """ISO 8601 UTC to the second; empty if it was not told. A time without a zone is UTC."""
    text = _text(value)
    if not text:
        return ""
    try:
        return normal_time(text)
    except ValueError:
        raise InvalidLinesError("is not a time (for example 2026-11-23T15:04:05Z)") from None


def _financial_status(value: Any) -> str:
    try:
        return read_financial_status(_text(value))
    except ValueError as wrong:
        raise InvalidLinesError(str(wrong)) from None


def _flag(value: Any) -> bool:
    text = _text(value).lower()
    if text in ("", "false", "0", "no"):
        return False
    if text in ("true", "1", "yes"):
        return True
    raise InvalidLinesError("is true or false")
