"""Load: Apache Bench makes the test data, and says what the collector acknowledged.

    ab/*.toml ─► profiles ─► load_plan ─► ab ─► ab_process ─► load_summary ─► load
                 (checked)   (ab runs)    (argv,  (a real      (figures)       (all of it, in
                                           report) ab)                          order; saved)

`statements` has their SQL. All but that, `ab_process`, `client` and `load` is free of input and output.
"""
