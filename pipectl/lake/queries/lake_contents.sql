-- lake_contents: of each table its rows, files, bytes and snapshots, from Iceberg's metadata; no row is read.
WITH
files (name, record_count, size_bytes) AS (
    SELECT 'events', record_count, file_size_in_bytes FROM "events$files"
    UNION ALL SELECT 'rejected_events', record_count, file_size_in_bytes FROM "rejected_events$files"
    UNION ALL SELECT 'batches', record_count, file_size_in_bytes FROM "batches$files"
    UNION ALL SELECT 'erasures', record_count, file_size_in_bytes FROM "erasures$files"
),
partitions (name, file_count) AS (
    SELECT 'events', file_count FROM "events$partitions"
    UNION ALL SELECT 'rejected_events', file_count FROM "rejected_events$partitions"
    UNION ALL SELECT 'batches', file_count FROM "batches$partitions"
    UNION ALL SELECT 'erasures', file_count FROM "erasures$partitions"
),
snapshots (name, committed_at) AS (
    SELECT 'events', committed_at FROM "events$snapshots"
    UNION ALL SELECT 'rejected_events', committed_at FROM "rejected_events$snapshots"
    UNION ALL SELECT 'batches', committed_at FROM "batches$snapshots"
    UNION ALL SELECT 'erasures', committed_at FROM "erasures$snapshots"
),
of_files AS (
    SELECT name, count(*) AS files, sum(record_count) AS records, sum(size_bytes) AS size_bytes
    FROM files GROUP BY name
),
of_partitions AS (
    SELECT name, count(*) AS partitions, max(file_count) AS most_files_a_partition
    FROM partitions GROUP BY name
),
of_snapshots AS (
    SELECT name, count(*) AS snapshots, CAST(min(committed_at) AS timestamp) AS oldest_snapshot
    FROM snapshots GROUP BY name
)
SELECT
    name,
    coalesce(records, 0) AS records,
    coalesce(files, 0) AS files,
    coalesce(size_bytes, 0) AS size_bytes,
    coalesce(partitions, 0) AS partitions,
    coalesce(most_files_a_partition, 0) AS most_files_a_partition,
    coalesce(snapshots, 0) AS snapshots,
    oldest_snapshot
FROM (VALUES 'events', 'rejected_events', 'batches', 'erasures') AS tables (name)
LEFT JOIN of_files USING (name)
LEFT JOIN of_partitions USING (name)
LEFT JOIN of_snapshots USING (name)
ORDER BY name
