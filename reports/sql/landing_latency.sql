-- title: From accepted to landed
-- says: How long an event took from the collector's receipt of it to the commit that made it visible in Presto; time in which no stream was running counts too.
-- chart: percentiles
-- unit: seconds
-- A batch starts at an offset of a partition: the batch of an event is found by binary search over those starts.
WITH batch_starts AS (
  SELECT kafka_partition, from_offset, min(committed_at) AS committed_at
  FROM batches
  WHERE topic = 'events'
  GROUP BY kafka_partition, from_offset
),
partitions AS (
  SELECT
    kafka_partition,
    array_agg(CAST(from_offset AS DOUBLE) ORDER BY from_offset) AS starts,
    array_agg(committed_at ORDER BY from_offset) AS commits
  FROM batch_starts
  GROUP BY kafka_partition
),
landed AS (
  SELECT
    date_diff(
      'millisecond',
      received_at,
      element_at(commits, CAST(width_bucket(CAST(kafka_offset AS DOUBLE), starts) AS INTEGER))
    ) / 1e3 AS seconds
  FROM events
  JOIN partitions USING (kafka_partition)
)
SELECT
  count(seconds) AS events,
  round(approx_percentile(seconds, 0.5), 3) AS p50,
  round(approx_percentile(seconds, 0.95), 3) AS p95,
  round(approx_percentile(seconds, 0.99), 3) AS p99,
  round(max(seconds), 3) AS slowest
FROM landed
