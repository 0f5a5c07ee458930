-- create_readiness_schema: a place of its own for the table that readiness reads.
CREATE SCHEMA IF NOT EXISTS health
