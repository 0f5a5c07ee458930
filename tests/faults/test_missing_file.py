"""A data file that is gone is found and named, with all that was in it."""

import uuid

import requests

from pipectl.errors import DifferenceFound
from pipectl.services.hdfs import connect
from tests.harness import Stack


def test_verify_names_a_lost_data_file_its_records_and_their_ids(stack: Stack) -> None:
    """Land known ids, remove their file by hand, verify, and put it back."""
    ids = {str(uuid.uuid4()) for _ in range(50)}
    events = [{"event_type": "default", "event_id": event_id, "user_id": "lost"} for event_id in ids]
    requests.post(f"{stack.url}/events", json=events, timeout=30).raise_for_status()
    stack.pipectl("drain")
    lost = stack.presto.query("select distinct \"$path\" from events where user_id = 'lost'").rows
    assert len(lost) == 1
    hdfs, path = connect(stack.settings), lost[0][0]
    content = hdfs.read_bytes(path)
    assert hdfs.delete(path)
    try:
        told = stack.json("verify", expect=DifferenceFound.exit_code)
    finally:
        hdfs.write_bytes(path, content)
    text = str(told)
    assert path.rpartition("/")[2] in text
    assert "50" in text
    assert all(event_id in text for event_id in ids)
    assert stack.json("verify")["status"] == "ok"
