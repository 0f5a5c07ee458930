"""Benchmarks: pipectl beside the usual shape of such a pipeline, on the same machine and in one run.

    statistics.py     medians, ratios of rounds, their bootstrap intervals; pure
    rounds.py         arms measured in turn, round by round
    verdict.py        what was asked, what was found, and whether the goal is reached; pure
    measured.py       what a benchmark returns
    surroundings.py   machine, versions, load, stolen time
    processes.py      CPU and memory of whole process groups; programs of the reference
    lab.py            a stack of the benchmarks' own, with the proof that it lost nothing
    events.py         the events that are sent, and Kafka filled with them
    open_loop.py      a client that sends at a fixed rate, whatever the answers do
    spark.py          Spark jobs of the reference, and what the log of a job says
    duck.py           the door to DuckDB

    edge.py           edge: the check of an event at the edge, without a server
    http.py           ingest, ingest-keepalive, batch
    drain.py          drain: what waits in Kafka into the lake
    freshness.py      freshness: from a client's moment of sending to a row in Presto
    query.py          query: the report's SQL
    startup.py        startup: the whole stack against its slowest service
    memory.py         memory: what the stack takes at rest
    cost.py           cost: CPU of all that an event passes through
    growth.py         growth: a late batch against an early one

    runner.py         one after the other, results saved

Machines are noisy, so only ratios of runs that took turns count, and CPU per event comes first. One arm
is measured twice in each round (A/A): where its ratio to itself is not 1, nothing else can be believed.
"""
