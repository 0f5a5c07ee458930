"""Rejected events: what there is, and how it gets into the lake once it is repaired.

    rejected.py   the rows of `rejected_events`, by place or by filter
    rebuild.py    from such a row to the record that it should have been, or why there is none
    send.py       into Kafka, through the collector's own producer, and only what has not landed

Everything that is sent has the header `pipectl-replay` and an id that depends on nothing but the row: the
stream looks such ids up in the whole lake, so whatever is replayed twice lands once.
"""
