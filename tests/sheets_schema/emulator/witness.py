"""Google's discovery document as a witness: whether a request or an answer has a shape that Google publishes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import googleapiclient.discovery_cache


@cache
def discovery() -> dict[str, Any]:
    """The document of Sheets v4, as shipped in google-api-python-client."""
    folder = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
    document: dict[str, Any] = json.loads((folder / "sheets.v4.json").read_text(encoding="utf-8"))
    return document


@cache
def methods() -> dict[str, dict[str, Any]]:
    """Every method by name, such as `spreadsheets.values.get`."""
    found: dict[str, dict[str, Any]] = {}

    def walk(resource: dict[str, Any], prefix: str) -> None:
        for name, method in resource.get("methods", {}).items():
            found[f"{prefix}{name}"] = method
        for name, inner in resource.get("resources", {}).items():
            walk(inner, f"{prefix}{name}.")

    walk(discovery(), "")
    return found


def check_request(method: str, body: Any, query: list[tuple[str, str]]) -> None:
    """Assert that a call has the shape of the method's request."""
    described = methods()[method]
    known = set(described["parameters"]) | set(discovery()["parameters"])
    assert {name for name, _ in query} <= known, f"{method}: unknown parameters in {query}"
    if "request" in described:
        check(described["request"]["$ref"], body)
    else:
        assert body is None


def check_answer(method: str, body: Any) -> None:
    """Assert that an answer has the shape of the method's response."""
    check(methods()[method]["response"]["$ref"], body)


def check(schema: str, value: Any) -> None:
    """Assert that a JSON value is a message of this schema."""
    _check({"$ref": schema}, value, schema)


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


def _check(kind: dict[str, Any], value: Any, path: str) -> None:
    if "$ref" in kind:
        schema = discovery()["schemas"][kind["$ref"]]
        assert isinstance(value, dict), f"{path}: {value!r} is no {kind['$ref']}"
        for name, item in value.items():
            assert name in schema.get("properties", {}), f"{path}: {kind['$ref']} has no {name}"
            _check(schema["properties"][name], item, f"{path}.{name}")
    elif kind["type"] == "array":
        assert isinstance(value, list), f"{path}: {value!r} is no list"
        if kind["items"].get("type") == "any":
            return  # the cells of values, of which there are many
        for at, item in enumerate(value):
            _check(kind["items"], item, f"{path}[{at}]")
    elif kind["type"] == "object":
        assert isinstance(value, dict), f"{path}: {value!r} is no object"
        for name, item in value.items():
            _check(kind["additionalProperties"], item, f"{path}.{name}")
    elif kind["type"] != "any":
        assert isinstance(value, _TYPES[kind["type"]]), f"{path}: {value!r} is no {kind['type']}"
        assert isinstance(value, bool) == (kind["type"] == "boolean"), f"{path}: {value!r} is no {kind['type']}"
        if "enum" in kind:
            assert value in kind["enum"], f"{path}: {value!r} is none of {kind['enum']}"
