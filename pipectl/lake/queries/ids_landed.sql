-- ids_landed: which of these event ids stand in events.
SELECT DISTINCT event_id
FROM events
WHERE event_id IN (:ids)
