-- title: What players did
-- says: How many events of each type players made, and how many players made any.
-- chart: bars
-- unit: events
-- x: event_type
-- y: events
-- edges: Landed events with traffic = player, up to the last day that is over. An event that was sent twice is one.
SELECT event_type, count(*) AS events, count(DISTINCT user_id) AS players
FROM events
WHERE traffic = 'player' AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
GROUP BY event_type
ORDER BY events DESC, event_type
