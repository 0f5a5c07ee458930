-- erasure: what one erasure took out of each table, by partition, and the last offset of it.
SELECT topic, kafka_partition, table_name, count(*) AS erased, max(kafka_offset) AS last_offset
FROM erasures
WHERE erasure_id = :erasure_id
GROUP BY topic, kafka_partition, table_name
ORDER BY topic, kafka_partition, table_name
