from pipectl.bench.suite.cost import offsets_sum


def test_offsets_of_all_partitions_are_summed_from_the_last_line() -> None:
    assert offsets_sum('v1\n{"batchWatermarkMs":0}\n{"usual":{"0":12,"1":30}}') == 42
