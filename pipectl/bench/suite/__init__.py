"""Benchmarks: pipectl beside the usual shape of such a pipeline, on the same machine and in one run.

    statistics.py     medians, ratios of rounds, their bootstrap intervals; pure
    rounds.py         arms measured in turn, round by round
    verdict.py        what was asked, what was found, and whether the goal is reached; pure
    measured.py       what a benchmark returns
    surroundings.py   machine, versions, load, stolen time
    processes.py      CPU seconds of whole process groups; servers of the reference
    lab.py            a stack of the benchmarks' own, with the proof that it lost nothing
    http.py           ingest, ingest-keepalive
    edge.py           the check of an event at the edge, without a server
    runner.py         one after the other, results saved

Machines are noisy, so only ratios of runs that took turns count, and CPU per event comes first. One arm
is measured twice in each round (A/A): where its ratio to itself is not 1, nothing else can be believed.
"""
