"""Who may call."""

from __future__ import annotations

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from npta.settings import Settings
from npta.web.auth import Doorkeeper, Role
from npta.web.problems import Problem
from tests.support import ENVIRONMENT

SETTINGS = Settings.load(
    {
        **ENVIRONMENT,
        "NPTA_ORDER_KEYS": "order-old, order-new,both",
        "NPTA_OPERATOR_KEYS": "operator-1,both",
    }
)


def asked(headers: dict[str, str], needed: Role) -> tuple[Role, str]:
    return Doorkeeper(SETTINGS).admit(Request(EnvironBuilder(headers=list(headers.items())).get_environ()), needed)


@pytest.mark.parametrize(
    ("headers", "caller"),
    [
        pytest.param({"X-API-Key": "order-old"}, (Role.ORDERS, "order key 1"), id="old key while rotating"),
        pytest.param({"X-API-Key": "order-new"}, (Role.ORDERS, "order key 2"), id="new key while rotating"),
        pytest.param({"X-API-Key": "operator-1"}, (Role.OPERATOR, "operator key 1"), id="operator"),
        pytest.param({"Authorization": "Bearer order-old"}, (Role.ORDERS, "order key 1"), id="bearer"),
        pytest.param({"Authorization": "bearer  order-old "}, (Role.ORDERS, "order key 1"), id="bearer with blanks"),
        pytest.param({"X-API-Key": "both"}, (Role.OPERATOR, "operator key 2"), id="in both lists: the higher role"),
    ],
)
def test_a_key_tells_role_and_name(headers: dict[str, str], caller: tuple[Role, str]) -> None:
    assert asked(headers, Role.ORDERS) == caller


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"X-API-Key": ""}, id="empty key"),
        pytest.param({"Authorization": "Bearer"}, id="bearer of nothing"),
        pytest.param({"Authorization": "Basic order-old"}, id="another scheme"),
        pytest.param({"Authorization": "order-old"}, id="no scheme"),
        pytest.param({"X-API-Key": "ORDER-OLD"}, id="another letter case"),
        pytest.param({"X-API-Key": "order-old,order-new"}, id="the whole list"),
        pytest.param({"X-API-Key": "order"}, id="the beginning of a key"),
        pytest.param({"X-API-Key": "wrong", "Authorization": "Bearer order-old"}, id="a wrong key beside a right one"),
    ],
)
@pytest.mark.parametrize("needed", [Role.ORDERS, Role.OPERATOR])
def test_no_key_and_a_wrong_key_are_both_401(headers: dict[str, str], needed: Role) -> None:
    with pytest.raises(Problem) as caught:
        asked(headers, needed)

    assert caught.value.status == 401
    assert caught.value.headers["WWW-Authenticate"] == "Bearer"


def test_a_right_key_of_too_low_a_role_is_403() -> None:
    with pytest.raises(Problem) as caught:
        asked({"X-API-Key": "order-old"}, Role.OPERATOR)

    assert caught.value.status == 403


def test_what_is_open_needs_no_key_and_looks_at_none() -> None:
    assert asked({"X-API-Key": "wrong"}, Role.ANYBODY)[0] is Role.ANYBODY


def test_a_key_in_letters_beyond_ascii_is_refused_not_an_error() -> None:
    with pytest.raises(Problem) as caught:
        asked({"X-API-Key": "sch\xfcssel"}, Role.ORDERS)

    assert caught.value.status == 401


def test_neither_doorkeeper_nor_caller_knows_a_key_in_the_clear() -> None:
    doorkeeper = Doorkeeper(SETTINGS)

    shown = repr(vars(doorkeeper)) + repr(SETTINGS) + str(SETTINGS) + repr(asked({"X-API-Key": "both"}, Role.ORDERS))

    assert not [secret for secret in ("order-old", "order-new", "operator-1", "both") if secret in shown]
