"""What operators and Zaps may send: the models that parse it and are published."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

from npta.web.problems import FieldError
from npta.web.schemas.fields import (
    Email,
    Flag,
    GivenText,
    GivenTime,
    GoLiveTime,
    Keycode,
    LenientText,
    LineId,
    SearchText,
    Seats,
    Text,
    Units,
    WantedMode,
    shown,
)


class RequestModel(BaseModel):
    """What a call asks for, and nothing else.

    A field that is unknown, misspelt or null may be the one that limits it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @classmethod
    def misfits(cls, body: Mapping[str, Any], query: Iterable[str] = ()) -> list[FieldError]:
        """Names and nulls because of which nothing may be done.

        `query` are names that stand in the address.
        """
        wrong = [
            FieldError(shown(name), "stands in the address; send it in the body. Nothing was done") for name in query
        ]
        for name, value in body.items():
            if name not in cls.model_fields:
                wrong.append(FieldError(shown(name), f"{cls._unknown(name)}. Nothing was done"))
            elif value is None:
                wrong.append(FieldError(name, "is null; give it a value or leave it out. Nothing was done"))
        return wrong

    @classmethod
    def _unknown(cls, name: str) -> str:
        known = {_letters(field): field for field in cls.model_fields}
        if meant := known.get(_letters(name)):
            return f"is written {meant} here"
        return (
            f"is not known to this call; it knows {' and '.join(known.values())}"
            if known
            else "is not known to this call"
        )


class ZapRequest(RequestModel):
    """What a Zap asks for, beside whatever else is mapped there.

    Only a wish for a dry run is not passed over.
    """

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def misfits(cls, body: Mapping[str, Any], query: Iterable[str] = ()) -> list[FieldError]:
        """Find a dry run that this call does not know."""
        return [error for error in super().misfits(body, query) if _letters(error.field) == "dryrun"]


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


class EmptyRequest(RequestModel):
    """Nothing needs to be said."""


class FlushOutboxRequest(RequestModel):
    """What is sent that waits."""

    refused: Annotated[Flag, Field(description="Try at once, too, what Slack or Shopify refused for good")] = False


class ConfirmDeliveryRequest(ZapRequest):
    """The mail that has gone out."""

    message_id: Annotated[LenientText, Field(description="How the mail's sender names it")] = ""


class DryRunRequest(RequestModel):
    """Whether it is only tried, or carried out if it does what was tried."""

    dry_run: Annotated[Flag, Field(description="Only say what would happen")] = False
    confirm: Annotated[
        GivenText,
        Field(default_factory=str, description="The token of a dry run: do just what it showed, or nothing (409)"),
    ]


class ReleaseKeysRequest(DryRunRequest):
    """How much of an order is given back."""

    line_item_id: Annotated[LineId, Field(default_factory=str, description="Only this line; all of them without it")]
    quantity: Annotated[
        Units,
        Field(
            default_factory=lambda: None,
            description="Only so many units of the line, those assigned last; all without it",
        ),
    ]


class ClearOrderCacheRequest(DryRunRequest):
    """Whether the mail of a cleared order is open again, too."""

    resend: Annotated[Flag, Field(description="The next repeat may be mailed again, with the same keys")] = False


class ResendKeysRequest(DryRunRequest):
    """Where the mail goes this time."""

    email: Annotated[
        Email,
        Field(default_factory=str, description="Corrects the customer's address, also where a Zap brings the old one"),
    ]


class RecoverOrdersRequest(DryRunRequest):
    """Which orders of the shop are looked at."""

    since: Annotated[
        GivenTime,
        Field(
            default_factory=str,
            description="Those made since then; since go-live, if not given, and 60 days at most",
            examples=["2026-11-20T00:00:00Z"],
        ),
    ]


class RetireKeyByIdRequest(DryRunRequest):
    """What the holders of a dead key get."""

    replace: Annotated[Flag, Field(description="Give its holders another key")] = False


class AdjustSeatsByIdRequest(DryRunRequest):
    """A key's true number of seats."""

    seats: Annotated[Seats, Field(description="Never below what is taken", examples=[25])]
    reason: Annotated[Text, Field(description="Stands in the commit log", examples=["the provider sold us 25"])] = ""


class KeyReference(RequestModel):
    """Which key: by its id or by its code."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["key_id"]}, {"required": ["keycode"]}]},
    )

    key_id: Annotated[GivenText, Field(default_factory=str, description="As it stands in Import History")]
    keycode: Annotated[Keycode, Field(default_factory=str, repr=False, description="Or its code, or its id once more")]
    provider: Annotated[GivenText, Field(default_factory=str, description="If two providers have the same code")]

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if bool(self.key_id) == bool(self.keycode):
            raise ValueError("names the key by its key_id or by its keycode, one of them")
        return self


class RetireKeyRequest(KeyReference, RetireKeyByIdRequest):
    """A dead key, and what its holders get."""


class AdjustSeatsRequest(KeyReference, AdjustSeatsByIdRequest):
    """A key and its true number of seats."""


class AssignKeyRequest(KeyReference, DryRunRequest):
    """A certain key, and what of the order it is for."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                {"oneOf": [{"required": ["key_id"]}, {"required": ["keycode"]}]},
                {"oneOf": [{"required": ["line_item_id"]}, {"required": ["sku"]}]},
            ]
        }
    )

    line_item_id: Annotated[LineId, Field(default_factory=str, description="The line that gets it")]
    sku: Annotated[GivenText, Field(default_factory=str, description="Or its SKU, if only one line has it")]
    entitlement: Annotated[
        GivenText,
        Field(
            default_factory=str, description="What it is for, if the line is owed several", examples=["NASM-CPT-FULL"]
        ),
    ]
    seats: Annotated[
        Units,
        Field(
            default_factory=lambda: None, description="How many of the line's seats are to be of this key; 1 without it"
        ),
    ]
    any_pool: Annotated[Flag, Field(description="Also a key that does not open this entitlement by its pool")] = False

    @model_validator(mode="after")
    def _names_a_line(self) -> Self:
        if bool(self.line_item_id) == bool(self.sku):
            raise ValueError("names the line by its line_item_id or by its sku, one of them")
        return self


class SearchOrdersRequest(RequestModel):
    """What is known of an order."""

    q: Annotated[
        SearchText,
        Field(
            repr=False,
            description="An id, a name, an address, part of a customer's name (3 letters), or a key code",
            examples=["#1042"],
        ),
    ]


class SetModeRequest(DryRunRequest):
    """The mode that is wanted."""

    mode: WantedMode
    go_live_at: Annotated[
        GoLiveTime,
        Field(
            default_factory=str,
            description="Orders paid before are refused; now, if not given; keep: the go-live time of before",
            examples=["2026-12-01T05:00:00Z", "keep"],
        ),
    ]
