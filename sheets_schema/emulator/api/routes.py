"""Which address does what: the supported routes of Sheets v4 and Drive v3."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from sheets_schema.emulator.errors import LISTED, ApiError, invalid_argument
from sheets_schema.emulator.messages.message_fields import snake
from sheets_schema.emulator.messages.request_validation import boolean


class ApiRoute(NamedTuple):
    """One address. `kind` says which quota it counts against: read, write or drive."""

    name: str
    method: str
    pattern: re.Pattern[str]
    kind: str
    parameters: frozenset[str]


_STANDARD = frozenset(
    {"$.xgafv", "access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser"}
    | {"uploadType", "upload_protocol"}
)
_RENDER = "majorDimension valueRenderOption dateTimeRenderOption"
_WRITE = "valueInputOption includeValuesInResponse responseValueRenderOption responseDateTimeRenderOption"
_DRIVES = "supportsAllDrives includeItemsFromAllDrives supportsTeamDrives includeTeamDriveItems corpora spaces orderBy driveId teamDriveId enforceSingleParent"


def _route(name: str, method: str, path: str, kind: str, parameters: str = "") -> ApiRoute:
    pattern = path.replace("{id}", r"(?P<id>[^/:]+)").replace("{range}", r"(?P<range>[^/]+?)")
    pattern = pattern.replace("{number}", r"(?P<number>[^/:]+)")
    return ApiRoute(name, method, re.compile(pattern), kind, frozenset(parameters.split()) | _STANDARD)


_SHARED = "/drive/v3/files/{id}/permissions"
_SHARING = f"{_DRIVES} emailMessage sendNotificationEmail transferOwnership moveToNewOwnersRoot useDomainAdminAccess"
_ONE = "/v4/spreadsheets/{id}"
ROUTES = (
    _route("spreadsheets.create", "POST", "/v4/spreadsheets", "write"),
    _route("spreadsheets.get", "GET", _ONE, "read", "ranges includeGridData excludeTablesInBandedRanges"),
    _route("spreadsheets.getByDataFilter", "POST", f"{_ONE}:getByDataFilter", "read"),
    _route("spreadsheets.developerMetadata.search", "POST", f"{_ONE}/developerMetadata:search", "read"),
    _route("spreadsheets.developerMetadata.get", "GET", f"{_ONE}/developerMetadata/{{number}}", "read"),
    _route("spreadsheets.batchUpdate", "POST", f"{_ONE}:batchUpdate", "write"),
    _route("spreadsheets.values.batchGet", "GET", f"{_ONE}/values:batchGet", "read", f"ranges {_RENDER}"),
    _route("spreadsheets.values.batchUpdate", "POST", f"{_ONE}/values:batchUpdate", "write"),
    _route("spreadsheets.values.batchGetByDataFilter", "POST", f"{_ONE}/values:batchGetByDataFilter", "read"),
    _route("spreadsheets.values.batchUpdateByDataFilter", "POST", f"{_ONE}/values:batchUpdateByDataFilter", "write"),
    _route("spreadsheets.values.batchClearByDataFilter", "POST", f"{_ONE}/values:batchClearByDataFilter", "write"),
    _route("spreadsheets.values.batchClear", "POST", f"{_ONE}/values:batchClear", "write"),
    _route(
        "spreadsheets.values.append", "POST", f"{_ONE}/values/{{range}}:append", "write", f"insertDataOption {_WRITE}"
    ),
    _route("spreadsheets.values.clear", "POST", f"{_ONE}/values/{{range}}:clear", "write"),
    _route("spreadsheets.values.get", "GET", f"{_ONE}/values/{{range}}", "read", _RENDER),
    _route("spreadsheets.values.update", "PUT", f"{_ONE}/values/{{range}}", "write", _WRITE),
    _route("spreadsheets.sheets.copyTo", "POST", f"{_ONE}/sheets/{{number}}:copyTo", "write"),
    _route("drive.files.list", "GET", "/drive/v3/files", "drive", f"q pageSize pageToken {_DRIVES}"),
    _route("drive.files.create", "POST", "/drive/v3/files", "drive", _DRIVES),
    _route("drive.files.get", "GET", "/drive/v3/files/{id}", "drive", _DRIVES),
    _route("drive.files.delete", "DELETE", "/drive/v3/files/{id}", "drive", _DRIVES),
    _route("drive.files.export", "GET", "/drive/v3/files/{id}/export", "drive", "mimeType"),
    _route("drive.files.copy", "POST", "/drive/v3/files/{id}/copy", "drive", _DRIVES),
    _route("drive.files.update", "PATCH", "/drive/v3/files/{id}", "drive", f"addParents removeParents {_DRIVES}"),
    _route("drive.permissions.list", "GET", _SHARED, "drive", f"pageSize pageToken {_SHARING}"),
    _route("drive.permissions.create", "POST", _SHARED, "drive", _SHARING),
    _route("drive.permissions.get", "GET", f"{_SHARED}/{{number}}", "drive", _SHARING),
    _route("drive.permissions.update", "PATCH", f"{_SHARED}/{{number}}", "drive", _SHARING),
    _route("drive.permissions.delete", "DELETE", f"{_SHARED}/{{number}}", "drive", _SHARING),
    _route("drive.comments.list", "GET", "/drive/v3/files/{id}/comments", "drive", "pageSize pageToken includeDeleted"),
)
"""Every supported address."""


_STRAY_SLASH = re.compile("(?<=.)/(?=$|:[A-Za-z]+$)")


class Found(NamedTuple):
    """A route and what stands in its place holders, decoded."""

    route: ApiRoute
    spreadsheet_id: str
    range: str
    number: str


@lru_cache(maxsize=1024)
def find(method: str, path: str) -> Found:
    """Return the route of a request.

    Raises `ApiError` 404 that names an unsupported address. A slash after the spreadsheet's id is overlooked,
    as Google does: the npm package google-spreadsheet always sends it.
    """
    path = _STRAY_SLASH.sub("", path)
    for route in ROUTES:
        if route.method != method:
            continue
        match = route.pattern.fullmatch(path)
        if match:
            held = {name: unquote(value) for name, value in match.groupdict().items()}
            return Found(route, held.get("id", ""), held.get("range", ""), held.get("number", ""))
    raise ApiError(404, f"The emulator does not support {method} {unquote(path)[:300]}. {LISTED}")


@cache
def _spellings(route: ApiRoute) -> dict[str, str]:
    return {snake(name): name for name in route.parameters}


def _parameter(route: ApiRoute, name: str) -> str:
    """Return the name of a parameter.

    Documented for proto3 JSON, and true of the query: underscores are understood.
    """
    return name if name in route.parameters else _spellings(route).get(name, name)


class Query:
    """The query of a request, checked for names that the route does not have."""

    def __init__(self, route: ApiRoute, pairs: list[tuple[str, str]]) -> None:
        self._pairs = [(_parameter(route, name), value) for name, value in pairs]
        for name, _ in self._pairs:
            if name not in route.parameters:
                text = f'Unknown name "{name[:100]}": Cannot bind query parameter.'
                text += f" Field '{name[:100]}' could not be found in request message."
                raise invalid_argument(f"Invalid JSON payload received. {text}", violations=[("", text)])
        if self.text("alt", "json") != "json":
            raise invalid_argument(f"alt={self.text('alt')} is not supported, only json.")

    def text(self, name: str, default: str = "") -> str:
        """Return the last value of a name."""
        found = [value for key, value in self._pairs if key == name]
        return found[-1] if found else default

    def texts(self, name: str) -> list[str]:
        """Every value of a name."""
        return [value for key, value in self._pairs if key == name]

    def flag(self, name: str) -> bool:
        """Return a boolean; clients write it in any case (recorded: `False`)."""
        value = self.text(name, "false")
        found = boolean(value)
        if found is None:
            raise invalid_argument(f"Invalid value at '{snake(name)}' (TYPE_BOOL), \"{value[:100]}\"")
        return found
