import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipectl.bench.suite.statistics import estimate, percentile, ratios

ROUNDS = st.lists(st.floats(min_value=0.001, max_value=1e9), min_size=1, max_size=9)


@given(ROUNDS)
def test_the_interval_holds_the_median_and_lies_within_the_rounds(rounds: list[float]) -> None:
    found = estimate(rounds)

    assert min(rounds) <= found.low <= found.median <= found.high <= max(rounds)


def test_one_bad_round_of_nine_does_not_move_the_median() -> None:
    assert estimate([10.0] * 8 + [1.0]).median == 10.0


def test_equal_rounds_leave_no_doubt() -> None:
    found = estimate([3.0] * 5)

    assert (found.low, found.median, found.high) == (3.0, 3.0, 3.0)


def test_the_same_rounds_give_the_same_interval() -> None:
    rounds = [9.0, 11.0, 10.0, 14.0, 8.0]

    assert estimate(rounds) == estimate(rounds)


def test_rounds_that_scatter_more_have_a_wider_interval() -> None:
    calm, wild = estimate([9.9, 10.0, 10.1] * 3), estimate([5.0, 10.0, 20.0] * 3)

    assert wild.high - wild.low > calm.high - calm.low


def test_a_ratio_is_taken_round_by_round_so_a_slow_machine_cancels_out() -> None:
    assert ratios([100.0, 50.0], [10.0, 5.0]) == [10.0, 10.0]


def test_arms_with_different_numbers_of_rounds_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="zip"):
        ratios([1.0, 2.0], [1.0])


@pytest.mark.parametrize(("percent", "expected"), [(0, 1), (50, 50), (95, 95), (99, 99), (100, 100)])
def test_a_percentile_is_one_of_the_values(percent: float, expected: float) -> None:
    assert percentile(list(range(100, 0, -1)), percent) == expected


def test_the_percentile_of_few_values_is_never_better_than_it_was() -> None:
    assert percentile([1.0, 2.0, 3.0], 95) == 3.0
