-- erased_per_range: rows of one table that were erased, of one partition, by range of the ledger and event type.
-- The ranges are told apart by binary search in an array of where they begin; 0 is before the first.
WITH ranges AS (
    SELECT array_sort(array_agg(DISTINCT CAST(from_offset AS double))) AS starts
    FROM batches
    WHERE topic = :topic AND kafka_partition = :partition AND from_offset < :until
),
placed AS (
    SELECT
        width_bucket(CAST(kafka_offset AS double), starts) AS range_number,
        event_type,
        kafka_offset
    FROM erasures
    CROSS JOIN ranges
    WHERE table_name = :table
        AND topic = :topic
        AND kafka_partition = :partition
        AND kafka_offset < :until
)
SELECT range_number, event_type, count(*) AS found, count(DISTINCT kafka_offset) AS offsets
FROM placed
GROUP BY range_number, event_type
