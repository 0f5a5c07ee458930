-- title: Records by hour
-- says: For each hour in which batches were committed (the last 48 of them), how many records landed, and how many were set aside: not selected, rejected or duplicate.
-- chart: flows
-- unit: records
-- x: hour
-- y: landed (landed), set_aside (set aside)
-- edges: By the hour of the commit, of both topics. Hours without a batch have no row.
WITH hours AS (
  SELECT
    date_trunc('hour', committed_at) AS hour,
    sum(landed) AS landed,
    sum(not_selected) AS not_selected,
    sum(rejected) AS rejected,
    sum(duplicates) AS duplicates
  FROM batches
  GROUP BY 1
),
newest AS (
  SELECT *
  FROM hours
  ORDER BY hour DESC
  LIMIT 48
)
SELECT
  hour, landed, not_selected, rejected, duplicates,
  not_selected + rejected + duplicates AS set_aside,
  CAST(duplicates AS DOUBLE) / NULLIF(landed + not_selected + rejected + duplicates, 0) AS duplicate_share
FROM newest
ORDER BY hour
