"""Requests in which a field may have several names: the first that says something counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from npta.domain.state.normalized_text import PASTED
from npta.web.schemas.formats import Schema, any_of, named

NULL: Schema = {"type": "null"}
_EMPTY = re.compile(f"^[{PASTED}]*$")
_NOTHING: Schema = any_of(NULL, {"type": "string", "pattern": _EMPTY.pattern})


def in_list(schema: Schema) -> Schema:
    """Allow the same as the only element of a list, too, as some forms send it."""
    return any_of(schema, {"type": "array", "minItems": 1, "maxItems": 1, "items": schema})


BLANK: Schema = named("Blank", in_list(_NOTHING))
"""Nothing is said."""


def is_blank(value: Any) -> bool:
    """Whether nothing is said."""
    return value is None or (isinstance(value, str) and _EMPTY.fullmatch(value) is not None)


def first_given(body: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """Return the first value that says something, or None; `customer.email` is in `customer`."""
    for name in names:
        head, _, inner = name.partition(".")
        value = body.get(head)
        if inner:
            value = value.get(inner) if isinstance(value, Mapping) else None
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        if not is_blank(value):
            return value
    return None


def first_of(names: tuple[str, ...], schema: Schema, *, required: bool, blank: Schema = BLANK) -> Schema:
    """Describe an object in which the first name that says something fits `schema`."""
    ways = [_holds({**dict.fromkeys(names[:index], blank), name: schema}, name) for index, name in enumerate(names)]
    return any_of(*ways, *([] if required else [_holds(dict.fromkeys(names, blank))]))


def _holds(properties: Mapping[str, Schema], required: str = "") -> Schema:
    """Return an object with certain properties, of which one must be there."""
    held: Schema = {}
    for name, schema in properties.items():
        head, _, inner = name.partition(".")
        within: Schema = {"type": "object", "required": [inner]} if name == required else {}
        held[head] = {**within, "properties": {inner: schema}} if inner else schema
    return {"properties": held} | ({"required": [required.partition(".")[0]]} if required else {})


class FirstGivenRequest(BaseModel):
    """A request whose fields may have several names each; whatever else is in it is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)
    names: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """By what a field may be called, the most telling first; by its own name if it is not listed."""

    @model_validator(mode="before")
    @classmethod
    def _first_given(cls, body: Any) -> Any:
        given = {field: cls.read_field(field, body) for field in cls.model_fields}
        return {field: value for field, value in given.items() if value is not None}

    @classmethod
    def read_field(cls, field: str, body: Mapping[str, Any]) -> Any:
        """Return what a body says of a field; None if nothing."""
        return first_given(body, cls.names.get(field, (field,)))

    @classmethod
    def publish_field(cls, field: str, schema: Schema, *, required: bool) -> Schema:
        """Publish what a field may hold, as JSON Schema for the whole body."""
        return first_of(cls.names.get(field, (field,)), in_list(schema), required=required)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        """Publish what is read: every field under all of its names."""
        schema = handler.resolve_ref_schema(handler(core_schema))
        required = set(schema.pop("required", ()))
        described, schema["properties"], schema["allOf"] = schema["properties"], {}, []
        for field, published in described.items():
            published.pop("title", None)
            kept = {name: published.pop(name) for name in ("description", "default", "examples") if name in published}
            schema["properties"] |= {field: kept} if kept else {}
            if published:
                schema["allOf"].append(cls.publish_field(field, published, required=field in required))
        return schema
