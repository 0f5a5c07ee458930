-- events_files: the data files that the table names, with the bounds of the rows' places in Kafka.
SELECT
    file_path AS path,
    record_count AS records,
    file_size_in_bytes AS size_bytes,
    CAST(element_at(lower_bounds, :partition_field) AS bigint) AS first_partition,
    CAST(element_at(upper_bounds, :partition_field) AS bigint) AS last_partition,
    CAST(element_at(lower_bounds, :offset_field) AS bigint) AS first_offset,
    CAST(element_at(upper_bounds, :offset_field) AS bigint) AS last_offset
FROM "events$files"
