"""Times in whatever form a call brings them, and the one in which they are stored."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from npta.domain.state.times import moment, normal_time


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T15:04:05Z",
        "2026-11-23T15:04:05.999Z",
        "2026-11-23T10:04:05-05:00",
        "2026-11-23 10:04:05 -0500",
        "2026-11-23 20:34:05 +0530",
        "2026-11-23 15:04:05 UTC",
        " 2026-11-23t15:04:05 gmt ",
        "1795446245",
        "1795446245999",
    ],
)
def test_a_time_is_stored_in_one_form(text: str) -> None:
    assert normal_time(text) == "2026-11-23T15:04:05Z"


@pytest.mark.parametrize(
    "text", ["", "yesterday", "179544624", "2795446245", "0001-01-01T00:00:00+05:00", "2026-11-23 noon"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        normal_time(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-11-23T15:04:05Z", datetime(2026, 11, 23, 15, 4, 5, tzinfo=UTC)),
        ("2026-11-23T15:04:05", datetime(2026, 11, 23, 15, 4, 5, tzinfo=UTC)),
        ("2026-11-23T10:04:05-05:00", datetime(2026, 11, 23, 15, 4, 5, tzinfo=UTC)),
        ("", None),
        ("yesterday", None),
        ("0001-01-01T00:00:00+05:00", None),
    ],
)
def test_a_stored_time_that_a_person_has_spoilt_is_none(text: str, found: datetime | None) -> None:
    assert moment(text) == found
