"""`GET /openapi.json`: the route table and its models as OpenAPI 3.1."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from npta.errors import SettingError
from npta.web.auth import Role
from npta.web.context import HtmlPage, Route
from npta.web.error_statuses import statuses_of
from npta.web.schemas.formats import NAME
from npta.web.schemas.requests import DryRunRequest, RequestModel
from npta.web.schemas.responses import ProblemDetails
from sheets_schema import SheetsError

Table = Mapping[tuple[str, str], Route]
_REF = "#/components/schemas/{model}"
_KEYS: list[dict[str, list[str]]] = [{"key": []}, {"bearer": []}, {"identity": []}]
_SCHEMES = {
    "key": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "An order key posts and reads orders; an operator key does everything.",
    },
    "bearer": {"type": "http", "scheme": "bearer", "description": "The same keys, or Google's identity token."},
    "identity": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Identity-Token",
        "description": "Google's identity token of an operator.",
    },
    "shopify": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Shopify-Hmac-SHA256",
        "description": "Shopify's signature: HMAC-SHA256 of the raw body, in base64.",
    },
}
_WHO = {
    Role.SHOPIFY: "Shopify, by its signature.",
    Role.ANYBODY: "Open.",
    Role.ORDERS: "Order keys and operators.",
    Role.OPERATOR: "Operators.",
}
_PARTS = {
    "id": ("The order's id: digits, with blanks, or as gid; or its name, with its # or its letters", "6855909900591"),
    "key_id": ("The key's id, as it stands in Import History", "K1"),
}
_REQUEST_ID = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait", "required": True, "schema": {"type": "string"}}}


def openapi(routes: Table) -> dict[str, Any]:
    """Return the description of all routes."""
    paths: dict[str, dict[str, Any]] = {}
    for (method, path), route in routes.items():
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "NPTA key fulfillment",
            "version": "1",
            "description": "Assigns access keys to paid orders, exactly once.",
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(routes),
            "securitySchemes": _SCHEMES,
            "headers": {
                "RequestId": {
                    "description": "The request's id, as it was sent or made",
                    "required": True,
                    "schema": {"type": "string"},
                }
            },
        },
    }


def _operation(method: str, path: str, route: Route) -> dict[str, Any]:
    summary = (route.handle.__doc__ or "").strip().split("\n")[0]
    operation: dict[str, Any] = {
        "operationId": re.sub(r"[^a-z]+", "_", f"{method} {path}".lower()).strip("_"),
        "summary": summary,
        "description": f"For: {_WHO[route.role]}",
        "security": {Role.ANYBODY: [], Role.SHOPIFY: [{"shopify": []}]}.get(route.role, _KEYS),
        "responses": {str(status): answer for status, answer in sorted(_responses(method, path, route).items())},
    }
    if parts := [_part(name) for name in re.findall(r"{(\w+)}", path)]:
        operation["parameters"] = parts
    if body := _body(route):
        operation["requestBody"] = body
    return operation


def _part(name: str) -> dict[str, Any]:
    description, example = _PARTS[name]
    schema = {"type": "string", "minLength": 1}
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
        "example": example,
    }


def _body(route: Route) -> dict[str, Any]:
    if route.asks:
        required = any(field.is_required() for field in route.asks.model_fields.values())
        return {"required": required, "content": {"application/json": _content(route.asks)}}
    if not route.shapes:
        return {}
    return {"required": True, "content": {media: _content(*models) for media, models in route.shapes.items()}}


def _content(*models: type[BaseModel]) -> dict[str, Any]:
    """One media type: its schema, and the models' own examples by name."""
    refs = [{"$ref": _REF.format(model=model.__name__)} for model in models]
    content: dict[str, Any] = {"schema": refs[0] if len(refs) == 1 else {"anyOf": refs}}
    if examples := {name: {"value": value} for model in models for name, value in _examples(model)}:
        content["examples"] = examples
    return content


def _examples(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    extra = model.model_config.get("json_schema_extra")
    if isinstance(extra, dict) and isinstance(given := extra.get("examples"), list):
        yield from ((f"{model.__name__}{index or ''}", value) for index, value in enumerate(given))


def _responses(method: str, path: str, route: Route) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for status, model in route.answers.items():
        found[status] = _response(status)
        if issubclass(model, str):
            media = "text/html" if issubclass(model, HtmlPage) else "text/plain"
            found[status]["content"] = {media: {"schema": {"type": "string"}}}
        elif issubclass(model, BaseModel):
            found[status]["content"] = {"application/json": _content(model)}
        else:
            found[status]["content"] = {"application/json": {"schema": {"type": "object"}}}
    for status in _problems(method, path, route):
        answer = found.setdefault(status, _response(status))
        answer.setdefault("content", {})["application/problem+json"] = _content(ProblemDetails)
    return found


def _response(status: int) -> dict[str, Any]:
    headers = _REQUEST_ID | (_RETRY_AFTER if status == HTTPStatus.SERVICE_UNAVAILABLE else {})
    return {"description": HTTPStatus(status).phrase, "headers": headers}


def _problems(method: str, path: str, route: Route) -> set[int]:
    """Return the statuses that a call may end with beside its own."""
    if route.role is Role.ANYBODY:
        return set()
    statuses = {HTTPStatus.UNAUTHORIZED, *statuses_of(SheetsError, SettingError, *route.raises)}
    if route.role in (Role.ORDERS, Role.OPERATOR):
        statuses.add(HTTPStatus.FORBIDDEN)
    if route.asks and issubclass(route.asks, DryRunRequest):
        statuses.add(HTTPStatus.CONFLICT)
    if "{" in path:
        statuses.add(HTTPStatus.REQUEST_URI_TOO_LONG)
    if method == "POST":
        statuses |= {
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.REQUEST_TIMEOUT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        }
    return {int(status) for status in statuses}


def _schemas(routes: Table) -> dict[str, Any]:
    sent: set[type[BaseModel]] = {RequestModel}
    given: set[type[BaseModel]] = {ProblemDetails}
    for route in routes.values():
        sent |= {route.asks} if route.asks else set()
        sent |= {model for models in route.shapes.values() for model in models}
        given |= {model for model in route.answers.values() if issubclass(model, BaseModel)}
    modes: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = []
    modes += [(model, "validation") for model in sorted(sent - {RequestModel}, key=lambda model: model.__name__)]
    modes += [(model, "serialization") for model in sorted(given, key=lambda model: model.__name__)]
    _, schema = models_json_schema(modes, ref_template=_REF)
    once: dict[str, Any] = {}
    schemas = {name: _named_once(model, once) for name, model in schema["$defs"].items()}
    return schemas | once


def _named_once(schema: Any, once: dict[str, Any]) -> Any:
    """Put references where a part of a schema has a name; what it means goes into `once`."""
    if isinstance(schema, list):
        return [_named_once(part, once) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: _named_once(part, once) for key, part in schema.items()}
    if not (name := schema.pop(NAME, "")):
        return schema
    beside = {key: schema.pop(key) for key in ("title", "description", "default", "examples") if key in schema}
    once[name] = schema
    return {"$ref": _REF.format(model=name), **beside}
