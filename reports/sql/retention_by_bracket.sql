-- title: Retention by bracket of days
-- says: Of the players who were new on a day, how many were active at least once within some days later.
-- chart: shares
-- unit: %
-- x: first_n (days), last_n (to)
-- y: retained, players
-- across: first_n
-- edges: Both ends of a bracket belong to it. NULL where its last day is not over.
-- with: played, activity, cohorts
WITH brackets (first_n, last_n) AS (VALUES (1, 3), (4, 7), (8, 14), (15, 28)),
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
