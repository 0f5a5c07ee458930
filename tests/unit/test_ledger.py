import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipectl.errors import NotRunning, OperationFailed
from pipectl.lake import ledger
from pipectl.lake.ledger import BatchSummary, await_drained, records_per_second, remaining_records
from pipectl.lake.presto import Parameter, Presto, Result

START = datetime.fromisoformat("2026-01-02")
TARGETS = {("events", 0): 10, ("events", 1): 5, ("events-rejected", 0): 0}


@dataclass(frozen=True)
class LedgerThatGrows(Presto):
    """Answers for Presto: each look at the newest batch sees the next of its states."""

    states: list[Mapping[str, Any]] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)

    @property
    def asked(self) -> int:
        return len(self.questions)

    def tables(self) -> frozenset[str]:
        return frozenset({"batches"} if self.states else ())

    def run(self, name: str, **_: Parameter) -> Result:
        assert name == "recent_batches"
        self.questions.append(name)
        ranges = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        rows = (("query", 7, START, json.dumps(ranges)),)
        return Result(columns=("query_id", "batch_id", "committed_at", "ranges"), rows=rows)


def growing(*states: Mapping[str, Any]) -> LedgerThatGrows:
    return LedgerThatGrows("nowhere", 0, states=list(states))


def batch(seconds: float, records: int) -> BatchSummary:
    return BatchSummary(
        query_id="query",
        batch_id=0,
        committed_at=START + timedelta(seconds=seconds),
        ranges={("events", 0): range(records)},
    )


def test_remaining_records_are_counted_up_to_the_targets_only() -> None:
    assert remaining_records(TARGETS, {}) == 15
    assert remaining_records(TARGETS, {("events", 0): 99, ("events", 1): 3}) == 2


def test_a_drain_ends_when_the_ledger_has_every_target() -> None:
    presto = growing(
        {"events": {"0": [0, 4], "1": [0, 0]}},
        {"events": {"0": [4, 10], "1": [0, 2]}},
        {"events": {"0": [10, 12], "1": [2, 5]}},
    )

    assert await_drained(presto, TARGETS, timeout_seconds=30) == 11
    assert presto.asked == 3


def test_presto_is_asked_again_only_after_a_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_ASK_ANYWAY_SECONDS", float("inf"))
    presto = growing({"events": {"0": [0, 4], "1": [0, 0]}}, {"events": {"0": [4, 10], "1": [0, 5]}})
    commits = iter([100, 100, 100, 200])

    await_drained(presto, TARGETS, timeout_seconds=30, newest_commit=lambda: next(commits))

    assert (presto.asked, list(commits)) == (2, [])


def test_a_commit_that_left_no_trace_is_found_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_ASK_ANYWAY_SECONDS", 0.01)
    presto = growing({"events": {"0": [0, 4], "1": [0, 0]}}, {"events": {"0": [4, 10], "1": [0, 5]}})

    await_drained(presto, TARGETS, timeout_seconds=30, newest_commit=lambda: 100)


def test_a_drain_with_nothing_to_wait_for_ends_without_a_ledger() -> None:
    await_drained(growing(), {("events", 0): 0}, timeout_seconds=0)


def test_a_drain_that_takes_too_long_says_so() -> None:
    with pytest.raises(OperationFailed, match="has not landed"):
        await_drained(growing({"events": {"0": [0, 4]}}), TARGETS, timeout_seconds=0)


def test_a_drain_ends_at_once_when_the_stream_is_dead() -> None:
    def stream_is_dead() -> None:
        raise NotRunning("The stream is not running.")

    with pytest.raises(NotRunning):
        await_drained(growing(), TARGETS, timeout_seconds=60, watch=stream_is_dead)


def test_progress_names_the_last_batch_and_the_lag() -> None:
    progress = ledger.stream_progress(growing({"events": {"0": [4, 8], "1": [5, 5]}}), TARGETS)

    assert progress.last_batch is not None
    assert progress.last_batch.batch_id == 7
    assert progress.last_batch.records == 4
    assert progress.lag == 2


def test_progress_before_the_first_batch_is_all_lag() -> None:
    progress = ledger.stream_progress(growing(), TARGETS)

    assert progress == ledger.StreamProgress(last_batch=None, records_per_second=0.0, lag=15)


def test_the_rate_is_over_the_time_between_commits() -> None:
    assert records_per_second([batch(10, 300), batch(5, 200), batch(0, 999)]) == 50.0


def test_one_batch_has_no_rate_yet() -> None:
    assert records_per_second([batch(0, 300)]) == 0.0
