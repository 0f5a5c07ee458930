"""ingest, ingest-keepalive, batch: ab against the collector, the usual server and a constant answer."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import psutil

from pipectl.bench.ab import AbRun
from pipectl.bench.ab_process import run_ab
from pipectl.bench.suite.lab import Lab
from pipectl.bench.suite.measured import Benchmark, Effort, Measured
from pipectl.bench.suite.processes import cpu_seconds, group_of, reference_server
from pipectl.bench.suite.rounds import Arm, Sample, run_rounds
from pipectl.bench.suite.verdict import Question, Steadiness, Target
from pipectl.bundled import bundled
from pipectl.catalog import EVENTS_TOPIC
from pipectl.errors import OperationFailed
from pipectl.runtimes.ports import free_ports

CONCURRENCY = 50
_PATH = "/purchase_a_sword"
_USUAL_TOPIC = "usual-events"
_PLAYER = "user1.comcast.com"
LIST_LENGTH = 100

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
    with reference_server(bundled("bench") / "reference" / script, port, words, log) as pid:
        yield Server(name=name, url=f"http://127.0.0.1:{port}", group=partial(group_of, pid))


def ingest(lab: Lab, effort: Effort, *, keep_alive: bool = False) -> Measured:
    """Compare the collector with the usual server and with a constant answer; each event its own request."""
    ours = (_OURS_KEPT_ALIVE if keep_alive else _OURS) * effort.scale
    with ExitStack() as running:
        usual_server = reference(lab, "usual", "usual_server.py", lab.bootstrap, _USUAL_TOPIC)
        usual = running.enter_context(usual_server)
        constant = running.enter_context(reference(lab, "constant answer", "constant_server.py"))
        own = collector(lab)
        servers = [
            *((own.name, own, ours), ("pipectl again", own, ours)),
            *((usual.name, usual, _USUAL * effort.scale), (constant.name, constant, ours)),
        ]
        arms = [
            Arm(name=name, measure=partial(measure, server, _get(server.url, count, keep_alive=keep_alive)))
            for name, server, count in servers
        ]
        return _measured(lab, arms, effort, _INGEST_KEPT_ALIVE if keep_alive else _INGEST)


def batch(lab: Lab, effort: Effort) -> Measured:
    """Compare lists of 100 events with one event a request, both to the collector."""
    own = collector(lab)
    single = _get(own.url, _OURS * effort.scale)
    arms = [
        Arm(name="pipectl", measure=partial(measure, own, single)),
        Arm(name="pipectl again", measure=partial(measure, own, single)),
        Arm(name="lists", measure=partial(measure, own, _lists(own.url, _LISTS * effort.scale), LIST_LENGTH)),
    ]
    return _measured(lab, arms, effort, _BATCH)


def _measured(lab: Lab, arms: Sequence[Arm], effort: Effort, questions: tuple[Question, ...]) -> Measured:
    """Run the rounds, and hold what was acknowledged against what Kafka has."""
    counted = _Counted(arms)
    before = lab.records(EVENTS_TOPIC)
    samples = run_rounds(counted.arms, effort.rounds, on_turn=effort.on_turn)
    got, sent = lab.records(EVENTS_TOPIC) - before, counted.events_of("pipectl", "pipectl again", "lists")
    problems = () if got == sent else (f"{sent} events were acknowledged, and Kafka has {got} more records",)
    return Measured(
        samples=samples,
        questions=questions,
        steadiness=Steadiness(arm="pipectl", again="pipectl again"),
        raw="constant answer" if "constant answer" in samples else None,
        problems=problems,
    )


class _Counted:
    """Arms that remember how many events they have sent, in warm-ups too."""

    def __init__(self, arms: Sequence[Arm]) -> None:
        self._events = dict.fromkeys((arm.name for arm in arms), 0.0)
        self.arms = [Arm(name=arm.name, measure=partial(self._measure, arm)) for arm in arms]

    def _measure(self, arm: Arm) -> Sample:
        sample = arm.measure()
        self._events[arm.name] += sample["events"]
        return sample

    def events_of(self, *names: str) -> int:
        return int(sum(self._events.get(name, 0) for name in names))


def _get(url: str, requests: int, *, keep_alive: bool = False) -> AbRun:
    return AbRun(
        method="GET",
        url=f"{url}{_PATH}",
        player=_PLAYER,
        requests=requests,
        concurrency=CONCURRENCY,
        keep_alive=keep_alive,
        headers=(("X-Pipectl-Traffic", "load"),),
    )


def _lists(url: str, requests: int) -> AbRun:
    return AbRun(
        method="POST",
        url=f"{url}/events",
        player=_PLAYER,
        requests=requests,
        concurrency=CONCURRENCY,
        body=json.dumps([{"event_type": "purchase_sword"}] * LIST_LENGTH).encode(),
        headers=(("X-Pipectl-Traffic", "load"),),
    )


def _against_usual(rate: Target, cpu: Target | None) -> tuple[Question, ...]:
    return (
        Question(
            label="less CPU an event than the usual server",
            figure="cpu_us_per_event",
            arm="pipectl",
            against="usual",
            target=cpu,
            less_is_better=True,
        ),
        Question(
            label="events/s against the usual server",
            figure="events_per_second",
            arm="pipectl",
            against="usual",
            target=rate,
        ),
    )


_INGEST = _against_usual(Target(floor=10, goal=18), Target(floor=15, goal=30))
_INGEST_KEPT_ALIVE = _against_usual(Target(floor=20, goal=45), None)
_BATCH = (
    Question(
        label="less CPU an event than one event a request",
        figure="cpu_us_per_event",
        arm="lists",
        against="pipectl",
        target=None,
        less_is_better=True,
    ),
    Question(
        label="events/s against one event a request",
        figure="events_per_second",
        arm="lists",
        against="pipectl",
        target=Target(floor=10, goal=30),
    ),
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
