"""What a collector is told at its start: one JSON file, written by whoever starts it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import msgspec

from pipectl.errors import UsageFault


@dataclass(frozen=True, kw_only=True)
class CollectorConfig:
    """Where to listen, where Kafka is, and how much may wait for it."""

    host: str
    port: int
    bootstrap_servers: str
    catalog_file: str
    workers: int = 1
    max_in_flight: int = 10_000  # records that wait for Kafka, in each worker
    kafka_timeout_seconds: float = 10.0
    write_key: str | None = None
    store_url: str | None = None  # of the player state; None: GET /players is not there
    store_namespace: str = ""

    def to_json(self) -> str:
        """Return the text of the file that `from_json` reads."""
        return msgspec.json.format(msgspec.json.encode(self)).decode()

    @classmethod
    def from_json(cls, path: Path) -> Self:
        """Read a configuration file; raises UsageFault when it is missing or wrong."""
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError) as error:
            raise UsageFault(f"The collector's file {path} cannot be read.", evidence=str(error)) from error
