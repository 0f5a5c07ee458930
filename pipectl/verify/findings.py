"""What verification finds: counts, differences, and checks that could not be made. Frozen values only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pipectl.verify.versions import Rewritten


class Kind(StrEnum):
    """The kinds of difference."""

    GAP = "gap"
    """Offsets that no range of the ledger has."""
    OVERLAP = "overlap"
    """Offsets that two ranges of the ledger have."""
    AHEAD = "ahead"
    """Offsets that the ledger has and Kafka never gave."""
    CLASS_SUM = "class_sum"
    """The classes of a range do not add up to its width."""
    MISSING_ROWS = "missing_rows"
    """A table has fewer rows of a range than the ledger says."""
    EXTRA_ROWS = "extra_rows"
    """A table has more rows of a range than the ledger says."""
    DUPLICATE_ROW = "duplicate_row"
    """An event, or an offset, stands in a table twice."""
    MISSING_FILE = "missing_file"
    """A data file that a table names is not in HDFS, or not whole."""
    WRONG_CLASS = "wrong_class"
    """A record read again from Kafka belongs to another class than it was given."""
    WRONG_ROW = "wrong_row"
    """A row is not the record at its offset."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing that is not as it should be, in a sentence, and the same for machines."""

    kind: Kind
    message: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many records are in each class; each is counted by itself, none comes from a subtraction."""

    accepted: int = 0
    landed: int = 0
    not_selected: int = 0
    rejected: int = 0
    duplicates: int = 0

    @property
    def is_balanced(self) -> bool:
        """Say whether every accepted record is in one class."""
        return self.accepted == self.landed + self.not_selected + self.rejected + self.duplicates

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            accepted=self.accepted + other.accepted,
            landed=self.landed + other.landed,
            not_selected=self.not_selected + other.not_selected,
            rejected=self.rejected + other.rejected,
            duplicates=self.duplicates + other.duplicates,
        )


@dataclass(frozen=True, kw_only=True)
class Verification:
    """The whole result.

    `refused` are the records of topic events-rejected that the lake has; `pending` are records of both
    topics that the ledger does not have yet, which is no difference. `skipped` says which checks could not
    be made, and why; `read_again` counts the records that a second reader took from Kafka. `rewritten` are
    ids that were sent again with other content, which is the senders' affair: the first version has landed.
    `erased` are rows that the ledger counts and that were taken out with `pipectl erase`.
    """

    counts: Counts
    refused: int
    pending: int
    files: int
    read_again: int
    deep: bool
    differences: tuple[Difference, ...] = ()
    erased: int = 0
    skipped: tuple[str, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()

    @property
    def is_good(self) -> bool:
        """Say whether everything was checked and nothing differs."""
        return not self.differences and not self.skipped


def show_ranges(ranges: Iterable[range]) -> str:
    """Write ranges of offsets as a person reads them: `[0, 10), [20, 30)`."""
    return ", ".join(f"[{offsets.start}, {offsets.stop})" for offsets in ranges)
