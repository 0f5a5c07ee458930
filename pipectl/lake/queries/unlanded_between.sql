-- unlanded_between: the offsets without a row of events in stretches of offsets, as runs.
-- with: wanted
WITH present AS (
    SELECT kafka_partition, from_offset, kafka_offset
    FROM events
    JOIN wanted USING (kafka_partition)
    WHERE kafka_offset >= from_offset AND kafka_offset < until_offset
        -- This follows from the above, and is what the scan is told.
        AND kafka_partition IN (:partitions) AND kafka_offset >= :first AND kafka_offset < :last
    UNION ALL
    SELECT kafka_partition, from_offset, bound
    FROM wanted
    CROSS JOIN UNNEST(ARRAY[CAST(from_offset AS bigint) - 1, until_offset]) AS t (bound)
),
neighbours AS (
    SELECT
        kafka_partition,
        from_offset,
        kafka_offset,
        lag(kafka_offset) OVER (PARTITION BY kafka_partition, from_offset ORDER BY kafka_offset) AS previous
    FROM present
)
SELECT kafka_partition, from_offset, previous + 1 AS run_start, kafka_offset AS run_stop
FROM neighbours
WHERE kafka_offset > previous + 1
ORDER BY run_start
