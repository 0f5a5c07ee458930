-- title: Lifetime value by cohort
-- says: What the players who were new on a day had brought in by the end of day N, for each of them.
-- chart: curve
-- unit: USD
-- x: n (days since arrival)
-- y: net_minor, players
-- across: n
-- edges: In cents of USD; money of another currency is left out. Each transaction counts once, at its first receipt. Refunds are negative on the day of the refund. NULL where day N is not over.
-- with: played, activity, cohorts, payments
WITH paid AS (
  SELECT user_id, cohort, day, IF(event_type = 'iap_purchase', amount_minor, -amount_minor) AS net_minor
  FROM cohorts
  LEFT JOIN payments USING (user_id)
),
counted AS (
  SELECT
    cohort,
    n,
    count(DISTINCT user_id) AS players,
    CASE WHEN date_add('day', n, cohort) < date(:until)
         THEN sum(IF(day <= date_add('day', n, cohort), net_minor, 0)) END AS net_minor
  FROM paid
  CROSS JOIN UNNEST(ARRAY[0, 1, 3, 7, 14, 28]) AS t (n)
  GROUP BY cohort, n
)
SELECT cohort, n, players, net_minor, CAST(net_minor AS DOUBLE) / players AS ltv_minor
FROM counted
ORDER BY cohort, n
