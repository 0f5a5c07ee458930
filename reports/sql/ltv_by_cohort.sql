-- title: Lifetime value by cohort
-- says: What the players who were new on a day had brought in by the end of day N, for each of them.
-- chart: curve
-- unit: USD
-- x: n (days since arrival)
-- y: net_minor, players
-- across: n
-- edges: In cents of USD; money of another currency is left out. Each transaction counts once, at its first receipt. Refunds are negative on the day of the refund. NULL where day N is not over.
-- with: played, activity, cohorts, payments
WITH sizes AS (
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
