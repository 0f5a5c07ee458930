-- erased_rows: how many rows were erased, of both tables.
SELECT count(*) AS erased
FROM erasures
