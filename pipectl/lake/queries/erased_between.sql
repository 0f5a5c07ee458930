-- erased_between: the erased offsets of one partition between two offsets, and the table that had each.
SELECT kafka_offset, table_name
FROM erasures
WHERE topic = :topic
    AND kafka_partition = :partition
    AND kafka_offset >= :from_offset
    AND kafka_offset < :until_offset
