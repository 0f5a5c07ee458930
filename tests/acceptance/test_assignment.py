"""The assignment's own commands on a fresh stack, and what has to be in Presto afterwards."""

import json
from pathlib import Path

import duckdb
import pytest
import requests

from pipectl import kafka
from pipectl.catalog import EVENTS_TOPIC
from pipectl.services.hdfs import connect
from tests.harness import Stack

HOSTS = "'user1.comcast.com', 'user2.att.com'"


def test_ab_sees_no_failed_and_no_refused_request(assigned_requests: list[str]) -> None:
    assert len(assigned_requests) == 8
    for printed in assigned_requests:
        assert "Complete requests:      10" in printed
        assert "Failed requests:        0" in printed
        assert "Non-2xx" not in printed


def test_events_from_before_the_first_start_of_the_stream_land_each_once(stack: Stack) -> None:
    answer = stack.json(
        "sql", f"select event_type, host, count(*) from events where host in ({HOSTS}) group by 1, 2"
    )
    rows = {tuple(row.values()) for row in answer["data"]["rows"]}
    expected = {("default", 10), ("purchase_sword", 10), ("join_guild", 20)}
    hosts = ("user1.comcast.com", "user2.att.com")
    assert rows == {(kind, host, count) for host in hosts for kind, count in expected}


def test_an_event_carries_where_it_came_from_and_its_fields(stack: Stack) -> None:
    row = stack.presto.query(
        "select user_id, user_agent, accept, method, path, sword_type, price, traffic, id_source from events"
        " where event_type = 'purchase_sword' and host = 'user1.comcast.com' limit 1"
    ).rows[0]
    assert row[0] == "user1.comcast.com"
    assert row[1].startswith("ApacheBench/")
    assert row[2:] == ("*/*", "GET", "/purchase_a_sword", "short_sword", 100, "player", "collector")


def test_the_columns_of_another_event_type_are_null(stack: Stack) -> None:
    assert stack.count("event_type = 'join_guild' and price is not null") == 0


@pytest.mark.parametrize("path", ["/", "/purchase_a_sword"])
def test_a_person_gets_a_friendly_line_and_a_program_gets_json(stack: Stack, path: str) -> None:
    text = requests.get(stack.url + path, timeout=10)
    assert text.headers["content-type"].startswith("text/plain")
    assert text.text.strip().endswith("!")
    answer = requests.get(stack.url + path, headers={"Accept": "application/json"}, timeout=10)
    assert answer.json()["event_id"]


def test_the_same_purchase_by_query_json_form_and_path_gives_the_same_row(stack: Stack) -> None:
    url, user = f"{stack.url}/purchase_a_sword", "four-ways"
    wanted: dict[str, str | int] = {"sword_type": "katana é", "price": 120}
    headers = {"X-User-Id": user}
    answers = [
        requests.get(url, params=wanted, headers=headers, timeout=10),
        requests.post(url, json=wanted, headers=headers, timeout=10),
        requests.post(url, data=wanted, headers=headers, timeout=10),
        requests.post(f"{url}/katana%20%C3%A9", json={"price": 120}, headers=headers, timeout=10),
    ]
    assert all(answer.ok for answer in answers)
    stack.pipectl("drain")
    rows = stack.presto.query(
        f"select distinct sword_type, price, quantity, payload_hash from events where user_id = '{user}'"
    ).rows
    assert [row[:3] for row in rows] == [("katana é", 120, 1)]
    assert stack.count(f"user_id = '{user}'") == 4


def test_a_mistake_is_answered_with_its_reason_kept_and_counted(stack: Stack) -> None:
    answer = requests.post(f"{stack.url}/purchase_a_sword", json={"price": -1, "sword_typ": "x"}, timeout=10)
    assert answer.status_code == 422
    assert {error["path"] for error in answer.json()["errors"]} == {"$.price", "$.sword_typ"}
    stack.pipectl("drain")
    kept = stack.presto.query("select raw from rejected_events where stage = 'collector'").rows
    assert {"price": -1, "sword_typ": "x"} in [json.loads(raw) for (raw,) in kept]


def test_no_cookie_and_no_authorization_reaches_kafka(stack: Stack) -> None:
    secret = "hunter2-never-stored"  # noqa: S105 - a canary
    headers = {"Cookie": secret, "Authorization": f"Bearer {secret}", "X-User-Id": "canary"}
    assert requests.get(f"{stack.url}/", headers=headers, timeout=10).ok
    ends = kafka.end_offsets(stack.bootstrap)
    values = [
        record.value or b""
        for (topic, partition), end in ends.items()
        for record in kafka.read_records(stack.bootstrap, topic, partition, 0, end)
    ]
    assert any(b"canary" in value for value in values)
    assert not any(secret.encode() in value for value in values)


def test_another_engine_reads_the_same_rows_from_the_data_files(stack: Stack, tmp_path: Path) -> None:
    stack.pipectl("drain")  # so that nothing lands between the list of files and the count
    hdfs = connect(stack.settings)
    paths = stack.presto.query('select file_path from "events$files"').rows
    for number, (path,) in enumerate(paths):
        (tmp_path / f"{number}.parquet").write_bytes(hdfs.read_bytes(path))
    with duckdb.connect() as database:
        counted = database.execute(
            "select count(*) from read_parquet(?)", [f"{tmp_path}/*.parquet"]
        ).fetchone()
    assert counted == (stack.count(),)


def test_the_topic_was_made_with_the_partitions_of_the_settings(stack: Stack) -> None:
    partitions = [number for topic, number in kafka.end_offsets(stack.bootstrap) if topic == EVENTS_TOPIC]
    assert sorted(partitions) == [0, 1, 2, 3]
