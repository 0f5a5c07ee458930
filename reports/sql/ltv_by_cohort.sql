-- title: Lifetime value by cohort
-- says: What the players who were new on a day had brought in by the end of day N, for each of them.
-- chart: none
-- edges: In cents of USD; money of another currency is left out. Each transaction counts once, at its first receipt. Refunds are negative on the day of the refund. NULL where day N is not over.
WITH activity AS (
  SELECT DISTINCT user_id, date(event_ts) AS day
  FROM events
  WHERE traffic = 'player' AND event_type <> 'iap_refund'
    AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
),
payments AS (
  SELECT
    event_type,
    min(user_id) AS user_id,
    date(min(event_ts)) AS day,
    min_by(amount_minor, event_ts) AS amount_minor
  FROM events
  WHERE traffic = 'player' AND event_type IN ('iap_purchase', 'iap_refund') AND currency = 'USD'
    AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
  GROUP BY event_type, coalesce(transaction_id, event_id)
),
cohorts AS (
  SELECT user_id, min(day) AS cohort
  FROM activity
  GROUP BY user_id
),
sizes AS (
  SELECT cohort, n, count(*) AS players
  FROM cohorts
  CROSS JOIN UNNEST(ARRAY[0, 1, 3, 7, 14, 28]) AS t (n)
  GROUP BY cohort, n
),
revenue AS (
  SELECT cohort, n, sum(CASE WHEN event_type = 'iap_purchase' THEN amount_minor ELSE -amount_minor END) AS net_minor
  FROM payments
  JOIN cohorts USING (user_id)
  CROSS JOIN UNNEST(ARRAY[0, 1, 3, 7, 14, 28]) AS t (n)
  WHERE day <= date_add('day', n, cohort)
  GROUP BY cohort, n
),
counted AS (
  SELECT
    sizes.cohort,
    sizes.n,
    sizes.players,
    CASE WHEN date_add('day', sizes.n, sizes.cohort) < date(:until) THEN coalesce(net_minor, 0) END AS net_minor
  FROM sizes
  LEFT JOIN revenue ON revenue.cohort = sizes.cohort AND revenue.n = sizes.n
)
SELECT cohort, n, players, net_minor, CAST(net_minor AS DOUBLE) / players AS ltv_minor
FROM counted
ORDER BY cohort, n
