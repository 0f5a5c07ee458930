"""The report: one HTML page and one executed notebook about what the pipeline did.

    inputs.py     what the report is given: the doors, the catalog, verify's result, the steps that ran
    queries.py    reports/sql/*.sql -> named queries (title, sentence, chart, SQL)
    facts.py      queries -> frozen values; no HTML
    journey.py    one real event at each hop: request, Kafka record, row, data file
    proof.py      verify's result as the lines of a table
    words.py      how numbers, shares, money and days are spelled
    certainty.py  shares with their intervals
    sums.py       sums over the rows of a figure
    readings/     a figure's rows -> the sentence that says what they show
    charts/       a figure's rows -> SVG; the only importer of matplotlib
    headline.py   the few numbers that stand first
    tables.py     a figure's rows -> a table that a page can hold
    advice/       the rows of several figures -> what was found and what to do, and how sure that is
    explain.py    what each part is and why it is there; the limits
    escaping.py   the text of strangers, made harmless for each place that it is shown in
    notebook.py   a rendered template -> cells -> executed by nbclient
    render.py     facts and templates (reports/) -> both files, whole or not at all
    bundle.py     the folder for a pull request: the report and everything around it

A new figure is a new file in reports/sql, which also declares how it is drawn, and its name in `queries.py`;
its sentence is a function of its name in `readings/`, where the one of its chart does not do.
"""
