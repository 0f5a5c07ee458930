-- title: One event
-- says: The newest landed event (of another type than `default`, if there is one) and the data file that holds its row.
-- chart: none
SELECT "$path" AS data_file, *
FROM events
WHERE kafka_partition = :partition AND kafka_offset = :position
