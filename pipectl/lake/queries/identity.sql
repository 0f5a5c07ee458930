-- identity: rows of events and different event ids among them, of one share of the ids by the last bits of their
-- hash; rows and different places in Kafka, of one share of the places by the last bits of the offset.
-- Each pair is of one scan: between two questions the stream may land more.
SELECT by_id.total, by_id.ids, by_place.total, by_place.places
FROM (
    SELECT count(*) AS total, count(DISTINCT event_id) AS ids
    FROM events
    WHERE bitwise_and(from_big_endian_64(xxhash64(to_utf8(coalesce(event_id, '')))), :mask) = :share
) AS by_id
CROSS JOIN (
    SELECT coalesce(sum(copies), 0) AS total, count(*) AS places
    FROM (
        SELECT count(*) AS copies
        FROM events
        WHERE bitwise_and(kafka_offset, :mask) = :share
        GROUP BY kafka_partition, kafka_offset
    )
) AS by_place
