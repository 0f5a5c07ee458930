-- create_readiness_table: one row in one file, so that reading it needs a worker and HDFS.
CREATE TABLE IF NOT EXISTS health.readiness AS
SELECT 1 AS one
