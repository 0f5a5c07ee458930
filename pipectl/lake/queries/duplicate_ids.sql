-- duplicate_ids: event ids that stand in events more than once, the most frequent first; of one share of the ids,
-- by the last bits of their hash.
SELECT event_id, count(*) AS copies
FROM events
WHERE bitwise_and(from_big_endian_64(xxhash64(to_utf8(event_id))), :mask) = :share
GROUP BY event_id
HAVING count(*) > 1
ORDER BY copies DESC, event_id
LIMIT :limit
