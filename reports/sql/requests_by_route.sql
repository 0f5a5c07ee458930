-- title: Requests by method and path
-- says: Through which HTTP requests the landed events came in, the fifteen most used ones.
-- chart: bars
-- unit: events
SELECT method, path, count(*) AS events
FROM events
GROUP BY method, path
ORDER BY events DESC, method, path
LIMIT 15
