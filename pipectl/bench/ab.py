"""Apache Bench as values: one run of it, the command line of a run, and what its report says.

What ab's numbers mean was found out by running version 2.3:

* A reply whose length is not that of the first one is counted as failed. That is how a torn or empty
  reply shows (`-l`, which turns it off, counts these as complete), so every reply to one run must have
  the same length, as the collector's friendly lines have.
* Such a failed reply may be a non-2xx as well, so the two counts overlap. `AbReport.acknowledged` takes
  off the larger one: what is left was certainly answered 2xx.
* If no reply has a single byte, ab counts all of them as complete and none as failed.
* `-p` must stand before `-m`; the other way round ab refuses to mix them.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace

BODY_FILE = "body.json"
PERCENTILES_FILE = "percentiles.csv"
"""Both in the folder that ab runs in, so that a command line is the same wherever that is."""

_BODY_OPTIONS: Mapping[str, tuple[str, ...]] = {"POST": ("-p", BODY_FILE), "PUT": ("-u", BODY_FILE)}


@dataclass(frozen=True, kw_only=True)
class AbRun:
    """One run of ab, before it is started; ab can be given the write key on its command line only."""

    method: str
    url: str
    player: str
    requests: int
    concurrency: int = 1
    keep_alive: bool = False
    body: bytes | None = None
    headers: tuple[tuple[str, str], ...] = ()
    write_key: str | None = None

    def command(self) -> list[str]:
        """Return the command line, for a folder in which BODY_FILE holds the body."""
        headers = [("Host", self.player), *self.headers]
        if self.write_key:
            headers.append(("X-Write-Key", self.write_key))
        return [
            *("ab", "-n", str(self.requests), "-c", str(self.concurrency)),
            *(["-k"] if self.keep_alive else []),
            *self._verb(),
            *(word for name, value in headers for word in ("-H", f"{name}: {value}")),
            *("-e", PERCENTILES_FILE, self.url),
        ]

    def typed(self) -> str:
        """Return the command line as a person would type it, without the write key."""
        return shlex.join(replace(self, write_key=None).command())

    def _verb(self) -> list[str]:
        if self.body is None:
            return [] if self.method == "GET" else ["-m", self.method]
        content = [*_BODY_OPTIONS.get(self.method, _BODY_OPTIONS["POST"]), "-T", "application/json"]
        return content if self.method in _BODY_OPTIONS else [*content, "-m", self.method]


@dataclass(frozen=True, kw_only=True)
class AbReport:
    """What ab says of one run; `percentiles_ms[i]` is the time within which i % of the replies came."""

    completed: int
    failed: int
    non_2xx: int
    acknowledged: int
    seconds: float
    percentiles_ms: tuple[float, ...]


def parse_report(text: str, percentiles: str) -> AbReport | None:
    """Read ab's report and its file of percentiles; None if ab gave up before it had a report."""
    if "Complete requests:" not in text:
        return None
    completed = int(_figure(text, "Complete requests"))
    failed = int(_figure(text, "Failed requests"))
    if not _figure(text, "Total transferred"):
        failed = completed
    non_2xx = int(_figure(text, "Non-2xx responses"))
    return AbReport(
        completed=completed,
        failed=failed,
        non_2xx=non_2xx,
        acknowledged=completed - max(failed, non_2xx),
        seconds=_figure(text, "Time taken for tests"),
        percentiles_ms=parse_percentiles(percentiles, completed),
    )


def parse_percentiles(text: str, completed: int) -> tuple[float, ...]:
    """Read the lines `percent,milliseconds` of ab's `-e` file: 101 of them, or none.

    For few requests ab takes the upper lines from beyond the end of its own list: line i is its entry
    number 0.5 + completed * i / 100. Only the last line, the longest time, is always right, and stands
    in for those.
    """
    times = [float(line.split(",")[1]) for line in text.splitlines()[1:]]
    return tuple(
        time if 0.5 + completed * percent / 100 < completed else times[-1]
        for percent, time in enumerate(times)
    )


def _figure(text: str, label: str) -> float:
    """Return the number behind a label of the report; 0 if ab left the line out."""
    match = re.search(rf"^{re.escape(label)}:\s+([0-9.]+)", text, re.MULTILINE)
    return float(match[1]) if match else 0
