-- title: The ten busiest hosts
-- says: How many events came under each Host header, which is how the load generator names its players.
-- chart: bars
-- unit: events
SELECT host, count(*) AS events
FROM events
GROUP BY host
ORDER BY events DESC, host
LIMIT 10
