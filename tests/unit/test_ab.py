"""Apache Bench as values: command lines, and reports that a real ab wrote (tests/golden/ab)."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipectl.bench.ab import AbReport, AbRun, parse_percentiles, parse_report

GOLDEN = Path(__file__).parents[1] / "golden" / "ab"
RUN = AbRun(method="GET", url="http://127.0.0.1:5000/", player="user1.comcast.com", requests=10)


def _report(name: str) -> AbReport:
    percentiles = GOLDEN / f"{name}.csv"
    text = (GOLDEN / f"{name}.txt").read_text("utf-8")
    report = parse_report(text, percentiles.read_text("utf-8") if percentiles.exists() else "")
    assert report
    return report


def _counts(report: AbReport) -> tuple[int, int, int, int]:
    return report.completed, report.failed, report.non_2xx, report.acknowledged


def test_a_get_is_the_assignments_line_with_the_percentiles_kept() -> None:
    expected = "ab -n 10 -c 1 -H 'Host: user1.comcast.com' -e percentiles.csv http://127.0.0.1:5000/"
    assert RUN.typed() == expected


@pytest.mark.parametrize(
    ("method", "body", "options"),
    [
        ("POST", b"{}", "-p body.json -T application/json"),
        ("PUT", b"{}", "-u body.json -T application/json"),
        ("DELETE", b"{}", "-p body.json -T application/json -m DELETE"),
        ("DELETE", None, "-m DELETE"),
        ("POST", None, "-m POST"),
    ],
)
def test_each_verb_has_its_options_with_and_without_a_body(
    method: str, body: bytes | None, options: str
) -> None:
    words = replace(RUN, method=method, body=body).typed()
    assert f"ab -n 10 -c 1 {options} -H" in words


def test_keep_alive_and_marks_are_handed_on() -> None:
    command = replace(RUN, keep_alive=True, headers=(("X-Pipectl-Traffic", "load"),)).command()
    assert "-k" in command
    assert "X-Pipectl-Traffic: load" in command


def test_the_write_key_is_sent_and_never_shown() -> None:
    run = replace(RUN, write_key="secret")
    assert "X-Write-Key: secret" in run.command()
    assert "secret" not in run.typed()


def test_a_good_report_is_read_with_its_counts_and_time() -> None:
    report = _report("keep_alive")
    assert _counts(report) == (2000, 0, 0, 2000)
    assert report.seconds > 0
    assert list(report.percentiles_ms) == sorted(report.percentiles_ms)


def test_the_report_that_ctrl_c_leaves_counts_what_was_done() -> None:
    assert _counts(_report("interrupted")) == (5817, 0, 0, 5817)


def test_non_2xx_answers_are_not_acknowledged() -> None:
    assert _counts(_report("not_found")) == (5, 0, 5, 0)


def test_an_answer_that_is_both_non_2xx_and_of_another_length_is_taken_off_once() -> None:
    assert _counts(_report("mixed")) == (20, 5, 5, 15)


def test_an_answer_that_was_cut_off_is_not_acknowledged() -> None:
    assert _counts(_report("torn")) == (20, 4, 0, 16)


def test_when_no_answer_has_a_byte_nothing_is_acknowledged() -> None:
    assert _counts(_report("empty")) == (10, 10, 0, 0)


def test_an_ab_that_gave_up_has_no_report() -> None:
    text = "This is ApacheBench, Version 2.3\n\nBenchmarking 127.0.0.1 (be patient)..."
    assert parse_report(text, "") is None


def test_lines_that_ab_takes_from_beyond_its_list_are_replaced_by_the_longest_time() -> None:
    raw = (GOLDEN / "ten.csv").read_text("utf-8")
    written = [float(line.split(",")[1]) for line in raw.splitlines()[1:]]
    assert written[95] < written[90], "the golden file no longer shows what it is for"
    read = parse_percentiles(raw, 10)
    assert len(read) == 101
    assert read[:95] == tuple(written[:95])
    assert set(read[95:]) == {written[100]}
