"""The log of a job: standard output, one JSON object a line."""

import json
import sys
from datetime import UTC, datetime


def log(event: str, **facts: object) -> None:
    """Write one line of the service's log."""
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
