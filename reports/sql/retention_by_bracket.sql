-- title: Retention by bracket of days
-- says: Of the players who were new on a day, how many were active at least once within some days later.
-- chart: none
-- edges: Both ends of a bracket belong to it. NULL where its last day is not over.
WITH activity AS (
  SELECT DISTINCT user_id, date(event_ts) AS day
  FROM events
  WHERE traffic = 'player' AND event_type <> 'iap_refund'
    AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
),
cohorts AS (
  SELECT user_id, min(day) AS cohort
  FROM activity
  GROUP BY user_id
),
brackets (first_n, last_n) AS (VALUES (1, 3), (4, 7), (8, 14), (15, 28)),
sizes AS (
  SELECT cohort, first_n, last_n, count(*) AS players
  FROM cohorts
  CROSS JOIN brackets
  GROUP BY cohort, first_n, last_n
),
returned AS (
  SELECT cohort, first_n, count(DISTINCT user_id) AS players
  FROM activity
  JOIN cohorts USING (user_id)
  CROSS JOIN brackets
  WHERE date_diff('day', cohort, day) BETWEEN first_n AND last_n
  GROUP BY cohort, first_n
),
counted AS (
  SELECT
    sizes.cohort,
    sizes.first_n,
    sizes.last_n,
    sizes.players,
    CASE WHEN date_add('day', sizes.last_n, sizes.cohort) < date(:until)
         THEN coalesce(returned.players, 0) END AS retained
  FROM sizes
  LEFT JOIN returned ON returned.cohort = sizes.cohort AND returned.first_n = sizes.first_n
)
SELECT cohort, first_n, last_n, players, retained, CAST(retained AS DOUBLE) / players AS retention
FROM counted
ORDER BY cohort, first_n
