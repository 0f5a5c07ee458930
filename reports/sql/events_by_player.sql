-- title: The ten most active players
-- says: Which players (user ids; without one, the name in the Host header) sent the most events.
-- chart: bars
-- unit: events
SELECT user_id, count(*) AS events
FROM events
GROUP BY user_id
ORDER BY events DESC, user_id
LIMIT 10
