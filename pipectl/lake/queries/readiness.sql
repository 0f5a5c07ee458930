-- readiness: 1 as soon as a worker can read a file of the lake.
SELECT sum(one) AS one
FROM health.readiness
