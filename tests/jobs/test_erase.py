"""Erasing a player from a small lake: what goes, what stays, what is noted, and doing it again."""

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.erase import Eraser, said_pattern
from pipectl.catalog import REJECTED_TOPIC, parse_catalog
from pipectl.errors import LakeConflict
from pipectl.lake.job import EraseOrder
from pipectl.lake.tables import REJECTED_EVENTS, events_table
from pipectl.verify.erased import hash_of
from tests.jobs.conftest import Record, Stream, event

PLAYER = 'o\'hara "x"'


def refused(body: bytes, user_id: str, **request: str) -> Mapping[str, Any]:
    first_line = {"method": "POST", "path": "/events", "host": "game", **request}
    return {
        "reason": "catalog_violation",
        "user_id": user_id,
        "request": first_line,
        "headers": {},
        "body_base64": base64.b64encode(body).decode(),
    }


def records() -> list[Record]:
    """Two events of the player and one of another, a rejected one, and three refusals, two of the player."""
    ours = [event(event_id="a", user_id=PLAYER), event(event_id="b", user_id=PLAYER), event(event_id="c")]
    refusals = [
        refused(b"{}", PLAYER),
        refused(b'{"user_id": "o\'hara \\"x\\"", "price": -1}', "game"),
        refused(b'{"user_id": "somebody"}', "game"),
    ]
    wrong = event(event_id="d", user_id=PLAYER, event_ts="now")
    return [
        *(Record(value=value, offset=offset) for offset, value in enumerate([*ours, wrong])),
        *(Record(value=value, offset=offset, topic=REJECTED_TOPIC) for offset, value in enumerate(refusals)),
    ]


def erase(stream: Stream, name: str = "first") -> None:
    order = EraseOrder(player=PLAYER, erasure_id=name)
    Eraser(spark=stream.spark, catalog=stream.catalog, order=order).run()


@pytest.fixture
def landed(stream: Stream) -> Stream:
    stream.land(0, records()[:2])
    stream.land(1, records()[2:])
    return stream


def noted(stream: Stream) -> list[tuple[Any, ...]]:
    return stream.query(
        "SELECT erasure_id, table_name, topic, kafka_partition, kafka_offset, event_type, event_id_hash"
        " FROM lake.game.erasures ORDER BY table_name, topic, kafka_offset"
    )


def test_the_players_rows_are_gone_and_their_places_are_noted_without_a_name(landed: Stream) -> None:
    erase(landed)

    assert landed.landed_ids() == ["c"]
    left = landed.query("SELECT topic, kafka_offset FROM lake.game.rejected_events")
    assert left == [(REJECTED_TOPIC, 2)]
    assert noted(landed) == [
        ("first", "events", "events", 0, 0, "default", hash_of("a")),
        ("first", "events", "events", 0, 1, "default", hash_of("b")),
        ("first", "rejected_events", "events", 0, 3, None, None),
        ("first", "rejected_events", REJECTED_TOPIC, 0, 0, None, None),
        ("first", "rejected_events", REJECTED_TOPIC, 0, 1, None, None),
    ]


def test_no_file_of_the_tables_holds_the_player_and_no_older_snapshot_is_left(
    landed: Stream, spark: SparkSession
) -> None:
    erase(landed)

    warehouse = Path(str(spark.conf.get("spark.sql.catalog.lake.warehouse")).removeprefix("file://"))
    for table in (events_table(landed.catalog), REJECTED_EVENTS):
        assert spark.table(f"{table.full_name}.snapshots").count() == 1
        files = [str(path) for path in (warehouse / "game" / table.name).rglob("*.parquet")]
        assert "o'hara" not in str(spark.read.parquet(*files).collect())


def test_doing_it_again_changes_nothing_and_the_stream_goes_on(landed: Stream) -> None:
    erase(landed)
    before = noted(landed)
    erase(landed, "second")
    landed.restart()
    landed.land(2, [Record(value=event(event_id="e"), offset=4)])

    assert noted(landed) == before
    assert landed.landed_ids() == ["c", "e"]


def test_one_that_was_cut_off_after_its_notes_is_finished(
    landed: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise InterruptedError

    with monkeypatch.context() as cut:
        cut.setattr("jobs.erase.expire_all_but_the_newest", fail)
        with pytest.raises(InterruptedError):
            erase(landed)
    before = noted(landed)
    erase(landed, "second")

    assert noted(landed) == before
    assert len(landed.query("SELECT * FROM lake.game.rejected_events")) == 1


def test_a_batch_that_landed_in_part_is_not_erased_from(landed: Stream) -> None:
    landed.spark.sql("DELETE FROM lake.game.batches WHERE until_offset > 2")

    with pytest.raises(LakeConflict, match="in part"):
        erase(landed)


CATALOG = parse_catalog(
    {
        "event": {
            "signup": {
                "summary": "x",
                "routes": ["PUT /players/{user_id}/in/{guild}"],
                "fields": {"guild": {"type": "string"}},
            }
        }
    }
)


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ('{"user_id": "ann"}', True),
        ('{"user_id":"ann","price":1}', True),
        ("price=1&user_id=ann", True),
        ('{":path":"/x",":query":"user_id=ann&price=1"}', True),
        ('{":path":"/players/ann/in/x"}', True),
        ('{":path":"/players/anna/in/x"}', False),
        ('{":path":"/ann"}', False),
        ('{"user_id": "anna"}', False),
        ('{"user_id": "joann"}', False),
        ('{"guild": "ann"}', False),
    ],
)
def test_a_refusal_names_its_player_in_its_bytes_or_in_its_path(text: str, is_named: bool) -> None:  # noqa: FBT001 - parametrized
    pattern = said_pattern(CATALOG, "ann").replace("\\Q", "").replace("\\E", "")

    assert bool(re.search(pattern, text)) is is_named
