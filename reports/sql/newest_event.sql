-- title: The newest event
-- says: Where the newest landed event (of another type than `default`, if there is one) lay in Kafka.
-- chart: none
SELECT kafka_partition AS partition, kafka_offset AS position
FROM events
ORDER BY event_type = 'default', kafka_timestamp DESC, kafka_partition, kafka_offset DESC
LIMIT 1
