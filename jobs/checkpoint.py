"""Spark's checkpoint, as far as the ledger has to agree with it: who the query is, which ranges it planned.

metadata              the query's id, stable for as long as the checkpoint is
sources/0/0           where the Kafka source began
offsets/<batch id>    where that batch ends, written before the batch runs
commits/<batch id>    written after it has run
"""

import json

from jobs.jvm import Files
from jobs.ranges import Batch, Positions, between, parse_positions


class Checkpoint:
    """Reads a checkpoint folder; never writes into it."""

    def __init__(self, files: Files, url: str) -> None:
        """Look at nothing yet: the folder may be made later, by Spark."""
        self._files = files
        self._url = url
        self._latest: tuple[int, Positions] | None = None

    def batch(self, batch_id: int) -> Batch:
        """Return the batch as it was planned."""
        ends = self._ends_of(batch_id)
        ranges = between(self._starts_of(batch_id), ends)
        self._latest = batch_id, ends
        return Batch(query_id=self.query_id(), batch_id=batch_id, ranges=ranges)

    def next_batch(self) -> Batch | None:
        """Return the batch with which Spark will go on, None if it has planned none.

        If the last planned batch has run, the next one is not planned yet: then all ranges are empty, and
        lie where it will begin.
        """
        last = max(self._batch_ids("offsets"), default=None)
        if last is None:
            return None
        planned = self.batch(last)
        if last not in self._batch_ids("commits"):
            return planned
        return Batch(query_id=planned.query_id, batch_id=last + 1, ranges=between(planned.ends, planned.ends))

    def query_id(self) -> str:
        """Return the id of the query whose checkpoint this is."""
        return str(json.loads(self._files.read_text(f"{self._url}/metadata"))["id"])

    def set_aside(self) -> str:
        """Give the folder another name, so that Spark begins a new one; return that name.

        One is kept, to be looked at: the ledger knows all that any of them knew.
        """
        aside = f"{self._url}-set-aside"
        self._files.delete(aside)
        self._files.rename(self._url, aside)
        self._latest = None
        return aside

    def exists(self) -> bool:
        """Say whether there is a checkpoint."""
        return self._files.exists(self._url)

    def _starts_of(self, batch_id: int) -> Positions:
        if self._latest and self._latest[0] == batch_id - 1:
            return self._latest[1]
        return self._ends_of(batch_id - 1) if batch_id > 0 else self._read_positions("sources/0/0")

    def _ends_of(self, batch_id: int) -> Positions:
        return self._read_positions(f"offsets/{batch_id}")

    def _read_positions(self, name: str) -> Positions:
        # The positions are the last line, after a version and the batch's own settings.
        return parse_positions(self._files.read_text(f"{self._url}/{name}").splitlines()[-1])

    def _batch_ids(self, folder: str) -> set[int]:
        return {int(name) for name in self._files.names(f"{self._url}/{folder}") if name.isdecimal()}
