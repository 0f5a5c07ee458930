import os
import threading

import psutil

from pipectl.bench.suite.memory import shares
from pipectl.bench.suite.processes import memory_bytes, memory_watched
from pipectl.waiting import wait_until


def test_a_shared_page_counts_in_part_in_pss_and_whole_in_rss() -> None:
    pss, rss = memory_bytes([psutil.Process(os.getpid())])

    assert 0 < pss <= rss


def test_shares_are_named_from_the_largest_down() -> None:
    assert shares({"redis": 10_000_000, "presto": 600_400_000}) == "presto 600 MB, redis 10 MB"


def test_memory_is_read_until_the_block_ends() -> None:
    with memory_watched(lambda: [psutil.Process(os.getpid())], every_seconds=0.001) as readings:
        wait_until(lambda: len(readings) > 2, timeout_seconds=10, message="Nothing was read.")

    assert [reading.at for reading in readings] == sorted(reading.at for reading in readings)
    assert "memory" not in {thread.name for thread in threading.enumerate()}
