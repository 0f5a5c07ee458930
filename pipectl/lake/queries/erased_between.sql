-- erased_between: the erased offsets of a topic in stretches of offsets, and the table that had each.
-- with: wanted
SELECT kafka_partition, from_offset, kafka_offset, table_name
FROM erasures
JOIN wanted USING (kafka_partition)
WHERE topic = :topic AND kafka_offset >= from_offset AND kafka_offset < until_offset
    -- This follows from the above, and is what the scan is told.
    AND kafka_partition IN (:partitions) AND kafka_offset >= :first AND kafka_offset < :last
