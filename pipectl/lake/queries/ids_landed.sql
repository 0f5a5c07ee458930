-- ids_landed: which of these event ids, in one text with a space between two, stand in events.
-- A text is planned at once; a list of ten thousand takes seconds.
SELECT DISTINCT event_id
FROM events
WHERE event_id IN (SELECT id FROM UNNEST(split(:ids, ' ')) AS t (id))
