-- unlanded_between: the offsets without a row of events in one partition between two offsets, as runs.
SELECT previous + 1 AS from_offset, kafka_offset AS until_offset
FROM (
    SELECT kafka_offset, lag(kafka_offset) OVER (ORDER BY kafka_offset) AS previous
    FROM (
        SELECT kafka_offset
        FROM events
        WHERE kafka_partition = :partition AND kafka_offset >= :from_offset AND kafka_offset < :until_offset
        UNION ALL
        SELECT bound FROM (VALUES :from_offset - 1, :until_offset) AS bounds (bound)
    )
)
WHERE kafka_offset > previous + 1
ORDER BY from_offset
