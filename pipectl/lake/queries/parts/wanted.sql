-- Stretches of offsets that are asked for, each in a partition, and told apart by where they begin.
wanted AS (
    SELECT kafka_partition, from_offset, until_offset
    FROM UNNEST(ARRAY[:partitions], ARRAY[:starts], ARRAY[:stops]) AS t (kafka_partition, from_offset, until_offset)
)
