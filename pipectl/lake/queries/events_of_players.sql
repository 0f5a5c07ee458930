-- events_of_players: the landed events of one partition between two offsets, in the players' order.
-- The columns are those that the fold reads; they follow from the catalog.
SELECT {columns}
FROM events
WHERE kafka_partition = :partition AND kafka_offset >= :from_offset AND kafka_offset < :until_offset
ORDER BY kafka_offset
