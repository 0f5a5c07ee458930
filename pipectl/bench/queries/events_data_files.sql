-- events_data_files: where the rows of events are.
SELECT file_path
FROM "events$files"
