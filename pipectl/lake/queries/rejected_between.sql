-- rejected_between: the offsets of a topic that stand in rejected_events, in stretches of offsets.
-- with: wanted
SELECT kafka_partition, from_offset, kafka_offset
FROM rejected_events
JOIN wanted USING (kafka_partition)
WHERE topic = :topic AND kafka_offset >= from_offset AND kafka_offset < until_offset
    -- This follows from the above, and is what the scan is told.
    AND kafka_partition IN (:partitions) AND kafka_offset >= :first AND kafka_offset < :last
