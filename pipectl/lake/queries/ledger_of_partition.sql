-- ledger_of_partition: what the ledger says of one partition below an offset, in order.
SELECT event_type, from_offset, until_offset, landed, not_selected, rejected, duplicates
FROM batches
WHERE topic = :topic AND kafka_partition = :partition AND from_offset < :until
ORDER BY from_offset, until_offset, event_type
