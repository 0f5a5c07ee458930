"""cost: CPU seconds for a million events, from the request to the row, of all processes that have part in it.

Of pipectl everything counts: collector, Kafka, HDFS, Spark, Presto, the store of players, the supervisor.
Of the usual shape only its own server and job do, and not their part of Kafka and HDFS: pipectl's stream asks
these too while it has nothing to do, and who caused what cannot be told apart. So the ratio is rather small.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial

from pipectl.bench.suite.events import FIVE_TYPES
from pipectl.bench.suite.http import Server, collector, get_run, measure, reference
from pipectl.bench.suite.lab import Lab
from pipectl.bench.suite.measured import Benchmark, Effort, Measured
from pipectl.bench.suite.processes import cpu_seconds, group_of
from pipectl.bench.suite.rounds import Arm, Sample, run_rounds
from pipectl.bench.suite.spark import reference_job, started
from pipectl.bench.suite.verdict import Question, Steadiness
from pipectl.hdfs import Hdfs
from pipectl.runtimes.streaming import drain
from pipectl.services.hdfs import namenode_url
from pipectl.waiting import wait_until

_OURS, _USUAL = 30_000, 3_000  # three to five seconds each
_TOPIC = "usual-cost"
_TYPE = FIVE_TYPES[0]
_FOLDER = "/reference"
_CHECKPOINT = f"{_FOLDER}/checkpoints/{_TYPE}"
_TRIGGER_SECONDS = 10  # as the usual job has it; so often it writes a file
_TIMEOUT_SECONDS = 120


def cost(lab: Lab, effort: Effort) -> Measured:
    """Send requests to each pipeline in turn, and count until the last event of them has landed."""
    lab.start_stream()
    with ExitStack() as both:
        server = both.enter_context(reference(lab, "usual", "usual_server.py", lab.bootstrap, _TOPIC))
        usual = both.enter_context(_with_job(lab, server))
        own = replace(collector(lab), group=lab.processes)
        ours = partial(_measure, own, _OURS * effort.scale, partial(drain, lab.settings))
        theirs = partial(_measure, usual, _USUAL * effort.scale, partial(_await_usual, lab))
        arms = [
            Arm(name="pipectl", measure=ours),
            Arm(name="pipectl again", measure=ours),
            Arm(name="usual", measure=theirs),
        ]
        samples = run_rounds(arms, effort.rounds, on_turn=effort.on_turn)
    return Measured(
        samples=samples,
        questions=(
            Question(
                label="less CPU a million events than the usual server and job",
                figure="cpu_s_per_million",
                arm="pipectl",
                against="usual",
                target=None,
                less_is_better=True,
            ),
        ),
        steadiness=Steadiness(arm="pipectl", again="pipectl again"),
    )


def _measure(server: Server, requests: int, await_landed: Callable[[], object]) -> Sample:
    began, before = time.monotonic(), cpu_seconds(server.group())
    measure(server, get_run(server.url, requests))
    await_landed()
    used = cpu_seconds(server.group()) - before
    return {"cpu_s_per_million": used * 1e6 / requests, "seconds": time.monotonic() - began}


@contextmanager
def _with_job(lab: Lab, server: Server) -> Iterator[Server]:
    """Run the usual job behind a server until the block ends; both are then what an event costs."""
    lab.hdfs.delete(_FOLDER, recursive=True)
    folder = f"{namenode_url(lab.settings)}{_FOLDER}"
    job = reference_job(lab, "usual_job.py", folder, _TOPIC, str(_TRIGGER_SECONDS), _TYPE)
    with started(job) as pid:
        yield replace(server, group=lambda: [*server.group(), *group_of(pid)])


def _await_usual(lab: Lab) -> None:
    sent = lab.records(_TOPIC)
    wait_until(
        lambda: landed_records(lab.hdfs, _CHECKPOINT) >= sent,
        timeout_seconds=_TIMEOUT_SECONDS,
        message="The usual job has not landed everything.",
    )


def landed_records(hdfs: Hdfs, checkpoint: str) -> int:
    """Return how many records a query of Spark has landed: those up to the last batch that is committed."""
    names = (file.path.rpartition("/")[2] for file in hdfs.list(f"{checkpoint}/commits"))
    commits = [int(name) for name in names if name.isdecimal()]
    return offsets_sum(hdfs.read_bytes(f"{checkpoint}/offsets/{max(commits)}").decode()) if commits else 0


def offsets_sum(text: str) -> int:
    """Return the sum of the offsets that a file of Spark's offset log names in its last line."""
    topics = json.loads(text.splitlines()[-1])
    return sum(offset for partitions in topics.values() for offset in partitions.values())


COST = Benchmark(
    name="cost",
    summary="CPU seconds for a million events from the request to the row",
    run=cost,
    needs=("ab", "flask"),
    lands_events=True,
)
