-- rejected_between: the offsets of one partition that stand in rejected_events, between two offsets.
SELECT kafka_offset
FROM rejected_events
WHERE topic = :topic
    AND kafka_partition = :partition
    AND kafka_offset >= :from_offset
    AND kafka_offset < :until_offset
