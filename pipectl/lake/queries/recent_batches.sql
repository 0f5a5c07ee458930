-- recent_batches: the newest commits of the stream to the ledger, from the table's list of snapshots.
SELECT
    element_at(summary, :query_key) AS query_id,
    CAST(element_at(summary, :batch_key) AS bigint) AS batch_id,
    CAST(committed_at AS timestamp) AS committed_at,
    element_at(summary, :ranges_key) AS ranges
FROM "batches$snapshots"
WHERE element_at(summary, :batch_key) IS NOT NULL
ORDER BY committed_at DESC
LIMIT :limit
