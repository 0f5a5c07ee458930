-- landed_of_run: how many events of one load have landed so far.
SELECT count(*) AS landed
FROM events
WHERE run_id = :run_id
