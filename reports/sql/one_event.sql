-- title: One event
-- says: The newest landed event (of another type than `default`, if there is one) and the data file that holds its row.
-- chart: none
SELECT "$path" AS data_file, *
FROM events
WHERE event_id = (
  SELECT event_id
  FROM events
  ORDER BY event_type = 'default', kafka_timestamp DESC, kafka_partition, kafka_offset DESC
  LIMIT 1
)
