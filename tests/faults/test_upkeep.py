"""Upkeep while a client sends and a reader polls, cut off in the middle, and from the command line."""

import itertools
import signal
import subprocess
import threading
from collections.abc import Iterator

import pytest

from pipectl.errors import OperationFailed
from pipectl.waiting import wait_until
from tests.harness import PIPECTL, Stack
from tests.traffic import Reader, Sender, await_progress, landed_twice, missing_from

KILLS = 3
FEWEST_FILES = 3  # so many small files in a day are put together
_LOGGED_SECONDS = 90


@pytest.fixture(scope="module")
def busy(stack: Stack) -> Iterator[Stack]:
    """The stack with a stream that does upkeep every few seconds; the usual one afterwards."""
    stack.pipectl("stream", "start", PIPECTL_UPKEEP__EVERY_BATCHES="3")
    yield stack
    stack.pipectl("stream", "start")


def times_logged(stack: Stack, words: str) -> int:
    return stack.pipectl("logs", "stream", "--lines", "5000").stdout.count(words)


def await_logged(stack: Stack, words: str) -> None:
    """Wait until the stream logs these words once more than now."""
    command = (PIPECTL, "logs", "stream", "--follow", "--lines", "1")
    with subprocess.Popen(command, env=stack.environment, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        deadline = threading.Timer(_LOGGED_SECONDS, following.kill)
        deadline.start()
        try:
            from_now_on = itertools.islice(following.stdout, 1, None)
            assert any(words in line for line in from_now_on), f"The stream does not log {words}."
        finally:
            deadline.cancel()
            following.kill()


def test_compaction_killed_in_the_middle_harms_nothing_and_no_reader_notices(busy: Stack) -> None:
    """Send and poll; kill the driver's JVM as it begins upkeep, thrice; let it finish one; compare ids."""
    with Sender(busy.url) as sender, Reader(busy.presto) as reader:
        for _ in range(KILLS):
            await_logged(busy, '"upkeep_begins"')
            java = next(each for each in busy.processes("stream") if each.name() == "java")
            java.send_signal(signal.SIGKILL)
            await_progress(busy.presto, sender)
        cut_off = times_logged(busy, '"upkeep_failed"')  # the driver may live to say that its JVM is gone
        await_logged(busy, '"what": "rewrite_data_files", "table": "events"')
        await_progress(busy.presto, sender)
    busy.pipectl("drain")
    assert times_logged(busy, '"upkeep_failed"') == cut_off <= KILLS
    assert missing_from(busy.presto, sender.acknowledged) == set()
    assert landed_twice(busy.presto) == []
    assert reader.failures == []
    assert reader.counts == sorted(reader.counts)
    assert busy.json("verify", "--deep")["status"] == "ok"
    assert busy.json("state", "verify")["status"] == "ok"


def test_the_commands_refuse_beside_the_stream_and_work_in_its_place(busy: Stack) -> None:
    refusal = busy.json("lake", "compact", expect=OperationFailed.exit_code)
    assert "stream stop" in refusal["error"]["next"]
    rows = busy.count()
    busy.pipectl("stream", "stop")

    compacted = busy.json("lake", "compact")["data"]["after"]
    expired = busy.json("lake", "expire")["data"]["after"]
    listed = busy.json("lake", "ls")["data"]

    assert all(table["most_files_a_partition"] < FEWEST_FILES for table in compacted.values())
    assert listed == expired
    assert listed["events"]["records"] == rows == busy.count()
    assert busy.json("verify")["status"] == "ok"
    busy.pipectl("stream", "start")
    busy.pipectl("drain")
    assert busy.json("verify", "--deep")["status"] == "ok"


def test_a_stream_at_rest_compacts_what_the_last_batches_left(busy: Stack) -> None:
    """Neither so many batches nor so many files make upkeep due any sooner."""
    files = sum(table["files"] for table in busy.json("lake", "ls")["data"].values())
    more = {"PIPECTL_UPKEEP__EVERY_BATCHES": "1000000", "PIPECTL_UPKEEP__EVERY_FILES": str(3 * files)}
    busy.pipectl("stream", "start", expect=0, **more)
    begun = times_logged(busy, '"upkeep_begins"')

    busy.pipectl("events", "send", "default")
    busy.pipectl("drain")

    wait_until(
        lambda: times_logged(busy, '"upkeep_begins"') > begun,
        timeout_seconds=_LOGGED_SECONDS,
        message="The stream at rest does no upkeep.",
    )
    assert busy.json("verify")["status"] == "ok"
