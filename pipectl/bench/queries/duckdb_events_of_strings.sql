-- duckdb_events_of_strings: the rows of files whose columns are all strings; times are cast as they are read.
CREATE VIEW events AS
SELECT * REPLACE (CAST(received_at AS TIMESTAMP) AS received_at)
FROM read_parquet([{files}], hive_partitioning = false)
