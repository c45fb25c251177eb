"""What Shopify's answers mean: data, or a failure as a sentence that says what to do. Pure.

Statuses as Shopify documents them (shopify.dev/docs/api/usage/response-codes): 402 the shop is frozen, 423 it is locked,
430 a call was taken for an attack. Bodies as public code quotes them: `{"errors": "Unavailable Shop"}` beside 402,
`{"errors": "[API] Invalid API key or access token …"}` beside 401, a page of HTML where something stands in between.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import requests

from npta.errors import ShopRejectedError, ShopUnavailableError

_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_SECRET: Final = re.compile(r"shp[a-z]{2}_\w+")
_OWN_FAILURES: Final = frozenset({"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"})
"""Codes of errors that are Shopify's, not ours."""
_SIGN_IN: Final = "check SHOPIFY_ACCESS_TOKEN, or SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET"
MAX_SAID: Final = 400
_DEFECT: Final = "this is a defect of this program, please report it"
_SCOPES: Final = "grant the app the access scopes of docs/deployment/deploy.md, install it again, and renew its token"

_ADVICE: Final[Mapping[int, str]] = {
    400: _DEFECT,
    401: f"the access token is not accepted; {_SIGN_IN}",
    402: "the shop is frozen; its owner must pay what is due in Shopify's admin",
    403: f"the app may not do this; {_SCOPES}",
    404: "no such shop or API version; check SHOPIFY_SHOP and SHOPIFY_API_VERSION",
    423: "the shop is locked; its owner must ask Shopify's support to unlock it",
    430: "Shopify takes the call for an attack; wait a while, then ask Shopify's support to let the app in",
}
_ADVICE_BY_CODE: Final[Mapping[str, str]] = {
    "ACCESS_DENIED": _SCOPES,
    "SHOP_INACTIVE": "the shop is not active; its owner must look into Shopify's admin",
}


def read_answer(answer: requests.Response) -> dict[str, Any]:
    """Return the JSON object of a 200 or 429, if any. Raises what any other answer means."""
    status = answer.status_code
    body = _json(answer)
    if status == requests.codes.too_many_requests:
        return body or {}
    if status == requests.codes.ok and body is not None:
        return body
    if 200 <= status < 300:  # noqa: PLR2004 — every way of saying that all is well
        raise ShopUnavailableError(
            f"Shopify's address answers with something that is not Shopify's data (status {status}). "
            "Try again; if it stays so, check SHOPIFY_SHOP."
        )
    if 300 <= status < 400:  # noqa: PLR2004 — redirects
        raise ShopRejectedError(
            f"Shopify's address sends elsewhere (status {status}), where the token must not go: "
            "set SHOPIFY_SHOP to NAME.myshopify.com."
        )
    if status >= 500 or status == requests.codes.request_timeout:  # noqa: PLR2004 — all of the server's own failures
        raise ShopUnavailableError(
            f"Shopify does not work at the moment (status {status}). Try again; shopifystatus.com says how it is."
        )
    said = safe("; ".join(str(error.get("message") or "") for error in errors_of(body or {})))
    advice = _ADVICE.get(status, "see shopifystatus.com, then check the settings of SHOPIFY_SHOP")
    raise ShopRejectedError(f"Shopify refuses (status {status}): {advice}.{f' It says: {said}' if said else ''}")


def errors_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the errors of an answer, whatever their form; one that is only a text has no code."""
    errors = body.get("errors")
    if isinstance(errors, list):
        return [error if isinstance(error, Mapping) else {"message": str(error)} for error in errors]
    if isinstance(errors, Mapping) and "message" not in errors:
        return [{"message": f"{name}: {error}"} for name, error in errors.items()]
    return [errors if isinstance(errors, Mapping) else {"message": str(errors)}] if errors else []


def codes_of(errors: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Shopify's codes of errors, empty where it gives none."""
    return tuple(str(as_object(error.get("extensions")).get("code") or "") for error in errors)


def failure(operation: str, errors: Sequence[Mapping[str, Any]]) -> ShopRejectedError | ShopUnavailableError:
    """Return what errors of GraphQL mean; they come with a clean 200, maybe beside data."""
    codes = codes_of(errors)
    if not errors or set(codes) & _OWN_FAILURES:
        return ShopUnavailableError(f"Shopify could not carry out {operation}. Try again later.")
    said = safe("; ".join(dict.fromkeys(str(error.get("message") or "") for error in errors)), MAX_SAID)
    summary = f"Shopify refuses {operation}: {said}".rstrip(".")
    code = next((code for code in codes if code in _ADVICE_BY_CODE), "")
    if code:
        return ShopRejectedError(f"{summary}{_needed(errors, said)}. What to do: {_ADVICE_BY_CODE[code]}.", codes=codes)
    if any("access token" in str(error.get("message")).lower() for error in errors):
        return ShopRejectedError(f"{summary}. What to do: {_SIGN_IN}.", codes=codes)
    return ShopRejectedError(f"{summary}. If it stays so, {_DEFECT}.", codes=codes)


def unreachable(error: requests.RequestException) -> ShopRejectedError | ShopUnavailableError:
    """Return why there was no answer, in our words: the library's may quote addresses."""
    chain = _names(error)
    if isinstance(error, requests.exceptions.InvalidHeader):
        return ShopRejectedError(f"The access token has characters that no token has: {_SIGN_IN}.")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return ShopRejectedError("There cannot be a shop at that address: set SHOPIFY_SHOP to NAME.myshopify.com.")
    if isinstance(error, requests.exceptions.SSLError):
        return ShopUnavailableError(
            "No secure connection to Shopify could be made (its certificate is not the shop's, or something stands in "
            "between). Try again; if it stays so, check SHOPIFY_SHOP."
        )
    if chain & {"NameResolutionError", "gaierror"}:
        return ShopUnavailableError("The shop's name is not found: check SHOPIFY_SHOP, then try again.")
    return ShopUnavailableError(f"Shopify did not answer ({type(error).__name__}). Try again later.")


def as_object(value: Any) -> Mapping[str, Any]:
    """Return a JSON object as it is, and an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def safe(text: str, most: int = 200) -> str:
    """Return a sentence of Shopify's as it may be shown: short, printable, no token in it."""
    return _SECRET.sub("…", _UNPRINTABLE.sub(" ", text))[:most]


def _json(answer: requests.Response) -> dict[str, Any] | None:
    try:
        body = answer.json()
    except (ValueError, RecursionError):  # JSON can be nested deeper than Python can read
        return None
    return body if isinstance(body, dict) else None


def _needed(errors: Sequence[Mapping[str, Any]], said: str) -> str:
    """Return the scope that Shopify names apart (seen: `extensions.requiredAccess`)."""
    needed = (str(as_object(error.get("extensions")).get("requiredAccess") or "") for error in errors)
    apart = [safe(scope) for scope in dict.fromkeys(needed) if scope and scope not in said]
    return f" (required: {'; '.join(apart)})" if apart else ""


def _names(error: BaseException) -> set[str]:
    """Return the kinds of an error and its causes, which `requests` wraps into its arguments."""
    found: set[str] = set()
    waiting: list[object] = [error]
    while waiting and len(found) < 20:  # noqa: PLR2004 — a chain is a handful long
        cause = waiting.pop()
        if not isinstance(cause, BaseException) or type(cause).__name__ in found:
            continue
        found.add(type(cause).__name__)
        waiting += [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
    return found
