-- title: Retention by bracket of days
-- says: Of the players who were new on a day, how many were active at least once within some days later.
-- chart: shares
-- unit: %
-- x: first_n (days), last_n (to)
-- y: retained, players
-- across: first_n
-- edges: Both ends of a bracket belong to it. NULL where its last day is not over.
-- with: played, activity, lives
WITH counted AS (
  SELECT
    cohort,
    first_n,
    last_n,
    count(*) AS players,
    CASE WHEN date_add('day', last_n, cohort) < date(:until)
         THEN count_if(any_match(days, day -> date_diff('day', cohort, day) BETWEEN first_n AND last_n)) END AS retained
  FROM lives
  CROSS JOIN (VALUES (1, 3), (4, 7), (8, 14), (15, 28)) AS brackets (first_n, last_n)
  GROUP BY cohort, first_n, last_n
)
SELECT cohort, first_n, last_n, players, retained, CAST(retained AS DOUBLE) / players AS retention
FROM counted
ORDER BY cohort, first_n
