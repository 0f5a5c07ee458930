-- held_between: the offsets with a row of events in stretches of offsets: 64 of them as the bits of one number.
-- with: wanted
SELECT
    kafka_partition,
    from_offset,
    kafka_offset / 64 AS word,
    bitwise_or_agg(bitwise_shift_left(BIGINT '1', kafka_offset % 64, 64)) AS bits
FROM events
JOIN wanted USING (kafka_partition)
WHERE kafka_offset >= from_offset AND kafka_offset < until_offset
    -- This follows from the above, and is what the scan is told.
    AND kafka_partition IN (:partitions) AND kafka_offset >= :first AND kafka_offset < :last
GROUP BY kafka_partition, from_offset, kafka_offset / 64
