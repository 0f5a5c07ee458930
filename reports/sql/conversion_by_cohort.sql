-- title: Conversion to paying
-- says: Of the players who were new on a day, how many had paid with real money by the end of day N.
-- chart: curve
-- unit: %
-- x: n (days since arrival)
-- y: payers, players
-- across: n
-- edges: Cumulative: never falls with N. In USD only. A refund takes no conversion back. NULL where day N is not over.
-- with: played, activity, cohorts, payments
WITH first_paid AS (
  SELECT user_id, min(day) AS day
  FROM payments
  WHERE event_type = 'iap_purchase'
  GROUP BY user_id
),
counted AS (
  SELECT
    cohort,
    n,
    count(*) AS players,
    CASE WHEN date_add('day', n, cohort) < date(:until)
         THEN count_if(first_paid.day <= date_add('day', n, cohort)) END AS payers
  FROM cohorts
  LEFT JOIN first_paid USING (user_id)
  CROSS JOIN UNNEST(ARRAY[0, 1, 3, 7, 14, 28]) AS t (n)
  GROUP BY cohort, n
)
SELECT cohort, n, players, payers, CAST(payers AS DOUBLE) / players AS conversion
FROM counted
ORDER BY cohort, n
