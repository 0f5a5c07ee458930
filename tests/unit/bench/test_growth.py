"""What is known of each batch, put together, and the batches around a number."""

from datetime import UTC, datetime, timedelta

import pytest

from pipectl.bench.suite.growth import batches_of, window
from pipectl.bench.suite.processes import Reading
from pipectl.errors import OperationFailed

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def _log(*ends: int) -> list[dict[str, object]]:
    entries: list[dict[str, object]] = [{"event": "started", "time": NOON.isoformat()}]
    for batch_id, second in enumerate(ends):
        time = (NOON + timedelta(seconds=second)).isoformat()
        entries.append({"event": "batch", "time": time, "batch_id": batch_id, "seconds": 0.5})
    return [*entries, {"event": "upkeep", "time": NOON.isoformat()}]


def test_a_batch_has_its_files_and_the_memory_that_was_read_last_before_its_end() -> None:
    readings = [Reading(at=NOON + timedelta(seconds=at), pss=at * 1_000_000) for at in (1, 3, 5)]

    found = batches_of(_log(0, 4, 9), readings, {0: 1, 1: 2, 2: 3})

    assert [each.driver_mb for each in found] == [1, 3, 5]
    assert [each.files for each in found] == [1, 2, 3]
    assert {each.seconds for each in found} == {0.5}


def test_the_window_of_a_batch_lies_around_it() -> None:
    batches = [{"seconds": number} for number in range(1, 136)]

    assert [sample["seconds"] for sample in window(batches, 120)] == list(range(106, 136))


def test_a_window_that_was_not_reached_is_no_measurement() -> None:
    with pytest.raises(OperationFailed, match="too few batches"):
        window([{"seconds": 1}] * 20, 20)
