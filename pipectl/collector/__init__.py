"""The collector: HTTP in, Kafka out; a 2xx is sent only after Kafka has the event with acks=all.

    server ─► inputs ─► checks ─► envelope ─► producer ─► answers
    (granian)  (fields)  (catalog)  (record)    (Kafka)     (what the client reads)

`app` walks that way for each request; `refusals` is where it ends for a bad one. Started as
`python -m pipectl.collector collector.json`.
"""
