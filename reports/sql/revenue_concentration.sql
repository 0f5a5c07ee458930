-- title: How unevenly revenue comes in
-- says: Which share of the revenue the top 1 % and the top 10 % of the paying players brought in, and the Gini coefficient over payers.
-- chart: row
-- unit: %
-- y: top_1_percent (top 1 % of payers), top_10_percent (top 10 % of payers)
-- edges: In cents of USD; money of another currency is left out. Each transaction counts once, at its first receipt. Refunds are left out. The number of top payers is rounded up; of equal amounts the rank does not matter. A Gini coefficient of 0 is all alike.
-- with: receipts
WITH spent AS (
  SELECT user_id, sum(amount_minor) AS gross_minor
  FROM receipts
  GROUP BY user_id
),
ranked AS (
  SELECT gross_minor, row_number() OVER (ORDER BY gross_minor, user_id) AS rank, count(*) OVER () AS payers
  FROM spent
),
summed AS (
  SELECT
    count(*) AS payers,
    coalesce(sum(gross_minor), 0) AS gross_minor,
    sum(CASE WHEN payers - rank < ceiling(payers / 1e2) THEN gross_minor END) AS top_1,
    sum(CASE WHEN payers - rank < ceiling(payers / 1e1) THEN gross_minor END) AS top_10,
    sum((2 * rank - payers - 1) * gross_minor) AS weighted
  FROM ranked
)
SELECT
  payers,
  gross_minor,
  CAST(top_1 AS DOUBLE) / NULLIF(gross_minor, 0) AS top_1_percent,
  CAST(top_10 AS DOUBLE) / NULLIF(gross_minor, 0) AS top_10_percent,
  CAST(weighted AS DOUBLE) / NULLIF(payers * gross_minor, 0) AS gini
FROM summed
