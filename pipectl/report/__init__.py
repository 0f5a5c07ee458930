"""The report: one HTML page and one executed notebook about what the pipeline did.

    inputs.py     what the report is given: the doors, the catalog, verify's result, the steps that ran
    queries.py    reports/sql/*.sql -> named queries (title, sentence, chart, SQL)
    facts.py      queries -> frozen values; no HTML
    journey.py    one real event at each hop: request, Kafka record, row, data file
    proof.py      verify's result as the lines of a table
    readings.py   a figure's rows -> the sentence that says what they show
    charts.py     a figure's rows -> SVG; the only importer of matplotlib
    explain.py    what each part is and why it is there; the limits
    escaping.py   the text of strangers, made harmless for each place that it is shown in
    notebook.py   a rendered template -> cells -> executed by nbclient
    render.py     facts and templates (reports/) -> both files, whole or not at all

A new figure is a new file in reports/sql and its name in `queries.FIGURES`.
"""
