"""When an event happened, at the edges of what a client's clock is believed."""

from datetime import UTC, datetime, timedelta

import pytest

from pipectl.collector.envelope import event_time, iso

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def test_without_a_time_of_the_client_it_is_the_time_of_receipt() -> None:
    assert event_time(NOW, None, NOW - DAY) == NOW


@pytest.mark.parametrize(
    ("client_ts", "expected"),
    [
        (NOW - 90 * DAY, NOW - 90 * DAY),
        (NOW - 90 * DAY - TICK, NOW),
        (NOW + 5 * MINUTE, NOW + 5 * MINUTE),
        (NOW + 5 * MINUTE + TICK, NOW),
    ],
)
def test_it_lies_between_90_days_back_and_5_minutes_ahead(client_ts: datetime, expected: datetime) -> None:
    assert event_time(NOW, client_ts, None) == expected


@pytest.mark.parametrize(
    ("sent_at", "moved_by"),
    [
        (NOW - MINUTE, timedelta()),
        (NOW - MINUTE - TICK, MINUTE + TICK),
        (NOW + MINUTE, timedelta()),
        (NOW + MINUTE + TICK, -(MINUTE + TICK)),
    ],
)
def test_a_clock_that_is_off_by_more_than_a_minute_is_corrected(
    sent_at: datetime, moved_by: timedelta
) -> None:
    assert event_time(NOW, NOW - DAY, sent_at) == NOW - DAY + moved_by


def test_a_clock_that_is_years_off_still_tells_how_long_ago_it_was() -> None:
    wrong = datetime(1970, 1, 1, 0, 10, tzinfo=UTC)

    assert event_time(NOW, wrong - 3 * MINUTE, wrong) == NOW - 3 * MINUTE


def test_the_farthest_times_do_not_overflow() -> None:
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)

    assert event_time(NOW, last, first) == NOW
    assert event_time(NOW, first, last) == NOW


def test_moments_are_spelled_with_microseconds_and_z() -> None:
    assert iso(NOW) == "2026-06-01T12:00:00.000000Z"
