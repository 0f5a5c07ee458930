-- batches_files: the data files that the ledger names.
SELECT file_path AS path, record_count AS records, file_size_in_bytes AS size_bytes
FROM "batches$files"
