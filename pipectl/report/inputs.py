"""What the report is given; it looks nothing up in settings, services or runtimes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pipectl.catalog import Catalog
from pipectl.lake.presto import Parameter, Result


class Lake(Protocol):
    """The seam to Presto: `pipectl.lake.presto.Presto`, or a table of canned results in a test."""

    @property
    def host(self) -> str:
        """Where Presto answers; the notebook connects there by itself."""

    @property
    def port(self) -> int:
        """The port of it."""

    def query(self, sql: str, **parameters: Parameter) -> Result:
        """Run one statement and return all of its rows; raises PipectlError with the reason.

        May be called from several threads.
        """


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command that was run, or that repeats the run, and how long it took."""

    command: str
    purpose: str = ""
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """A command that was typed for this folder, what it is for, what it answered, and its exit code."""

    command: str
    purpose: str
    output: str
    exit_code: int

    @property
    def shown(self) -> str:
        """The command and its output as a terminal shows them; of a failure also the exit code."""
        ended = f"\n(exit code {self.exit_code})" if self.exit_code else ""
        return f"$ {self.command}\n{self.output.rstrip()}{ended}"


REPEAT = (
    Step(command="pipectl up", purpose="start every engine and the collector"),
    Step(command="pipectl stream start", purpose="start the job between Kafka and the lake"),
    Step(command="pipectl load --profile smoke", purpose="send requests with Apache Bench"),
    Step(command="pipectl drain", purpose="wait until all that was accepted is in the ledger"),
    Step(command="pipectl verify", purpose="prove that nothing was lost or doubled"),
    Step(command="pipectl report", purpose="write this report"),
)
"""The commands that make a report like this one, for when no list of steps is given."""


@dataclass(frozen=True, kw_only=True)
class ReportInput:
    """Everything that a report is made from, but for what `verify` finds meanwhile.

    `versions` maps the name of a component (see `explain.COMPONENTS`) to its version, `absent` names those
    that the stack does without; `steps` are the commands that were run, with their seconds, and `REPEAT`
    when nobody kept a list.
    """

    stack: str
    presto: Lake
    bootstrap_servers: str
    catalog: Catalog
    versions: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    steps: tuple[Step, ...] = REPEAT

    @property
    def steps_were_run(self) -> bool:
        """Tell whether the steps are a record of what was done, and not a proposal."""
        return any(step.seconds is not None for step in self.steps)
