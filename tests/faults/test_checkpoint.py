"""The ledger, not the checkpoint, decides what has landed."""

from pipectl.services.hdfs import connect
from pipectl.waiting import wait_until
from tests.harness import Stack
from tests.traffic import Sender, landed_twice, missing_from

CHECKPOINT = "/checkpoints/events"


def send_some(stack: Stack) -> set[str]:
    with Sender(stack.url) as sender:
        wait_until(
            lambda: len(sender.acknowledged) > 200, timeout_seconds=60, message="Nothing is acknowledged."
        )
    return sender.acknowledged


def check_each_landed_once(stack: Stack, ids: set[str]) -> None:
    stack.pipectl("drain")
    assert missing_from(stack.presto, ids) == set()
    assert landed_twice(stack.presto) == []
    assert stack.json("verify")["status"] == "ok"


def test_a_batch_whose_commit_was_forgotten_is_not_landed_again(stack: Stack) -> None:
    """Stop the stream, delete the newest file of the checkpoint's commits, start it again."""
    ids = send_some(stack)
    stack.pipectl("drain")
    stack.pipectl("stream", "stop")
    hdfs = connect(stack.settings)
    commits = [
        file.path for file in hdfs.list(f"{CHECKPOINT}/commits") if file.path.rpartition("/")[2].isdigit()
    ]
    assert hdfs.delete(max(commits, key=lambda path: int(path.rpartition("/")[2])))
    stack.pipectl("stream", "start")
    check_each_landed_once(stack, ids | send_some(stack))


def test_a_lost_checkpoint_is_made_again_from_the_ledger(stack: Stack) -> None:
    ids = send_some(stack)
    stack.pipectl("drain")
    stack.pipectl("stream", "stop")
    assert connect(stack.settings).delete(CHECKPOINT, recursive=True)
    ids |= send_some(stack)
    stack.pipectl("stream", "start")
    check_each_landed_once(stack, ids)
