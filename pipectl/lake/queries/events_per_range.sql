-- events_per_range: rows and different offsets of a topic, by partition, range of the ledger and event type; of
-- one share of the offsets, by their last bits.
-- with: ranges
WITH placed AS (
    SELECT
        kafka_partition,
        width_bucket(CAST(kafka_offset AS double), starts) AS range_number,
        event_type,
        kafka_offset
    FROM events
    JOIN ranges USING (kafka_partition)
    WHERE kafka_offset < until_offset
        AND bitwise_and(kafka_offset, :mask) = :share
)
SELECT kafka_partition, range_number, event_type, count(*) AS found, count(DISTINCT kafka_offset) AS offsets
FROM placed
GROUP BY kafka_partition, range_number, event_type
