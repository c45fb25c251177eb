"""Quirks: options for behaviour that Google does not document.

The defaults are the likelier reading (docs/internals/sheets-api-facts.md marks them assumed); programs that rely on the API should
be tested under every setting.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal, get_args, get_type_hints

from sheets_schema.emulator.errors import EmulatorError


@dataclass(frozen=True, slots=True)
class Quirks:
    """One setting for each unknown."""

    delete_missing_named_range: Literal["error", "silent"] = "error"
    """deleteNamedRange of an id that does not exist. Unknown; siblings fail (fact 10)."""
    update_missing_named_range: Literal["error", "silent"] = "error"
    """updateNamedRange of an id that does not exist. Reported once: pygsheets#253."""
    duplicate_named_range_id: Literal["error", "accept"] = "error"
    """addNamedRange with an id in use. Documented as an error, the text is unknown."""
    duplicate_metadata_id: Literal["error", "accept"] = "error"
    """createDeveloperMetadata with an id in use. Documented as unique, the error is unknown."""
    delete_missing_metadata: Literal["error", "silent"] = "silent"
    """deleteDeveloperMetadata whose filter finds nothing. Unknown; a filter that matches nothing is no error elsewhere."""
    strict_validation: Literal["ignored", "enforced"] = "ignored"
    """Whether API writes obey strict data validation. Unknown for v4; Apps Script refuses them."""
    ghost_named_ranges: Literal["off", "on"] = "off"
    """Whether a named range whose sheet was deleted keeps its name taken, unlisted. Reported: gspread#1530."""
    ghost_deletable: Literal["yes", "no"] = "yes"
    """Whether deleteNamedRange by the known id clears such a ghost. Unknown."""
    cut_moves_validation: Literal["yes", "no"] = "yes"
    """Whether PASTE_NORMAL of cutPaste carries data validation along. Unknown."""
    cut_moves_named_ranges: Literal["yes", "no"] = "yes"
    """Whether a named range inside the source of a cutPaste follows the cells. Unknown."""
    merged_duplicates: Literal["suffix", "vanish"] = "suffix"
    """What lost-update mode does with the second of two equal titles or range names. Reported for titles: gspread#1160."""
    protection_without_editors: Literal["everybody", "nobody"] = "everybody"
    """Whom addProtectedRange without `editors` lets in. Reported: google-api-php-client#1943, gspread#1273; documented for
    a warning that becomes a protection. There being no list of everybody here, it shows as `domainUsersCanEdit`."""
    wording: Literal["colon", "plain", "bare"] = "colon"
    """Jitter of error texts: `with name: X`, `with name X`, or without the `Invalid requests[i].kind: ` in front. Both reported."""


def with_changes(quirks: Quirks, changes: dict[str, Any]) -> Quirks:
    """Return a copy with some settings changed.

    Raises `EmulatorError` for a name or a setting that does not exist.
    """
    hints = get_type_hints(Quirks)
    for name, value in changes.items():
        if name not in hints or value not in get_args(hints[name]):
            choices = get_args(hints[name]) if name in hints else [field.name for field in fields(Quirks)]
            raise EmulatorError(f"no quirk {name}={value!r}; there is {', '.join(choices)}")
    return Quirks(**{field.name: changes.get(field.name, getattr(quirks, field.name)) for field in fields(Quirks)})
