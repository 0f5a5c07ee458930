"""What `verify` looked at and what it found, as the lines of a table."""

from dataclasses import dataclass

from pipectl.verify import Kind, Verification


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was checked, whether it holds, and what was looked at."""

    name: str
    is_good: bool
    saw: str


_LEDGER = (Kind.GAP, Kind.OVERLAP, Kind.AHEAD, Kind.CLASS_SUM)
_ROWS = (Kind.MISSING_ROWS, Kind.EXTRA_ROWS, Kind.DUPLICATE_ROW)
_RECORDS = (Kind.WRONG_CLASS, Kind.WRONG_ROW)
_FILES = (Kind.MISSING_FILE,)


def checks_of(verification: Verification) -> tuple[Check, ...]:
    """Return the checks in the order of the way of an event, each with what it saw."""
    counts = verification.counts
    ledger = f"{counts.accepted:,} accepted and {verification.refused:,} refused records"
    rows = f"{counts.landed:,} rows landed, {counts.rejected + verification.refused:,} kept as rejected"
    scope = (
        "all that Kafka still holds"
        if verification.deep
        else "those without a row, in ranges with duplicates"
    )
    return (
        _check(
            verification,
            "The ledger's ranges have no gap and no overlap, its classes add up",
            _LEDGER,
            ledger,
        ),
        _check(verification, "The tables have the rows that the ledger says, each once", _ROWS, rows),
        _check(
            verification,
            "Records read again by a second client are in the class and the row they should be",
            _RECORDS,
            f"{verification.read_again:,} records: {scope}",
        ),
        _check(
            verification,
            "Every data file that the tables name is in HDFS",
            _FILES,
            f"{verification.files:,} files",
        ),
    )


def _check(verification: Verification, name: str, kinds: tuple[Kind, ...], saw: str) -> Check:
    broken = sum(difference.kind in kinds for difference in verification.differences)
    return Check(name=name, is_good=not broken, saw=f"{saw}; {broken:,} differences" if broken else saw)
