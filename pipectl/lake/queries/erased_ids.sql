-- erased_ids: which of these hashes of event ids, in one text, belong to erased events.
SELECT DISTINCT event_id_hash
FROM erasures
WHERE event_id_hash IN (SELECT hash FROM UNNEST(split(:hashes, ' ')) AS t (hash))
