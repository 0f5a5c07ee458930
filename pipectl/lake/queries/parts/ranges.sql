-- The ranges of each partition of a topic below its offset in :untils, as an array of where they begin: to be
-- told apart by binary search, where 0 is before the first.
ranges AS (
    SELECT
        kafka_partition,
        array_sort(array_agg(DISTINCT CAST(from_offset AS double))) AS starts,
        max(until_offset) AS until_offset
    FROM batches
    WHERE topic = :topic
        AND from_offset < element_at(map(ARRAY[:partitions], ARRAY[:untils]), kafka_partition)
    GROUP BY kafka_partition
)
