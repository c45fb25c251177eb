"""What a field accepts and what its schema says are the same, both ways."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from schemathesis import GenerationMode

from npta.web.schemas import fields

FIELDS = {
    name: TypeAdapter(getattr(fields, name))
    for name in (
        "Flag", "Text", "GivenText", "LineId", "LenientText", "Keycode", "SearchText", "Email", "Units", "Seats",
        "GivenTime", "GoLiveTime", "WantedMode",
    )
}  # fmt: skip
IDS = {"Text", "GivenText", "LineId", "SearchText"}
SCHEMAS = {name: field.json_schema() for name, field in FIELDS.items()}
VALIDATORS = {name: jsonschema_rs.Draft202012Validator(schema) for name, schema in SCHEMAS.items()}
PRINTED = [
    *["true", "False", "OFF", "live", "Test", "keep", "7", "0012", "9999999", "10000000", "1000000000", "-1", "1.0"],
    *["gid://shopify/LineItem/", "gid://shopify/lineitem/77", "6855909900591", "1.59e+13", "EX-2t57"],
    *[
        "ada@example.com",
        "o'hara+x=1!@example.co.uk",
        '"ada, the countess"@example.com',
        "ü.ñ@exämple.de",
        "a b@c",
        "@",
    ],
    *['"a\\"b"@c', '""@b', "a@b,c@d", "Ada <a@b>", "ada@[192.0.2.1]"],
    *[
        "2026-11-23T15:04:05Z",
        "2026-02-29",
        "2028-02-29 10:00",
        "2026-11-23T10:04:05.678-05:00",
        "1795446245",
        "2000-02-29",
    ],
    *["2026-11-23 10:04:05 -0500", "2026-11-23 15:04:05 UTC", "2026-13-01", "1900-02-29T00:00:00z", "23.11.2026"],
]
ODD = st.sampled_from(
    [" ", "\t", "\n", "\u00a0", "\u200b", "\ufeff", "\u2028", "\u00ad", "\U000e0041", "\ue000", "\u037e", "\u0338"]
)
printed = st.sampled_from(PRINTED)


@st.composite
def spoilt(draw: st.DrawFn) -> str:
    """A text that is almost what a field wants: with something odd in it, at its edges, or in another case."""
    text = draw(printed | st.text(max_size=6))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.sampled_from([0, len(text), len(text) // 2, 1]))
        text = text[:at] + draw(ODD | st.sampled_from(list('0-+.eE@,;<"\\'))) + text[at:]
    return draw(st.sampled_from([text, text.upper(), text.lower(), text.title()]))


anything: st.SearchStrategy[Any] = (
    spoilt()
    | st.none()
    | st.booleans()
    | st.integers(-2, 2**70)
    | st.sampled_from(
        [2**64, 2**64 - 1, 10**9, 2 * 10**9, 10**12, 1795446245, 9_999_999, 10**7, 1.0, 5.0, 1.5, -0.0, 1e300]
    )
    | st.text(max_size=4)
    | st.sampled_from(["x" * 500, "x" * 501, "x" * 1000, "x" * 1001, "\u200b" * 600 + "7"])
    | st.lists(printed, max_size=2)
)


def reads(field: TypeAdapter[Any], value: Any) -> bool:
    try:
        field.validate_python(value)
    except ValidationError:
        return False
    return True


def drawn_from(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What a schema allows."""
    media = {"application/json": {"schema": schema}}
    operation = {"requestBody": {"required": True, "content": media}, "responses": {"200": {"description": "done"}}}
    described = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/": {"post": operation}}}
    strategy = schemathesis.openapi.from_dict(described)["/"]["POST"].as_strategy(
        generation_mode=GenerationMode.POSITIVE
    )
    return strategy.map(lambda case: case.body)


LENIENT = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", FIELDS)
def test_what_is_accepted_is_published(name: str) -> None:
    @LENIENT
    @given(anything)
    def check(value: Any) -> None:
        if reads(FIELDS[name], value):
            assert VALIDATORS[name].is_valid(value), ascii(value)

    check()


@pytest.mark.parametrize("name", FIELDS)
def test_what_is_published_is_accepted(name: str) -> None:
    @settings(LENIENT, max_examples=100)
    @given(drawn_from(SCHEMAS[name]) | anything)
    def check(value: Any) -> None:
        # JSON Schema calls 5.0 an integer; an id that came as one may have lost digits.
        if VALIDATORS[name].is_valid(value) and not (isinstance(value, float) and name in IDS):
            assert reads(FIELDS[name], value), ascii(value)

    check()
