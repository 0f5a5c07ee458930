-- erased_per_range: rows of one table that were erased, and different offsets of a topic, by partition, range
-- of the ledger and event type.
-- The ranges of each partition below its offset in :untils are told apart by binary search in an array of
-- where they begin; 0 is before the first.
WITH ranges AS (
    SELECT
        kafka_partition,
        array_sort(array_agg(DISTINCT CAST(from_offset AS double))) AS starts,
        max(until_offset) AS until_offset
    FROM batches
    WHERE topic = :topic
        AND from_offset < element_at(map(ARRAY[:partitions], ARRAY[:untils]), kafka_partition)
    GROUP BY kafka_partition
),
placed AS (
    SELECT
        kafka_partition,
        width_bucket(CAST(kafka_offset AS double), starts) AS range_number,
        event_type,
        kafka_offset
    FROM erasures
    JOIN ranges USING (kafka_partition)
    WHERE table_name = :table AND topic = :topic AND kafka_offset < until_offset
)
SELECT kafka_partition, range_number, event_type, count(*) AS found, count(DISTINCT kafka_offset) AS offsets
FROM placed
GROUP BY kafka_partition, range_number, event_type
