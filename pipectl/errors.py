"""What can go wrong, as a tree; each leaf carries the exit code that a shell sees.

    PipectlError
    ├── OperationFailed         1   it was tried and it failed
    │   ├── ServiceFailed       1   an engine died or did not answer in time
    │   ├── ToolMissing         1   a program, a package or the right Java is not there
    │   ├── QueryFailed         1   Presto refused a query, or could not finish it
    │   ├── PortTaken           1   somebody else listens where a service of ours should
    │   └── LakeConflict        1   the lake refuses: another writer, a lost checkpoint, a gap
    ├── UsageFault              2   wrong words on the command line, or a wrong settings file
    ├── NotRunning              3   the command needs something that is not running
    ├── DifferenceFound         4   verification found a difference
    └── Interrupted           130   Ctrl-C, or a polite end, came before it was done

Only `pipectl.cli.app` turns one of these into an exit.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar


class PipectlError(Exception):
    """A failure that a person can act on: what happened, the evidence, what to do next."""

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "failed"

    def __init__(
        self, what: str, *, evidence: str = "", do_next: str = "", data: Mapping[str, Any] | None = None
    ) -> None:
        """Keep the parts apart so that each printer can lay them out; `data` is for `--json` alone."""
        super().__init__(what)
        self.what = what
        self.evidence = evidence
        self.do_next = do_next
        self.data = data or {}

    def __str__(self) -> str:
        return "\n".join(part for part in (self.what, self.evidence, self.do_next) if part)


class OperationFailed(PipectlError):
    """It was tried and it failed."""


class ServiceFailed(OperationFailed):
    """An engine died or did not answer in time."""

    code = "service_failed"


class ToolMissing(OperationFailed):
    """A program, a package or the right Java is not there."""

    code = "tool_missing"


class QueryFailed(OperationFailed):
    """Presto refused a query, or could not finish it; `error_name` is Presto's own word for why."""

    code = "query_failed"

    def __init__(self, what: str, *, error_name: str = "", evidence: str = "", do_next: str = "") -> None:
        """Keep Presto's name of the error, so that a caller can tell one reason from another."""
        super().__init__(what, evidence=evidence, do_next=do_next)
        self.error_name = error_name


class PortTaken(OperationFailed):
    """Somebody else listens where a service of ours should."""

    code = "port_taken"


class LakeConflict(OperationFailed):
    """The lake refuses: another writer, a lost checkpoint, a gap in the ledger."""

    code = "lake_conflict"


class UsageFault(PipectlError):
    """Wrong words on the command line, or a wrong settings file."""

    exit_code = 2
    code = "usage"


class NotRunning(PipectlError):
    """The command needs something that is not running."""

    exit_code = 3
    code = "not_running"


class DifferenceFound(PipectlError):
    """Verification found a difference."""

    exit_code = 4
    code = "difference"


class Interrupted(PipectlError):
    """Ctrl-C, or a polite end, came before it was done."""

    exit_code = 130
    code = "interrupted"


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str) -> str:
    """Return the hint that names the nearest of the known names; `otherwise` where none is near."""
    nearest = difflib.get_close_matches(name, list(known), n=1)
    return f"Did you mean `{nearest[0]}`?" if nearest else otherwise
