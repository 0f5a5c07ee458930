-- duckdb_events: the rows of these Parquet files, as they are.
CREATE VIEW events AS
SELECT *
FROM read_parquet([{files}], hive_partitioning = false)
