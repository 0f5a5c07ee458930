-- title: Conversion to paying
-- says: Of the players who were new on a day, how many had paid with real money by the end of day N.
-- chart: none
-- edges: Cumulative: never falls with N. In USD only. A refund takes no conversion back. NULL where day N is not over.
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
first_paid AS (
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
