"""A report's givens without engines: canned answers at the seam to Presto, and one followed event."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipectl.bundled import bundled
from pipectl.catalog import load_catalog
from pipectl.errors import NotRunning
from pipectl.kafka import Record
from pipectl.lake.presto import Parameter, Result, render
from pipectl.report.facts import Facts, Outline, gather, outline
from pipectl.report.inputs import ReportInput, Step
from pipectl.report.journey import Journey
from pipectl.report.queries import ONE_EVENT, load_query
from pipectl.report.render import render_page
from pipectl.verify import Counts, Verification
from tests.simulated_answers import simulated

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img onerror=alert(1) src=x>',
    "{{7*7}}",
    r"$\frac{1}{2}$ `x` | **y**",
)
DAYS, PLAYERS = 16, 60
BEGAN = datetime(2026, 11, 24, 19, 25, 39, 123000)  # noqa: DTZ001 - the lake's times are naive UTC


def result(columns: str, *rows: tuple[Any, ...]) -> Result:
    return Result(columns=tuple(columns.split()), rows=rows)


def answers() -> dict[str, Result]:
    return simulated(DAYS, PLAYERS) | hostile_players() | pipeline_answers()


def hostile_players() -> dict[str, Result]:
    """Return figures whose names came from outside: a player's, an item's, an enemy's."""
    enemies = [(name, 200, 0.2, 100, 0.5, 0.4, 0.6, False) for name in HOSTILE]
    easy = ("rat", 200, 0.2, 190, 0.95, 0.9, 0.98, False)
    return {
        "top_spenders": result("user_id purchases gross_minor", *((name, 1, 499) for name in HOSTILE)),
        "top_items": result(
            "event_type item bought gold", *(("purchase_item", name, 1, 100) for name in HOSTILE)
        ),
        "battles_by_enemy": result("enemy battles pick_rate won win_rate low high is_small", *enemies, easy),
    }


def pipeline_answers() -> dict[str, Result]:
    seconds = [(BEGAN.replace(microsecond=0) + timedelta(seconds=n), "second", 20 + n % 7) for n in range(48)]
    by_player = [(name, 100 - number) for number, name in enumerate((*HOSTILE, "a\x00b", None, "プレイヤー"))]
    return {
        "totals": result(
            "events players event_types first_received last_received",
            (1107, 12, 3, BEGAN, BEGAN + timedelta(seconds=48)),
        ),
        "events_by_type": result("event_type events", ("purchase_sword", 607), ("join_guild", 500)),
        "events_over_time": result("received grain events", *seconds),
        "events_by_player": result("user_id events", *by_player),
        "events_by_host": result("host events", *by_player),
        "requests_by_route": result(
            "method path events", ("GET", "/purchase_a_sword", 607), ("PUT", HOSTILE[0], 500)
        ),
        "landing_latency": result("events p50 p95 p99 slowest", (1107, 0.912, 1.704, 2.311, 3.02)),
        "ledger_by_class": result(
            "topic accepted landed not_selected rejected duplicates",
            ("events", 1211, 1107, 1, 100, 3),
            ("events-rejected", 57, 0, 0, 57, 0),
        ),
        "rejected_by_reason": result(
            "stage reason records", ("stream", "malformed", 100), ("collector", HOSTILE[1], 57)
        ),
        "records_by_hour": result(
            "hour landed not_selected rejected duplicates set_aside duplicate_share",
            (BEGAN.replace(minute=0, second=0, microsecond=0), 1107, 1, 157, 3, 161, 3 / 1268),
        ),
        "lateness": result(
            "traffic events late late_share with_client_time skew_p50 skew_p99",
            ("player", 1000, 990, 0.99, 1000, 1_300_000.5, 2_500_000.0),
            ("load", 107, 0, 0.0, 0, None, None),
        ),
        "quiet_hours": result(
            "day hours quiet", *((BEGAN.date() + timedelta(days=n), 20, n % 3) for n in range(16))
        ),
        "newest_event": result("partition position"),
    }


@dataclass
class CannedLake:
    """Answers each named query with rows that were put in; stops answering after `good_for` queries."""

    results: dict[str, Result] = field(default_factory=answers)
    good_for: int = 1_000
    host: str = "127.0.0.1"
    port: int = 9  # the discard port: nobody answers there

    def query(self, sql: str, **parameters: Parameter) -> Result:
        render(sql, parameters)  # as Presto does: one that is missing or unused is a fault
        if self.good_for == 0:
            raise NotRunning("Presto does not answer.", do_next="Run: pipectl up")
        self.good_for -= 1
        return next(found for name, found in self.results.items() if load_query(name).sql == sql)


def verification(**changes: Any) -> Verification:
    counts = Counts(accepted=1211, landed=1107, not_selected=1, rejected=100, duplicates=3)
    found = Verification(counts=counts, refused=57, pending=0, files=9, read_again=40, deep=False)
    return replace(found, **changes)


def a_report() -> ReportInput:
    return ReportInput(
        stack="default",
        presto=CannedLake(),
        bootstrap_servers="127.0.0.1:9",
        catalog=load_catalog(bundled("events.toml")),
        versions={"kafka": "4.3.1"},
        steps=(Step(command="ab -H 'Host: <script>' ```", purpose="load", seconds=1.5),),
    )


def a_journey() -> Journey:
    record = Record(
        topic="events",
        partition=2,
        offset=28471,
        timestamp_ms=0,
        key=HOSTILE[0].encode(),
        value=b'{"k":"\xff<b>"}',
    )
    row = (
        ("method", "POST"),
        ("path", "/x"),
        ("host", HOSTILE[1]),
        ("user_id", HOSTILE[0]),
        ("kafka_partition", 2),
        ("kafka_offset", 28471),
    )
    return Journey(query=load_query(ONE_EVENT), row=row, data_file="hdfs://lake/f.parquet", record=record)


@pytest.fixture
def given() -> ReportInput:
    return a_report()


@pytest.fixture
def about(given: ReportInput) -> Outline:
    """What the canned lake has, before its figures are asked."""
    return outline(given)


@pytest.fixture(scope="session")
def page(facts: Facts) -> str:
    return render_page(a_report(), verification(), facts)


@pytest.fixture(scope="session")
def facts() -> Facts:
    """What the canned lake says, with one hostile event followed through every hop."""
    given = a_report()
    return replace(gather(given, outline(given)), journey=a_journey())
