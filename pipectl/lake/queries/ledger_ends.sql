-- ledger_ends: the first offset of each partition that the ledger does not have.
SELECT topic, kafka_partition, max(until_offset) AS until_offset
FROM batches
GROUP BY topic, kafka_partition
