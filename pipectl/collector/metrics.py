"""What one worker has counted, in Prometheus's text format.

Every worker counts for itself, so each sample says which worker it is from: a scrape meets any of them.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping


class Metrics:
    """Plain counters; they are touched from the event loop only."""

    def __init__(self) -> None:
        """Start at zero."""
        self.accepted: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.kafka_errors: Counter[str] = Counter()

    def render(self, in_flight: int) -> bytes:
        """Return all counters as the body of an answer to a scrape."""
        lines = [
            *_family("events_accepted_total", "counter", "type", self.accepted),
            *_family("refused_total", "counter", "reason", self.refused),
            *_family("kafka_errors_total", "counter", "error", self.kafka_errors),
            *_family("in_flight", "gauge", "", {"": in_flight}),
        ]
        return ("\n".join(lines) + "\n").encode()


_HELP = {
    "events_accepted_total": "Events that Kafka has acknowledged.",
    "refused_total": "Requests, and items of lists, that were not accepted.",
    "kafka_errors_total": "Records that Kafka did not acknowledge.",
    "in_flight": "Records that wait for Kafka's acknowledgement.",
}


def _family(name: str, kind: str, label: str, samples: Mapping[str, int]) -> Iterator[str]:
    full = f"pipectl_collector_{name}"
    yield f"# HELP {full} {_HELP[name]}"
    yield f"# TYPE {full} {kind}"
    for value, count in samples.items():
        extra = f',{label}="{value}"' if label else ""
        yield f'{full}{{worker="{os.getpid()}"{extra}}} {count}'
