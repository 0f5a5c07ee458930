-- duplicate_ids: event ids that stand in events more than once, the most frequent first.
SELECT event_id, count(*) AS copies
FROM events
GROUP BY event_id
HAVING count(*) > 1
ORDER BY copies DESC, event_id
LIMIT :limit
