"""A claim is a lease: while it lasts nobody else sends, and who sends begins early enough."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from npta.domain.state.alert import AlertKind
from npta.domain.state.claim_times import LAPSES_AFTER, RENEW_AFTER, has_lapsed, may_be_sent, seconds_to_lapse
from npta.domain.state.outbox_messages import Channel, OutboxMessage
from npta.domain.state.times import utc_text

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


def claimed(seconds_ago: float) -> OutboxMessage:
    at = utc_text(NOW - timedelta(seconds=seconds_ago))
    return OutboxMessage("c-1", Channel.SLACK, AlertKind.FAILED, "1", "", "2020-01-01T00:00:00Z", at)


@pytest.mark.parametrize(
    ("seconds_ago", "may_begin", "lapsed"),
    [(-3, True, False), (0, True, False), (5, True, False), (6, False, False), (14, False, False), (15, False, True)],
)
def test_what_may_be_done_with_a_notice_by_the_age_of_its_claim(
    seconds_ago: int, may_begin: bool, lapsed: bool
) -> None:
    message = claimed(seconds_ago)

    assert (may_be_sent(message, NOW), has_lapsed(message, NOW)) == (may_begin, lapsed)


def test_between_the_last_beginning_and_the_lapse_there_is_time_to_send_and_to_record() -> None:
    assert timedelta(seconds=9) <= LAPSES_AFTER - RENEW_AFTER


def test_who_waits_knows_for_how_long() -> None:
    for seconds in (0, 4, 20):
        message = claimed(seconds)
        wait = timedelta(seconds=seconds_to_lapse(message, NOW))
        assert has_lapsed(message, NOW + wait)
        assert seconds >= 15 or not has_lapsed(message, NOW + wait - timedelta(seconds=1))
