"""A lake with too many rows for one question is asked about in shares: what they count adds up."""

from collections.abc import Iterator

import pytest

from pipectl import verify as verification
from pipectl.catalog import load_catalog
from pipectl.lake.presto import Presto
from pipectl.services import hdfs
from pipectl.verify import Sources, shares, verify
from tests.harness import Stack

_EVENTS = 400


def test_small_shares_say_what_one_question_says(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.pipectl("load", "--profile", "smoke")
    stack.pipectl("drain")
    sources = Sources(
        bootstrap=stack.bootstrap,
        presto=stack.presto,
        hdfs=hdfs.connect(stack.settings),
        catalog=load_catalog(stack.catalog),
    )
    at_once = verify(sources)
    landed = at_once.counts.landed  # those too that another test has erased
    monkeypatch.setattr(verification, "_ROWS_A_QUESTION", max(1, landed // 3))

    in_shares = verify(sources)

    assert len(list(shares(landed))) == 4
    assert (in_shares.differences, in_shares.skipped) == ((), ())
    assert in_shares == at_once
    assert landed >= stack.count() > 0


@pytest.fixture
def doubled(stack: Stack) -> Iterator[Presto]:
    """Another schema, whose events have one id at two places, and one place with two ids."""
    presto = Presto("127.0.0.1", stack.ports["presto"], schema="doubled")
    presto.query("CREATE SCHEMA doubled")
    presto.query(
        "CREATE TABLE events AS SELECT concat('id-', CAST(if(n = 7, 8, n) AS varchar)) AS event_id,"
        " 0 AS kafka_partition, CAST(if(n = 17, 18, n) AS bigint) AS kafka_offset"
        f" FROM UNNEST(sequence(1, {_EVENTS})) AS t (n)"
    )
    yield presto
    presto.query("DROP TABLE events")
    presto.query("DROP SCHEMA doubled")


def test_what_stands_twice_is_missed_in_no_share(doubled: Presto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "_ROWS_A_QUESTION", 100)
    parts = list(shares(_EVENTS))

    counted = [doubled.run("identity", **share).rows[0] for share in parts]
    copies = [row for share in parts for row in doubled.run("duplicate_ids", limit=9, **share).rows]

    assert len(parts) == 8
    assert [sum(column) for column in zip(*counted, strict=True)] == [_EVENTS, _EVENTS - 1] * 2
    assert max(rows for rows, *_ in counted) < _EVENTS / 2
    assert copies == [("id-8", 2)]
