from dataclasses import replace

import pytest

from pipectl.bench.suite.verdict import Question, Steadiness, Target, Verdict, judge

AT_LEAST = Target(floor=10, goal=18)
AT_MOST = Target(floor=5, goal=2, at_most=True)
SAMPLES: dict[str, tuple[dict[str, float], ...]] = {
    "ours": ({"rate": 200.0, "cpu": 50.0}, {"rate": 100.0, "cpu": 60.0}, {"rate": 300.0, "cpu": 55.0}),
    "theirs": ({"rate": 10.0, "cpu": 1500.0}, {"rate": 5.0, "cpu": 1800.0}, {"rate": 20.0, "cpu": 1650.0}),
}
RATE = Question(label="rate", figure="rate", arm="ours", against="theirs", target=AT_LEAST)


@pytest.mark.parametrize(
    ("target", "value", "verdict"),
    [
        (AT_LEAST, 18, Verdict.GOAL),
        (AT_LEAST, 10, Verdict.FLOOR),
        (AT_LEAST, 9.99, Verdict.BELOW),
        (AT_MOST, 2, Verdict.GOAL),
        (AT_MOST, 5, Verdict.FLOOR),
        (AT_MOST, 5.01, Verdict.BELOW),
    ],
)
def test_a_target_may_be_a_least_or_a_most(target: Target, value: float, verdict: Verdict) -> None:
    assert target.judge(value) is verdict


def test_the_answer_is_the_median_of_the_ratios_and_not_the_ratio_of_the_medians() -> None:
    (found,) = judge([RATE], SAMPLES, steadiness=None, is_proven=True)

    assert found.value
    assert found.value.median == 20.0
    assert found.verdict is Verdict.GOAL


def test_where_less_is_better_the_ratio_is_turned_round() -> None:
    question = Question(
        label="less CPU", figure="cpu", arm="ours", against="theirs", target=AT_LEAST, less_is_better=True
    )

    assert question.values(SAMPLES) == [30.0, 30.0, 30.0]


def test_without_proof_there_is_no_ratio() -> None:
    (found,) = judge([RATE], SAMPLES, steadiness=None, is_proven=False)

    assert (found.value, found.verdict) == (None, Verdict.UNPROVEN)


def _again(by: float) -> dict[str, tuple[dict[str, float], ...]]:
    """The samples, where the second measurement of our arm differs from the first by a factor."""
    return {
        **SAMPLES,
        "ours again": tuple({"rate": each["rate"] * by, "cpu": 1.0} for each in SAMPLES["ours"]),
    }


AA = Steadiness(arm="ours", again="ours again")


def test_an_arm_that_is_not_like_itself_leaves_no_verdict() -> None:
    (found,) = judge([RATE], _again(1.06), steadiness=AA, is_proven=True)

    assert found.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("factor", [0.951, 1.0, 1.049])
def test_within_five_percent_an_arm_is_like_itself(factor: float) -> None:
    (found,) = judge([RATE], _again(factor), steadiness=AA, is_proven=True)

    assert found.verdict is Verdict.GOAL
    assert found.aa
    assert found.aa.median == pytest.approx(factor)


def test_each_figure_is_held_against_its_own_steadiness() -> None:
    rate, cpu = (replace(RATE, figure=figure) for figure in ("rate", "cpu"))

    found = judge([rate, cpu], _again(1.0), steadiness=AA, is_proven=True)

    assert [each.verdict is Verdict.INCONCLUSIVE for each in found] == [False, True]


def test_a_question_without_a_target_is_only_measured() -> None:
    question = Question(label="rate", figure="rate", arm="ours", target=None)
    (found,) = judge([question], SAMPLES, steadiness=None, is_proven=True)

    assert found.verdict is Verdict.MEASURED
    assert found.value
    assert found.value.median == 200.0
