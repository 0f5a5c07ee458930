-- files_by_batch: how many data files the events had after each batch, from the table's list of snapshots.
SELECT
    CAST(element_at(summary, :batch_key) AS bigint) AS batch_id,
    CAST(element_at(summary, 'total-data-files') AS bigint) AS files
FROM "events$snapshots"
WHERE element_at(summary, :batch_key) IS NOT NULL
ORDER BY committed_at
