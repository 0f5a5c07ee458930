-- arrived_of_run: ids of the landed events of a run that came into Kafka since then, and when they came.
SELECT event_id, kafka_timestamp
FROM events
WHERE run_id = :run_id AND kafka_timestamp >= :since
