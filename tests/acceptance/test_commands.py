"""The commands of a first day: load, drain, verify, sql, stream, report."""

import csv
import io
import json
import signal
import subprocess
import uuid

import requests

from pipectl.errors import Interrupted, NotRunning, OperationFailed, UsageFault
from pipectl.lake.job import REFUSED_EXIT_CODE
from tests.harness import PIPECTL, Stack


def test_a_load_lands_whole(stack: Stack) -> None:
    result = stack.json("load", "--profile", "smoke")["data"]
    total = result["total"]
    assert (total["acknowledged"], total["failed"], total["non_2xx"]) == (80, 0, 0)
    stack.pipectl("drain")
    assert stack.count(f"run_id = '{result['run_id']}'") == 80
    assert stack.count(f"run_id = '{result['run_id']}' and traffic <> 'load'") == 0


def test_a_heavy_load_lands_whole_and_verifies(stack: Stack) -> None:
    result = stack.json("load", "--profile", "heavy")["data"]
    total = result["total"]
    assert total["acknowledged"] >= 100_000
    assert (total["failed"], total["non_2xx"]) == (0, 0)
    stack.pipectl("drain")
    assert stack.count(f"run_id = '{result['run_id']}'") == total["acknowledged"]
    counts = stack.json("verify")["data"]["counts"]
    classes = ("landed", "not_selected", "rejected", "duplicates")
    assert counts["accepted"] == sum(counts[name] for name in classes)


def test_an_unknown_profile_or_event_names_the_nearest_right_one(stack: Stack) -> None:
    assert "smoke" in stack.pipectl("load", "--profile", "smokey", expect=UsageFault.exit_code).stderr
    sent = stack.pipectl("events", "send", "purchase_swor", expect=UsageFault.exit_code)
    assert "purchase_sword" in sent.stderr


def test_the_newest_events_are_shown_and_then_those_that_come(stack: Stack) -> None:
    user = f"tailed-{uuid.uuid4()}"
    send = ("events", "send", "join_guild", "--user", user)
    stack.pipectl(*send)
    assert user in stack.json("events", "tail", "--lines", "1")["data"]["records"][0]["value"]
    words = (PIPECTL, "events", "tail", "--lines", "1", "--follow")
    with subprocess.Popen(words, env=stack.environment, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        assert user in following.stdout.readline()
        stack.pipectl(*send, "guild_name=newcomers")
        assert "newcomers" in following.stdout.readline()
        following.send_signal(signal.SIGINT)
    assert following.returncode == Interrupted.exit_code


def test_sql_prints_csv_and_json(stack: Stack) -> None:
    statement = "select 1 as one, 'a,b' as text"
    printed = stack.pipectl("sql", statement, "--format", "csv").stdout
    assert list(csv.reader(io.StringIO(printed))) == [["one", "text"], ["1", "a,b"]]
    assert json.loads(stack.pipectl("sql", statement, "--format", "json").stdout) == {"one": 1, "text": "a,b"}


def test_a_wrong_statement_shows_prestos_reason(stack: Stack) -> None:
    failed = stack.pipectl("sql", "select nothing from nowhere", expect=OperationFailed.exit_code)
    assert "nowhere" in failed.stderr


def test_only_selected_types_land_and_the_others_are_counted(stack: Stack) -> None:
    """Select join_guild alone, send one of each, and select all again."""
    before = stack.json("verify")["data"]["counts"]["not_selected"]
    stack.pipectl("stream", "start", "--select", "join_guild")
    user = f"chooser-{uuid.uuid4()}"
    for path in ("purchase_a_sword", "join_guild"):
        assert requests.get(f"{stack.url}/{path}", headers={"X-User-Id": user}, timeout=10).ok
    stack.pipectl("drain")
    landed = stack.presto.query(f"select event_type from events where user_id = '{user}'").rows
    assert landed == (("join_guild",),)
    stack.pipectl("stream", "start")
    probes = 2  # each start of the stream sends one, which is never selected
    assert stack.json("verify")["data"]["counts"]["not_selected"] == before + 1 + probes


def test_the_job_runs_once_over_what_is_there_and_safely_twice(stack: Stack) -> None:
    stack.pipectl("stream", "stop")
    assert stack.pipectl("drain", expect=NotRunning.exit_code)
    user = f"once-{uuid.uuid4()}"
    assert requests.get(f"{stack.url}/join_guild", headers={"X-User-Id": user}, timeout=10).ok
    for _ in range(2):
        stack.pipectl("stream", "start", "--once")
        assert stack.count(f"user_id = '{user}'") == 1
    stack.pipectl("stream", "start")
    # Each of these jobs ended by itself: so the present one has its classes from an archive.
    jvm = next(process for process in stack.processes("stream") if process.name() == "java")
    assert any(word.startswith("-XX:SharedArchiveFile=") for word in jvm.cmdline())


def test_a_second_stream_on_the_same_lake_is_refused(stack: Stack) -> None:
    """Start the job by hand beside the one that runs: it says who holds the lake, and ends."""
    assert stack.json("stream", "status")["status"] == "ok"
    second = stack.run_second_stream()
    assert second.returncode == REFUSED_EXIT_CODE
    assert "Another process writes to this lake" in second.stderr
    assert stack.json("stream", "status")["status"] == "ok"


def test_a_proxy_of_the_surroundings_is_not_asked_for_this_machine(stack: Stack) -> None:
    nowhere = "http://127.0.0.1:9"
    for words in (("status",), ("sql", "select 1"), ("verify",)):
        stack.pipectl(*words, http_proxy=nowhere, HTTP_PROXY=nowhere, all_proxy=nowhere)


def test_stream_status_tells_lag_and_last_batch(stack: Stack) -> None:
    stack.pipectl("drain")
    told = stack.json("stream", "status")["data"]
    assert told["lag"] == 0
    assert told["last_batch"] >= 0


def test_a_report_is_written_from_the_running_stack(stack: Stack) -> None:
    folder = stack.home / "report"
    stack.pipectl("report", "--out", str(folder))
    page = (folder / "report.html").read_text("utf-8")
    assert "purchase_sword" in page
    notebook = json.loads((folder / "report.ipynb").read_text("utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    assert outputs
    assert not [output for output in outputs if output["output_type"] == "error"]
