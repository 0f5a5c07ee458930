from functools import partial

import pytest

from pipectl.bench.suite.rounds import Arm, Sample, run_rounds, series


class Recorder:
    """Arms that write down in which order they were measured."""

    def __init__(self) -> None:
        self.order: list[str] = []

    def arm(self, name: str) -> Arm:
        return Arm(name=name, measure=partial(self._measure, name))

    def _measure(self, name: str) -> Sample:
        self.order.append(name)
        return {"turn": len(self.order)}


def test_arms_take_turns_and_each_round_begins_with_the_next_one() -> None:
    recorder = Recorder()

    run_rounds([recorder.arm("a"), recorder.arm("b"), recorder.arm("c")], 2, warm_ups=1)

    assert recorder.order == ["a", "b", "c", "b", "c", "a", "c", "a", "b"]


def test_warm_ups_are_measured_and_thrown_away() -> None:
    recorder = Recorder()

    samples = run_rounds([recorder.arm("a")], 2, warm_ups=2)

    assert series(samples, "a", "turn") == [3, 4]


def test_arms_that_measure_the_same_thing_are_warmed_up_once() -> None:
    recorder = Recorder()
    same = recorder.arm("a")

    run_rounds([same, Arm(name="a again", measure=same.measure), recorder.arm("b")], 1)

    assert recorder.order == ["a", "b", "a", "b", "a"]


def test_the_listener_can_tell_a_warm_up_from_a_round() -> None:
    heard: list[tuple[int, str]] = []

    run_rounds([Recorder().arm("a")], 2, on_turn=lambda number, arm: heard.append((number, arm)))

    assert heard == [(0, "a"), (1, "a"), (2, "a")]


def test_an_arm_that_fails_ends_the_benchmark() -> None:
    def fail() -> Sample:
        raise RuntimeError("not answered")

    with pytest.raises(RuntimeError, match="not answered"):
        run_rounds([Arm(name="broken", measure=fail)], 3)
