"""The one way to wait for a condition, and for a turn; there is no other sleep loop in the project."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pipectl.errors import OperationFailed

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T],
    *,
    timeout_seconds: float,
    message: str,
    pause_seconds: float = 0.1,
    watch: Callable[[], None] = lambda: None,
) -> T:
    """Block until `condition` returns something true, and return that.

    An exception from `condition` counts as "not yet"; the last one becomes the cause of the
    OperationFailed raised after `timeout_seconds` (monotonic clock). `watch` is called before each
    try and ends the wait at once by raising: it is where a caller notices that a process died.
    """
    deadline = time.monotonic() + timeout_seconds
    last_error: Exception | None = None
    while True:
        watch()
        try:
            if result := condition():
                return result
        except Exception as error:  # noqa: BLE001 - whatever failed is the reason shown at the deadline
            last_error = error
        if time.monotonic() >= deadline:
            evidence = f"Last error: {last_error}" if last_error else ""
            raise OperationFailed(message, evidence=evidence) from last_error
        time.sleep(pause_seconds)


@contextmanager
def one_at_a_time(lock_file: Path) -> Iterator[None]:
    """Block until no other process or thread holds this file; hold it until the block ends.

    Makes the file and its folder, which stay. Raises OSError if it cannot.
    """
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
