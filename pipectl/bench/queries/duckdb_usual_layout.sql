-- duckdb_usual_layout: writes all rows as the usual job has them, a folder for each event type, every column a
-- string.
COPY (SELECT CAST(COLUMNS(*) AS VARCHAR) FROM events) TO '{folder}'
(FORMAT parquet, COMPRESSION snappy, PARTITION_BY (event_type), WRITE_PARTITION_COLUMNS true)
