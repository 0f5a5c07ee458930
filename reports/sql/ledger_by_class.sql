-- title: What became of every record
-- says: For each topic, how many offsets the ledger has (accepted), and into which class each of them was counted.
-- chart: none
-- The rows of one range repeat its bounds for each event type; a range counts once.
WITH ranges AS (
  SELECT DISTINCT topic, kafka_partition, from_offset, until_offset
  FROM batches
),
accepted AS (
  SELECT topic, sum(until_offset - from_offset) AS accepted
  FROM ranges
  GROUP BY topic
),
classes AS (
  SELECT
    topic,
    sum(landed) AS landed,
    sum(not_selected) AS not_selected,
    sum(rejected) AS rejected,
    sum(duplicates) AS duplicates
  FROM batches
  GROUP BY topic
)
SELECT topic, accepted, landed, not_selected, rejected, duplicates
FROM accepted
JOIN classes USING (topic)
ORDER BY topic
