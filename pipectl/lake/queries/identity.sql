-- identity: rows of events, different event ids among them, different places in Kafka among them.
SELECT rows_and_ids.total, rows_and_ids.ids, places.places
FROM (
    SELECT count(*) AS total, count(DISTINCT event_id) AS ids
    FROM events
) AS rows_and_ids
CROSS JOIN (
    SELECT count(*) AS places
    FROM (SELECT DISTINCT kafka_partition, kafka_offset FROM events)
) AS places
