"""doctor: what a stack needs of this machine."""

import typer

from pipectl.cli.session import Session, command
from pipectl.runtimes.doctor import as_error, examine


def register(app: typer.Typer) -> None:
    """Add the commands of this noun."""
    command(app, "doctor")(doctor)


def doctor(session: Session) -> None:
    """Look at all that a stack needs of this machine, and say what to do about what is missing."""
    findings = examine(session.settings)
    for finding in findings:
        show = session.console.done if finding.is_good else session.console.bad
        show(f"{finding.subject}: {finding.detail}", finding.do_next)
    bad = [finding for finding in findings if not finding.is_good]
    if bad:
        raise as_error(bad)
    session.console.finish({"findings": [vars(finding) for finding in findings]})
