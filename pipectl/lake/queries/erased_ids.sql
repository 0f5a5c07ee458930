-- erased_ids: which of these hashes of event ids belong to erased events.
SELECT DISTINCT event_id_hash
FROM erasures
WHERE event_id_hash IN (:hashes)
