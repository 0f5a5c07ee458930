"""Whatever a client does wrong: never a 5xx, never a trace, and everything that is to be kept is kept.

The last of the tests by its name: what it leaves in the stack is odd.
"""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pipectl.bundled import bundled
from pipectl.catalog import load_catalog
from tests.fuzzing import Fuzzer, Tally, send_all
from tests.harness import Stack

FUZZED_REQUESTS = 10_000
THREADS = 4
SEED = 4
OPENAPI = Path(__file__).parent / "openapi"
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"


def kept(stack: Stack) -> int:
    """Return how many refusals of the collector are in the lake, once all of them are."""
    stack.pipectl("drain")
    return int(stack.presto.query("select count(*) from rejected_events where stage = 'collector'").scalar())


def log_of(stack: Stack) -> str:
    """Return what the collector has logged so far."""
    return (stack.folder / "services/collector/log").read_text("utf-8", "replace")


def test_ten_thousand_fuzzed_requests_meet_no_5xx_and_every_refusal_is_kept(stack: Stack) -> None:
    """Four clients send what no well-behaved game would; 400, 415 and 422 are counted and compared."""
    before, logged = kept(stack), len(log_of(stack))
    catalog = load_catalog(bundled("events.toml"))
    fuzzers = [Fuzzer(catalog, seed=SEED + number) for number in range(THREADS)]
    port = stack.ports["collector"]
    with ThreadPoolExecutor(THREADS) as pool:
        tallies = pool.map(lambda fuzzer: send_all(port, fuzzer, FUZZED_REQUESTS // THREADS), fuzzers)
        tally = sum(tallies, Tally())

    assert tally.statuses.total() == FUZZED_REQUESTS
    assert {status: count for status, count in tally.statuses.items() if status >= 500} == {}
    assert {200, 207, 400, 404, 405, 413, 415, 422} <= tally.statuses.keys()
    assert "Traceback" not in log_of(stack)[logged:]
    assert kept(stack) == before + tally.to_be_kept
    counts = stack.json("verify")["data"]["counts"]
    classes = ("landed", "not_selected", "rejected", "duplicates")
    assert counts["accepted"] == sum(counts[name] for name in classes)


def test_schemathesis_finds_no_failure_against_the_served_description(stack: Stack, tmp_path: Path) -> None:
    """All its checks on every route: what the description allows is taken, what it forbids is refused."""
    command = [str(SCHEMATHESIS), "--config-file", str(OPENAPI / "schemathesis.toml"), "run", "--no-color"]
    options = ["--max-examples", "10", "--seed", str(SEED), "--warnings", "off", f"{stack.url}/openapi.json"]
    logged = len(log_of(stack))
    environment = {**os.environ, "PYTHONPATH": str(OPENAPI), "SCHEMATHESIS_HOOKS": "hooks"}
    done = subprocess.run(
        [*command, *options], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-2_000:]
    assert "No issues found" in done.stdout
    assert "Traceback" not in log_of(stack)[logged:]
