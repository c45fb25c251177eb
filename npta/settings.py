"""Settings, read from the environment once, when the function is imported.

No I/O, and no secret is ever shown.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from npta.errors import SettingError
from sheets_schema.advanced import GOOGLE


def _listed(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _capitals(value: object) -> object:
    return value.strip().upper() if isinstance(value, str) else value


def _location(value: object) -> object:
    return value.strip().removeprefix(LOCATION_GID) if isinstance(value, str) else value


LOCATION_GID = "gid://shopify/Location/"
Listed = BeforeValidator(_listed)
HTTP_ORIGIN = r"^https?://[^/\s]+/?$"
MIN_KEY = 16
"""Characters. What is drawn at random has more; what a person thinks of could be guessed."""
MIN_KEEP_DAYS = 35
"""Days that orders stay in the sheet at least: what looks back over days (how long stock lasts, what was missed) looks
back 30 at most."""
Operator = Annotated[str, Field(pattern=r"^[^@\s]*@[^@\s]+$")]
"""An e-mail address, or @domain for everybody there."""
Region = Annotated[str, BeforeValidator(_capitals), Field(pattern=r"^[A-Z0-9_-]+$")]

EMBEDDED_PREFIX = "sqlite:///"
RENAMED = {"NPTA_SETTLE": "NPTA_CONFIRMATION_DELAY"}
"""Settings under the names of before, which are still understood."""

_log = logging.getLogger(__name__)


def _spreadsheet(value: str) -> str:
    """Return a spreadsheet's id, or its file. Raises `ValueError`."""
    if value.startswith(EMBEDDED_PREFIX) and len(value) > len(EMBEDDED_PREFIX):
        return value
    found = re.fullmatch(
        r"(?:https://docs\.google\.com/spreadsheets/(?:u/\d+/)?d/)?([A-Za-z0-9_-]+)(?:[/?#].*)?", value
    )
    if not found:
        raise ValueError("is neither a spreadsheet's id or URL nor sqlite:///path/file.db")
    return found[1]


class ReleasePolicy(StrEnum):
    """Where released seats go: back to their key's place in the queue, or out of stock."""

    REQUEUE = "requeue"
    QUARANTINE = "quarantine"


class Settings(BaseModel):
    """All settings; each field's alias is the name of its environment variable."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, hide_input_in_errors=True)

    spreadsheet: Annotated[str, Field(alias="NPTA_SPREADSHEET", min_length=1)]
    sheets_api: Annotated[str, Field(alias="NPTA_SHEETS_API", pattern=HTTP_ORIGIN)] = GOOGLE
    region: Annotated[Region, Field(alias="NPTA_REGION")]
    other_regions: Annotated[tuple[Region, ...], Listed, Field(alias="NPTA_REGIONS")] = ()
    order_keys: Annotated[tuple[SecretStr, ...], Listed, Field(alias="NPTA_ORDER_KEYS", min_length=1)]
    operator_keys: Annotated[tuple[SecretStr, ...], Listed, Field(alias="NPTA_OPERATOR_KEYS", min_length=1)]
    test_recipient: Annotated[str, Field(alias="NPTA_TEST_RECIPIENT", pattern=r"^([^@\s]+@[^@\s]+)?$")] = ""
    low_stock: Annotated[int, Field(alias="NPTA_LOW_STOCK", ge=0)] = 5
    archives: Annotated[tuple[str, ...], Listed, Field(alias="NPTA_ARCHIVES")] = ()
    keep_days: Annotated[int, Field(alias="NPTA_KEEP_DAYS", ge=MIN_KEEP_DAYS)] = 60
    archive_unconfirmed: Annotated[bool, Field(alias="NPTA_ARCHIVE_UNCONFIRMED")] = False
    release_policy: Annotated[ReleasePolicy, Field(alias="NPTA_RELEASE_POLICY")] = ReleasePolicy.REQUEUE
    confirmation_delay: Annotated[float | None, Field(alias="NPTA_CONFIRMATION_DELAY", ge=0, le=10)] = None
    support_contact: Annotated[str, Field(alias="NPTA_SUPPORT_CONTACT")] = ""

    id_token_audiences: Annotated[tuple[str, ...], Listed, Field(alias="NPTA_ID_TOKEN_AUDIENCES")] = ()
    operators: Annotated[tuple[Operator, ...], Listed, Field(alias="NPTA_OPERATORS")] = ()

    keys_hook: Annotated[SecretStr | None, Field(alias="NPTA_KEYS_HOOK")] = None
    mark_fulfilled: Annotated[bool, Field(alias="NPTA_MARK_FULFILLED")] = False
    shopify_shop: Annotated[str, Field(alias="SHOPIFY_SHOP", pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z]+$")] = ""
    shopify_access_token: Annotated[SecretStr | None, Field(alias="SHOPIFY_ACCESS_TOKEN")] = None
    shopify_client_id: Annotated[str, Field(alias="SHOPIFY_CLIENT_ID")] = ""
    shopify_client_secret: Annotated[SecretStr | None, Field(alias="SHOPIFY_CLIENT_SECRET")] = None
    shopify_location_id: Annotated[
        str, BeforeValidator(_location), Field(alias="SHOPIFY_LOCATION_ID", pattern=r"^[0-9]+$")
    ] = ""
    shopify_api_version: Annotated[str, Field(alias="SHOPIFY_API_VERSION", pattern=r"^20[0-9]{2}-(01|04|07|10)$")] = (
        "2026-10"
    )
    shopify_api_url: Annotated[str, Field(alias="SHOPIFY_API_URL", pattern=HTTP_ORIGIN)] = ""
    shopify_webhook_secrets: Annotated[tuple[SecretStr, ...], Listed, Field(alias="SHOPIFY_WEBHOOK_SECRET")] = ()

    slack_bot_token: Annotated[SecretStr | None, Field(alias="SLACK_BOT_TOKEN")] = None
    slack_channel: Annotated[str, Field(alias="SLACK_CHANNEL")] = ""
    slack_api_url: Annotated[str, Field(alias="SLACK_API_URL", pattern=r"^https?://\S+/api/$")] = (
        "https://slack.com/api/"
    )

    @field_validator("order_keys", "operator_keys")
    @classmethod
    def _not_to_be_guessed(cls, keys: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        short = [number for number, key in enumerate(keys, 1) if len(key.get_secret_value()) < MIN_KEY]
        if short:
            named = ", ".join(f"key {number}" for number in short)
            verb = "has" if len(short) == 1 else "have"
            raise ValueError(
                f"is too weak: {named} {verb} fewer than {MIN_KEY} characters; make keys with `openssl rand -base64 32`"
            )
        return keys

    @field_validator("spreadsheet")
    @classmethod
    def _id_or_file(cls, value: str) -> str:
        return _spreadsheet(value)

    @field_validator("archives")
    @classmethod
    def _ids_or_files(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(_spreadsheet, values)))

    @field_validator("keys_hook")
    @classmethod
    def _encrypted(cls, address: SecretStr | None) -> SecretStr | None:
        """Refuse an address that is neither https nor on this machine: customers' keys go there."""
        if address:
            parts = urlsplit(address.get_secret_value())
            loopback = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
            if not (loopback or (parts.scheme == "https" and parts.hostname)):
                raise ValueError("is not an https address")
        return address

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """Check settings that mean nothing without each other."""
        app = self.shopify_client_id and self.shopify_client_secret
        if self.shopify_shop and not (self.shopify_access_token or app):
            raise ValueError("SHOPIFY_ACCESS_TOKEN, or SHOPIFY_CLIENT_ID with SHOPIFY_CLIENT_SECRET, is missing")
        if self.slack_bot_token and not self.slack_channel:
            raise ValueError("SLACK_CHANNEL is missing: where alerts go")
        if self.spreadsheet in self.archives:
            raise ValueError("NPTA_ARCHIVES names NPTA_SPREADSHEET itself: an archive is another spreadsheet")
        if bool(self.id_token_audiences) != bool(self.operators):
            missing = "NPTA_OPERATORS" if self.id_token_audiences else "NPTA_ID_TOKEN_AUDIENCES"
            raise ValueError(f"{missing} is missing: identity tokens need audiences and operators")
        return self

    @property
    def shopify_origin(self) -> str:
        """Where Shopify's Admin API is called; empty without a shop."""
        return (self.shopify_api_url or f"https://{self.shopify_shop}").rstrip("/") if self.shopify_shop else ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret in the clear, for what keeps them out of logs."""
        values = (getattr(self, name) for name in type(self).model_fields)
        several = (value if isinstance(value, tuple) else (value,) for value in values)
        return tuple(value.get_secret_value() for some in several for value in some if isinstance(value, SecretStr))

    @property
    def regions(self) -> frozenset[str]:
        """Every region that may be served."""
        return frozenset((self.region, *self.other_regions))

    @property
    def embedded_file(self) -> str | None:
        """The file of the embedded spreadsheet; None for one of Google's."""
        if self.spreadsheet.startswith(EMBEDDED_PREFIX):
            return self.spreadsheet.removeprefix(EMBEDDED_PREFIX)
        return None

    @classmethod
    def load(cls, environment: Mapping[str, str]) -> Self:
        """Read the environment.

        Raises `SettingError` naming every setting that is missing or malformed.
        """
        named = {name: value.strip() for name, value in environment.items() if value.strip()}
        for old, new in RENAMED.items():
            if old in named:
                _log.warning("%s is called %s now; rename it before the old name goes.", old, new)
                named.setdefault(new, named[old])
        aliases = {field.alias for field in cls.model_fields.values()}
        given: dict[str, Any] = {name: value for name, value in named.items() if name in aliases}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            problems = "; ".join(dict.fromkeys(_explanation(detail) for detail in error.errors(include_input=False)))
            raise SettingError(f"Start-up stopped: {problems}. See docs/deployment/settings.md.") from None


def _explanation(error: Any) -> str:
    if not error["loc"]:
        return str(error["msg"]).removeprefix("Value error, ")
    name = str(error["loc"][0])
    if error["type"] == "missing":
        return f"{name} is missing"
    return (
        f"{name} {error['msg'].removeprefix('Value error, ')}"
        if error["type"] == "value_error"
        else (f"{name} is malformed ({error['msg']})")
    )
