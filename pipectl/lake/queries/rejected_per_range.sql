-- rejected_per_range: rejected rows and different offsets of a topic, by partition and range of the ledger; of
-- one share of the offsets, by their last bits.
-- with: ranges
WITH placed AS (
    SELECT
        kafka_partition,
        width_bucket(CAST(kafka_offset AS double), starts) AS range_number,
        kafka_offset
    FROM rejected_events
    JOIN ranges USING (kafka_partition)
    WHERE topic = :topic AND kafka_offset < until_offset
        AND bitwise_and(kafka_offset, :mask) = :share
)
SELECT
    kafka_partition,
    range_number,
    CAST(NULL AS varchar) AS event_type,
    count(*) AS found,
    count(DISTINCT kafka_offset) AS offsets
FROM placed
GROUP BY kafka_partition, range_number
