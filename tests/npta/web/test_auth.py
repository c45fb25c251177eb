"""Who may call."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from npta.settings import Settings
from npta.web.auth import Authenticator, Role
from npta.web.problems import ProblemError
from npta.web.request_body import MAX_BODY
from tests.npta.web.tokens import AUDIENCE, PERSON, Google, token
from tests.support import ENVIRONMENT, OPERATOR_KEY

SETTINGS = Settings.load(
    {
        **ENVIRONMENT,
        "NPTA_ORDER_KEYS": "order-key-that-is-old, order-key-that-is-new,a-key-in-both-lists",
        "NPTA_OPERATOR_KEYS": "operator-key-number-1,a-key-in-both-lists",
    }
)


def asked(headers: dict[str, str], needed: Role) -> tuple[Role, str]:
    return Authenticator(SETTINGS).authenticate(
        Request(EnvironBuilder(headers=list(headers.items())).get_environ()), needed
    )


@pytest.mark.parametrize(
    ("headers", "caller"),
    [
        pytest.param({"X-API-Key": "order-key-that-is-old"}, (Role.ORDERS, "order key 1"), id="old key while rotating"),
        pytest.param({"X-API-Key": "order-key-that-is-new"}, (Role.ORDERS, "order key 2"), id="new key while rotating"),
        pytest.param({"X-API-Key": "operator-key-number-1"}, (Role.OPERATOR, "operator key 1"), id="operator"),
        pytest.param({"Authorization": "Bearer order-key-that-is-old"}, (Role.ORDERS, "order key 1"), id="bearer"),
        pytest.param(
            {"Authorization": "bearer  order-key-that-is-old "}, (Role.ORDERS, "order key 1"), id="bearer with blanks"
        ),
        pytest.param(
            {"X-API-Key": "a-key-in-both-lists"}, (Role.OPERATOR, "operator key 2"), id="in both lists: the higher role"
        ),
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
        pytest.param({"Authorization": "Basic order-key-that-is-old"}, id="another scheme"),
        pytest.param({"Authorization": "order-key-that-is-old"}, id="no scheme"),
        pytest.param({"X-API-Key": "ORDER-OLD"}, id="another letter case"),
        pytest.param({"X-API-Key": "order-key-that-is-old,order-key-that-is-new"}, id="the whole list"),
        pytest.param({"X-API-Key": "order"}, id="the beginning of a key"),
        pytest.param(
            {"X-API-Key": "wrong", "Authorization": "Bearer order-key-that-is-old"}, id="a wrong key beside a right one"
        ),
    ],
)
@pytest.mark.parametrize("needed", [Role.ORDERS, Role.OPERATOR])
def test_no_key_and_a_wrong_key_are_both_401(headers: dict[str, str], needed: Role) -> None:
    with pytest.raises(ProblemError) as caught:
        asked(headers, needed)

    assert caught.value.status == 401
    assert caught.value.headers["WWW-Authenticate"] == "Bearer"


def test_a_right_key_of_too_low_a_role_is_403() -> None:
    with pytest.raises(ProblemError) as caught:
        asked({"X-API-Key": "order-key-that-is-old"}, Role.OPERATOR)

    assert caught.value.status == 403


def test_what_is_open_needs_no_key_and_looks_at_none() -> None:
    assert asked({"X-API-Key": "wrong"}, Role.ANYBODY)[0] is Role.ANYBODY


def test_a_key_in_letters_beyond_ascii_is_refused_not_an_error() -> None:
    with pytest.raises(ProblemError) as caught:
        asked({"X-API-Key": "sch\xfcssel"}, Role.ORDERS)

    assert caught.value.status == 401


def test_neither_doorkeeper_nor_caller_knows_a_key_in_the_clear() -> None:
    doorkeeper = Authenticator(SETTINGS)

    shown = (
        repr(vars(doorkeeper))
        + repr(SETTINGS)
        + str(SETTINGS)
        + repr(asked({"X-API-Key": "a-key-in-both-lists"}, Role.ORDERS))
    )

    assert not [
        secret
        for secret in ("order-key-that-is-old", "order-key-that-is-new", "operator-key-number-1", "a-key-in-both-lists")
        if secret in shown
    ]


PEOPLE = Settings.load(
    {
        **ENVIRONMENT,
        "NPTA_ORDER_KEYS": "an-order-key-for-this,with.dots.inside.of.it",
        "NPTA_ID_TOKEN_AUDIENCES": AUDIENCE,
        "NPTA_OPERATORS": "Ops@NPTA.example, @partner.example",
        "SHOPIFY_WEBHOOK_SECRET": "old-secret,new-secret",
    }
)


def met(headers: dict[str, str], needed: Role = Role.OPERATOR, body: bytes = b"", google: Google | None = None) -> str:
    environ = EnvironBuilder(method="POST", data=body, headers=list(headers.items())).get_environ()
    return Authenticator(PEOPLE, transport=google or Google()).authenticate(Request(environ), needed).name


class TestPeople:
    @pytest.mark.parametrize(
        ("email", "domain"),
        [
            (PERSON, None),
            ("OPS@npta.example", "elsewhere.example"),
            ("anybody@partner.example", "partner.example"),
            ("a@PARTNER.example", "Partner.Example"),
        ],
    )
    @pytest.mark.parametrize("header", ["X-Identity-Token", "Authorization"])
    def test_an_operator_is_known_by_the_e_mail_address(self, email: str, domain: str | None, header: str) -> None:
        sent = token(email=email, hd=domain)

        assert met({header: sent if header[0] == "X" else f"Bearer {sent}"}) == email.lower()

    @pytest.mark.parametrize(
        "email", ["x@npta.example", "a@evil-partner.example", "a@partner.example.evil", "@partner.example"]
    )
    def test_a_stranger_with_a_right_token_is_refused(self, email: str) -> None:
        with pytest.raises(ProblemError) as caught:
            met({"X-Identity-Token": token(email=email, hd=email.partition("@")[2])})

        assert caught.value.status == (401 if email.startswith("@") else 403)

    @pytest.mark.parametrize(
        "domain", [None, "", "evil.example", "sub.partner.example", "@partner.example", ["partner.example"], True]
    )
    def test_an_address_of_a_listed_domain_alone_opens_nothing(self, domain: object) -> None:
        """Anybody may have verified it once, and may have left since."""
        with pytest.raises(ProblemError) as caught:
            met({"X-Identity-Token": token(email="left@partner.example", hd=domain)})

        assert caught.value.status == 403
        assert "list the address in NPTA_OPERATORS" in caught.value.detail

    def test_nor_does_the_domain_without_its_address(self) -> None:
        with pytest.raises(ProblemError) as caught:
            met({"X-Identity-Token": token(email="x@gmail.example", hd="partner.example")})

        assert caught.value.status == 403

    def test_a_wrong_token_is_401_and_not_shown(self) -> None:
        sent = token(email_verified=False)
        with pytest.raises(ProblemError) as caught:
            met({"X-Identity-Token": sent})

        assert caught.value.status == 401
        assert "not verified" in caught.value.detail
        assert sent not in caught.value.detail

    def test_without_google_s_certificates_it_is_503(self) -> None:
        with pytest.raises(ProblemError) as caught:
            met({"X-Identity-Token": token()}, google=Google(unreachable=True))

        assert (caught.value.status, caught.value.headers["Retry-After"]) == (503, "5")

    def test_tokens_are_refused_where_no_audience_is_set(self) -> None:
        with pytest.raises(ProblemError) as caught:
            asked({"X-Identity-Token": token()}, Role.ORDERS)

        assert caught.value.status == 401

    def test_a_key_that_looks_like_a_token_stays_a_key(self) -> None:
        assert met({"Authorization": "Bearer with.dots.inside.of.it"}, Role.ORDERS) == "order key 2"

    def test_a_right_token_does_not_help_a_wrong_key(self) -> None:
        with pytest.raises(ProblemError) as caught:
            met({"X-API-Key": "wrong", "X-Identity-Token": token()})

        assert caught.value.status == 401


def signed(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class TestShopify:
    BODY = b'{"id": 1, "note": "\xc3\xa4"}'

    @pytest.mark.parametrize("secret", ["old-secret", "new-secret"])
    def test_both_secrets_are_good_while_they_are_rotated(self, secret: str) -> None:
        assert met({"X-Shopify-Hmac-SHA256": signed(self.BODY, secret)}, Role.SHOPIFY, self.BODY) == "Shopify"

    @pytest.mark.parametrize(
        "headers",
        [
            pytest.param({}, id="no signature"),
            pytest.param({"X-Shopify-Hmac-SHA256": ""}, id="an empty one"),
            pytest.param({"X-Shopify-Hmac-SHA256": "nonsense"}, id="nonsense"),
            pytest.param({"X-Shopify-Hmac-SHA256": "\xfc"}, id="beyond ASCII"),
            pytest.param({"X-Shopify-Hmac-SHA256": signed(BODY, "other")}, id="another secret"),
            pytest.param({"X-Shopify-Hmac-SHA256": signed(BODY + b" ", "old-secret")}, id="of another body"),
            pytest.param({"X-API-Key": "an-order-key-for-this"}, id="an order key"),
            pytest.param({"X-API-Key": OPERATOR_KEY}, id="an operator key"),
            pytest.param({"X-Identity-Token": token()}, id="an operator's token"),
        ],
    )
    def test_anything_else_is_401(self, headers: dict[str, str]) -> None:
        with pytest.raises(ProblemError) as caught:
            met(headers, Role.SHOPIFY, self.BODY)

        assert caught.value.status == 401

    def test_without_a_secret_nothing_is_right(self) -> None:
        for secret in ("", "old-secret"):
            with pytest.raises(ProblemError) as caught:
                asked({"X-Shopify-Hmac-SHA256": signed(b"", secret)}, Role.SHOPIFY)
            assert caught.value.status == 401

    def test_a_signature_opens_nothing_else(self) -> None:
        with pytest.raises(ProblemError) as caught:
            met({"X-Shopify-Hmac-SHA256": signed(self.BODY, "old-secret")}, Role.ORDERS, self.BODY)

        assert caught.value.status == 401

    def test_a_body_beyond_the_limit_is_refused_unread(self) -> None:
        with pytest.raises(ProblemError) as caught:
            met({"X-Shopify-Hmac-SHA256": "x"}, Role.SHOPIFY, b"x" * (MAX_BODY + 2))

        assert caught.value.status == 413
