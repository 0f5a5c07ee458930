-- title: Retention by cohort (day N)
-- says: Of the players who were new on a day, how many were active again exactly N days later.
-- chart: triangle
-- unit: %
-- x: cohort, n
-- y: retention
-- across: n
-- edges: Day 0 is the first day, and 100 %. A cell whose day is not over is NULL, not 0. A player with two sessions on a day is one.
-- with: played, activity, lives
WITH counted AS (
  SELECT
    cohort,
    n,
    count(*) AS players,
    CASE WHEN date_add('day', n, cohort) < date(:until)
         THEN count_if(contains(days, date_add('day', n, cohort))) END AS retained
  FROM lives
  CROSS JOIN UNNEST(sequence(0, 30)) AS t (n)
  GROUP BY cohort, n
)
SELECT cohort, n, players, retained, CAST(retained AS DOUBLE) / players AS retention
FROM counted
ORDER BY cohort, n
