-- title: Events by type
-- says: How many events of each type of the catalog have landed.
-- chart: bars
-- unit: events
SELECT event_type, count(*) AS events
FROM events
GROUP BY event_type
ORDER BY events DESC, event_type
