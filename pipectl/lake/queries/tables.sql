-- tables: the tables of one schema, none if the schema does not exist.
SELECT table_name
FROM information_schema.tables
WHERE table_schema = :schema
