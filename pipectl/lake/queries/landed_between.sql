-- landed_between: the rows of events in one partition between two offsets.
SELECT kafka_offset, event_id, event_type
FROM events
WHERE kafka_partition = :partition AND kafka_offset >= :from_offset AND kafka_offset < :until_offset
