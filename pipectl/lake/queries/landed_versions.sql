-- landed_versions: what these events, whose ids are in one text, said when they landed, and from where.
-- The columns are those that a client sets; they follow from the catalog.
SELECT event_id, kafka_partition, kafka_offset, payload_hash, {columns}
FROM events
WHERE event_id IN (SELECT id FROM UNNEST(split(:ids, ' ')) AS t (id))
