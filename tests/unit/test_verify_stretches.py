"""What is read again is dealt out to loads; rows come back to the stretch that they were asked for."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pipectl.lake.presto import load_query, render
from pipectl.verify.stretches import Stretch, by_stretch, loads, parameters, runs_without

LOAD = [
    Stretch(("events", 0), range(5)),
    Stretch(("events", 2), range(7, 9)),
    Stretch(("events", 2), range(20, 30)),
]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 50), st.integers(0, 50))), st.integers(1, 20))
def test_loads_have_every_offset_once_in_order_and_no_more_than_fits(
    given_stretches: list[tuple[int, int, int]], size: int
) -> None:
    stretches = [
        Stretch(("events", partition), range(start, start + width))
        for partition, start, width in given_stretches
    ]

    dealt = list(loads(stretches, size))

    assert [(place, offset) for load in dealt for place, offsets in load for offset in offsets] == [
        (place, offset) for place, offsets in stretches for offset in offsets
    ]
    assert all(1 <= sum(len(offsets) for _, offsets in load) <= size for load in dealt)
    assert all(offsets for load in dealt for _, offsets in load)


def test_a_load_has_a_bounded_number_of_stretches() -> None:
    stretches = [Stretch(("events", 0), range(2 * n, 2 * n + 1)) for n in range(2_500)]

    assert [len(load) for load in loads(stretches, 1_000_000)] == [1_000, 1_000, 500]


def test_rows_come_back_to_the_stretch_that_has_their_partition_and_beginning() -> None:
    rows = [(2, 20, 21, "a"), (0, 0, 3, "b"), (2, 20, 22, "c")]

    assert by_stretch(LOAD, rows) == {LOAD[2]: [(21, "a"), (22, "c")], LOAD[0]: [(3, "b")]}


def test_a_query_names_each_stretch_and_what_lies_around_all_of_them() -> None:
    sql = render(load_query("landed_between"), parameters(LOAD))

    assert "UNNEST(ARRAY[0, 2, 2], ARRAY[0, 7, 20], ARRAY[5, 9, 30])" in sql
    assert "kafka_partition IN (0, 2, 2) AND kafka_offset >= 0 AND kafka_offset < 30" in sql


@given(st.integers(0, 1_000), st.integers(0, 300), st.sets(st.integers(0, 1_300)))
def test_the_runs_without_a_row_are_the_offsets_that_have_none(
    start: int, width: int, landed: set[int]
) -> None:
    offsets = range(start, start + width)
    words: dict[int, int] = {}
    for offset in landed.intersection(offsets):  # the query gives no word of another offset
        words[offset // 64] = words.get(offset // 64, 0) | 1 << offset % 64
    signed = [(number, bits - 2**64 if bits >= 2**63 else bits) for number, bits in words.items()]

    runs = runs_without(offsets, signed)

    assert [offset for run in runs for offset in run] == [each for each in offsets if each not in landed]
    assert all(one.stop < following.start for one, following in pairwise(runs))


def test_a_hole_in_a_quarter_of_a_million_offsets_is_found() -> None:
    full = [(number, -1) for number in range(4_000) if number != 7]

    assert runs_without(range(256_000), full) == [range(448, 512)]
