"""ingest, ingest-keepalive, batch: what ab measures of the collector, and of servers to compare it with."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import cast

import psutil

from pipectl import kafka
from pipectl.bench.ab import AbRun
from pipectl.bench.ab_process import run_ab
from pipectl.bench.suite.events import CONCURRENCY, LIST_LENGTH, PLAYER, run_of_lists
from pipectl.bench.suite.lab import Lab
from pipectl.bench.suite.measured import Benchmark, Effort, Measured
from pipectl.bench.suite.processes import (
    Program,
    cpu_seconds,
    group_of,
    reference_script,
    reference_server,
    run_to_end,
)
from pipectl.bench.suite.rounds import Arm, Sample, run_rounds
from pipectl.bench.suite.verdict import Question, Steadiness, Target
from pipectl.catalog import EVENTS_TOPIC
from pipectl.errors import OperationFailed
from pipectl.runtimes.ports import free_ports

_PATH = "/purchase_a_sword"
_USUAL_TOPIC = "usual-events"
_CLIENT = "Kafka's client"
_CLIENT_TOPIC = "client-events"
_CLIENT_SECONDS = 120

# So many requests take one to three seconds each, on two cores.
_OURS, _OURS_KEPT_ALIVE, _USUAL, _LISTS = 10_000, 20_000, 1_500, 500


@dataclass(frozen=True, kw_only=True)
class Server:
    """What ab is sent to: an address, and the processes whose CPU it costs."""

    name: str
    url: str
    group: Callable[[], list[psutil.Process]]


def measure(server: Server, run: AbRun, events_a_request: int = 1) -> Sample:
    """Run ab once and return rate and CPU of each event, as the server's processes spent it.

    Raises OperationFailed when one request was not answered 2xx: such a run compares nothing.
    """
    before = cpu_seconds(server.group())
    outcome = run_ab(run)
    used = cpu_seconds(server.group()) - before
    report = outcome.report
    if report is None or report.acknowledged != run.requests:
        raise OperationFailed(
            f"{server.name} has not answered every request with 2xx.",
            evidence=outcome.complaint or str(report),
            do_next=f"Try: {run.typed()}",
        )
    events = run.requests * events_a_request
    return {
        "cpu_us_per_event": used * 1e6 / events,
        "events_per_second": events / report.seconds,
        "p99_ms": report.percentiles_ms[99],
        "events": events,
    }


def collector(lab: Lab) -> Server:
    """Return this lab's collector as a server."""
    return Server(name="pipectl", url=lab.url, group=lambda: lab.processes("collector"))


@contextmanager
def reference(lab: Lab, name: str, script: str, *words: str) -> Iterator[Server]:
    """Run a server of `bench/reference` until the block ends."""
    (port,) = free_ports(1)
    log = lab.folder / f"{script}.log"
    with reference_server(reference_script(script), port, words, log) as pid:
        yield Server(name=name, url=f"http://127.0.0.1:{port}", group=partial(group_of, pid))


def ingest(lab: Lab, effort: Effort, *, keep_alive: bool = False) -> Measured:
    """Compare the collector with the usual server and with a constant answer; each event its own request."""
    ours = (_OURS_KEPT_ALIVE if keep_alive else _OURS) * effort.scale
    with ExitStack() as running:
        usual_server = reference(lab, "usual", "usual_server.py", lab.bootstrap, _USUAL_TOPIC)
        usual = running.enter_context(usual_server)
        constant = running.enter_context(reference(lab, "constant answer", "constant_server.py"))
        own = collector(lab)

        def arm(name: str, server: Server, count: int) -> Arm:
            return Arm(
                name=name, measure=partial(measure, server, get_run(server.url, count, keep_alive=keep_alive))
            )

        return _measured(
            lab,
            [arm("pipectl", own, ours), arm("pipectl again", own, ours)],
            [arm(usual.name, usual, _USUAL * effort.scale), arm(constant.name, constant, ours)],
            effort,
            _INGEST_KEPT_ALIVE if keep_alive else _INGEST,
        )


def batch(lab: Lab, effort: Effort) -> Measured:
    """Compare lists of 100 events with one event a request to the same collector, and with Kafka's client."""
    own = collector(lab)
    single = get_run(own.url, _OURS * effort.scale)
    swords = [{"event_type": "purchase_sword"}] * LIST_LENGTH
    lists = run_of_lists(own.url, _LISTS * effort.scale, swords)
    arms = [
        Arm(name="pipectl", measure=partial(measure, own, single)),
        Arm(name="pipectl again", measure=partial(measure, own, single)),
        Arm(name="lists", measure=partial(measure, own, lists, LIST_LENGTH)),
    ]
    events = _LISTS * LIST_LENGTH * effort.scale
    kafka.ensure_topics(lab.bootstrap, lab.settings.kafka.partitions, (_CLIENT_TOPIC,))
    client = Arm(name=_CLIENT, measure=partial(_measure_client, lab, events))
    return _measured(lab, arms, [client], effort, _BATCH)


def _measure_client(lab: Lab, events: int) -> Sample:
    """Let Kafka's client send the collector's newest record so many times, without the collector."""
    (record,) = kafka.tail(lab.bootstrap, EVENTS_TOPIC, 1)
    if record.key is None or record.value is None:
        raise OperationFailed("A record of the collector's has no key or no value.", evidence=str(record))
    program = Program(
        script=reference_script("kafka_client.py"),
        words=(lab.bootstrap, _CLIENT_TOPIC, str(events), record.key.decode(), record.value.decode()),
        log=lab.folder / "kafka_client.log",
    )
    return cast("Sample", json.loads(run_to_end(program, timeout_seconds=_CLIENT_SECONDS)[-1]))


def _measured(
    lab: Lab, ours: Sequence[Arm], others: Sequence[Arm], effort: Effort, questions: tuple[Question, ...]
) -> Measured:
    """Run the rounds, and hold what was acknowledged to `ours`, the collector's arms, against Kafka.

    The last of the others is the raw limit.
    """
    counted = [_CountedArm(arm) for arm in ours]
    arms = [*(Arm(name=each.arm.name, measure=each.measure) for each in counted), *others]
    before = lab.records(EVENTS_TOPIC)
    samples = run_rounds(arms, effort.rounds, on_turn=effort.on_turn)
    got, sent = lab.records(EVENTS_TOPIC) - before, int(sum(each.events for each in counted))
    problems = () if got == sent else (f"{sent} events were acknowledged, and Kafka has {got} more records",)
    return Measured(
        samples=samples,
        questions=questions,
        steadiness=Steadiness(arm="pipectl", again="pipectl again"),
        raw=others[-1].name,
        problems=problems,
    )


class _CountedArm:
    """An arm that remembers how many events it has sent, in warm-ups too."""

    def __init__(self, arm: Arm) -> None:
        self.arm = arm
        self.events = 0.0

    def measure(self) -> Sample:
        sample = self.arm.measure()
        self.events += sample["events"]
        return sample


def get_run(url: str, requests: int, *, keep_alive: bool = False) -> AbRun:
    """Return the run of ab that sends so many events, each a request."""
    return AbRun(
        method="GET",
        url=f"{url}{_PATH}",
        player=PLAYER,
        requests=requests,
        concurrency=CONCURRENCY,
        keep_alive=keep_alive,
        headers=(("X-Pipectl-Traffic", "load"),),
    )


def _compare(
    arm: str, against: str, said: str, rate: Target | None, cpu: Target | None
) -> tuple[Question, ...]:
    """Ask for both ratios of an arm to another, which is called `said` where people read it."""
    return (
        Question(
            label=f"less CPU an event than {said}",
            figure="cpu_us_per_event",
            arm=arm,
            against=against,
            target=cpu,
            less_is_better=True,
        ),
        Question(
            label=f"events/s against {said}",
            figure="events_per_second",
            arm=arm,
            against=against,
            target=rate,
        ),
    )


_INGEST = _compare(
    "pipectl", "usual", "the usual server", Target(floor=10, goal=18), Target(floor=15, goal=30)
)
_INGEST_KEPT_ALIVE = _compare("pipectl", "usual", "the usual server", Target(floor=20, goal=45), None)
_BATCH = (
    *_compare("lists", "pipectl", "one event a request", Target(floor=10, goal=30), None),
    *_compare("lists", _CLIENT, "Kafka's client alone", None, None),
)
INGEST = Benchmark(
    name="ingest",
    summary=f"accepted requests, a new connection each, {CONCURRENCY} at a time",
    run=ingest,
    needs=("ab", "flask"),
    lands_events=True,
)
INGEST_KEEPALIVE = Benchmark(
    name="ingest-keepalive",
    summary=f"accepted requests on {CONCURRENCY} connections that stay open",
    run=partial(ingest, keep_alive=True),
    needs=("ab", "flask"),
    lands_events=True,
)
BATCH = Benchmark(
    name="batch",
    summary=f"events in lists of {LIST_LENGTH}, against one event a request; a new connection each",
    run=batch,
    needs=("ab",),
    lands_events=True,
)
