"""What the pipeline could not land, and who has to do something about it."""

from pipectl.report.advice.rules import Certainty, Finding, Rule
from pipectl.report.sums import Records
from pipectl.report.words import counted, percent


def whether_much_is_rejected(ledger: Records, reasons: Records) -> Finding | None:
    """Say how much was rejected or refused, and for what reason most of it."""
    lost, seen = sum(row["rejected"] for row in ledger), sum(row["accepted"] for row in ledger)
    if not seen:
        return None
    if not lost or not reasons:
        return Finding(
            found="Nothing was rejected.",
            certainty=Certainty.COUNTED,
            why=f"{counted(seen, 'records')} of the ledger",
        )
    first = reasons[0]
    return Finding(
        found=f"{counted(lost, 'records')}, {percent(lost / seen)} of all, could not be landed; the most "
        f"frequent reason is {first['reason']} ({first['records']:,}).",
        do="Look at some with `pipectl rejected ls`, mend the sender, and send them again with "
        "`pipectl rejected replay`: they are kept whole.",
        certainty=Certainty.COUNTED,
        why=f"{counted(seen, 'records')} of the ledger, each in one class",
    )


RULES = (
    Rule(
        asks="Is much rejected?",
        needs=("ledger_by_class", "rejected_by_reason"),
        judge=whether_much_is_rejected,
    ),
)
