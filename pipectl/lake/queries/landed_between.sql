-- landed_between: the rows of events in stretches of offsets.
-- with: wanted
SELECT kafka_partition, from_offset, kafka_offset, event_id, event_type
FROM events
JOIN wanted USING (kafka_partition)
WHERE kafka_offset >= from_offset AND kafka_offset < until_offset
    -- This follows from the above, and is what the scan is told.
    AND kafka_partition IN (:partitions) AND kafka_offset >= :first AND kafka_offset < :last
