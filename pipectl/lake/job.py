"""What the jobs are told: the job file of the stream, written by its recipe, and orders for other jobs."""

import json
from dataclasses import asdict, dataclass
from typing import Literal, cast, get_args

from pipectl.errors import UsageFault

REFUSED_EXIT_CODE = 78
"""The job saw that going on would harm the lake; to start it again by itself would not help (EX_CONFIG)."""

Task = Literal["compact", "expire"]
"""What `jobs/maintenance.py` can be told to do."""


@dataclass(frozen=True, kw_only=True)
class UpkeepPolicy:
    """How small the lake is kept; see the settings `upkeep`, which it is made of."""

    every_batches: int  # 0: never by itself
    every_files: int  # added since the last time: then before that
    file_mb: int
    keep_hours: float
    keep_snapshots: int


@dataclass(frozen=True, kw_only=True)
class StreamJob:
    """One streaming job. Paths and addresses are absolute; the job looks at no settings of its own."""

    bootstrap_servers: str
    warehouse: str  # URL of the lake's folder
    checkpoint: str  # URL; on the same file system as the lake, so that they live and die together
    catalog_file: str
    select: Literal["all"] | tuple[str, ...]
    trigger_seconds: float
    max_records_per_batch: int
    lookup_window_seconds: int
    watchdog_seconds: int
    master: str
    driver_memory_mb: int
    java_options: tuple[str, ...]  # of the driver's JVM, beside those that the job sets itself
    jars_folder: str
    class_archives: str  # folder of the class archives that jobs leave for later ones
    lock_file: str  # held by the job's JVM for as long as it lives: one writer per lake
    local_folder: str  # Spark's scratch space
    store_url: str  # of the player state
    store_namespace: str
    state_cycle_seconds: float
    upkeep: UpkeepPolicy
    once: bool = False  # stop when all that is in Kafka at the start has been landed

    def to_json(self) -> str:
        """Return the text of the job file."""
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> "StreamJob":
        """Read the text of a job file; raises UsageFault if it is none."""
        try:
            values = json.loads(text)
            values["select"] = "all" if values["select"] == "all" else tuple(values["select"])
            values["java_options"] = tuple(values["java_options"])
            values["upkeep"] = UpkeepPolicy(**values["upkeep"])
            return cls(**values)
        except (ValueError, KeyError, TypeError) as error:
            raise UsageFault(
                "The job file cannot be read.",
                evidence=f"{type(error).__name__}: {error}",
                do_next="Run: pipectl stream start   (it writes a new one)",
            ) from error


@dataclass(frozen=True, kw_only=True)
class EraseOrder:
    """Whom to erase, and the name of this erasure, which says nothing of whom."""

    player: str
    erasure_id: str

    def to_json(self) -> str:
        """Return the text of the order file, which the job deletes when it is done."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "EraseOrder":
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))


def parse_task(text: str) -> Task:
    """Read the word of a task file; raises UsageFault if it is none."""
    word = text.strip()
    if word not in get_args(Task):
        raise UsageFault(f"There is no task `{word}`.", do_next=f"Tasks: {', '.join(get_args(Task))}")
    return cast("Task", word)
