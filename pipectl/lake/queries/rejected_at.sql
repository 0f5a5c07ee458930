-- rejected_at: the rejected events at these places, each `topic/partition/offset`, whole.
SELECT *
FROM (
    SELECT
        concat(topic, '/', CAST(kafka_partition AS varchar), '/', CAST(kafka_offset AS varchar)) AS place,
        kafka_timestamp,
        stage,
        reason,
        json_path,
        message,
        user_id,
        raw,
        headers,
        received_at
    FROM rejected_events
) AS placed
WHERE place IN (:places)
