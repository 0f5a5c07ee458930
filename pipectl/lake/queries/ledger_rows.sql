-- ledger_rows: all that the ledger says, by place and in the order of the ranges.
SELECT
    topic,
    kafka_partition AS partition,
    event_type,
    from_offset,
    until_offset,
    landed,
    not_selected,
    rejected,
    duplicates
FROM batches
ORDER BY topic, kafka_partition, from_offset, until_offset, event_type
