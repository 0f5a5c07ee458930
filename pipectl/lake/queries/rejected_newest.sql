-- rejected_newest: the rejected events that a filter lets through, without their bytes, the newest first.
SELECT
    concat(topic, '/', CAST(kafka_partition AS varchar), '/', CAST(kafka_offset AS varchar)) AS place,
    kafka_timestamp,
    stage,
    reason,
    json_path,
    message,
    user_id
FROM rejected_events
WHERE (:stage IS NULL OR stage = :stage)
    AND (:reason IS NULL OR reason = :reason)
    AND (:user IS NULL OR user_id = :user)
    AND (:since IS NULL OR kafka_timestamp >= :since)
    AND (:until IS NULL OR kafka_timestamp < :until)
ORDER BY kafka_timestamp DESC, topic, kafka_partition, kafka_offset DESC
LIMIT :limit
