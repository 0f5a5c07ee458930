"""The first steps of a stack that nobody brings up from outside: its topics and the folder of its lake.

    python3 -m pipectl.services.first_steps KAFKA PARTITIONS NAMENODE_URL NAMENODE_WEB_URL

`docker compose` starts it once, beside the engines; it waits for them, and running it again changes
nothing. `pipectl up` does the same through the recipes.
"""

import sys

from pipectl import kafka
from pipectl.hdfs import Hdfs
from pipectl.lake.tables import SCHEMA
from pipectl.waiting import wait_until

_TIMEOUT_SECONDS = 120.0


def take_first_steps(bootstrap: str, partitions: int, hdfs: Hdfs) -> None:
    """Make what is missing; blocks until the engines answer, at most two minutes for each."""

    def make_topics() -> bool:
        kafka.ensure_topics(bootstrap, partitions)
        return True

    def make_folder() -> bool:
        hdfs.make_folder(f"/lake/{SCHEMA}")
        return True

    wait_until(make_topics, timeout_seconds=_TIMEOUT_SECONDS, message="Kafka does not take the topics.")
    wait_until(make_folder, timeout_seconds=_TIMEOUT_SECONDS, message="HDFS does not take the folder.")


if __name__ == "__main__":
    take_first_steps(sys.argv[1], int(sys.argv[2]), Hdfs(*sys.argv[3:]))
