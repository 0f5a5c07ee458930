from pipectl.bench.suite.startup import slowest_of


def test_the_slowest_service_is_the_one_that_was_ready_last() -> None:
    assert slowest_of({"kafka": 2.5, "presto": 9.1, "collector": 3.3}) == "presto"
