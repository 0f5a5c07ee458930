-- title: Retention by cohort (day N)
-- says: Of the players who were new on a day, how many were active again exactly N days later.
-- chart: triangle
-- unit: %
-- x: cohort, n
-- y: retention
-- across: n
-- edges: Day 0 is the first day, and 100 %. A cell whose day is not over is NULL, not 0. A player with two sessions on a day is one.
-- with: played, activity, cohorts
WITH cells AS (
  SELECT cohort, n, count(*) AS players
  FROM cohorts
  CROSS JOIN UNNEST(sequence(0, 30)) AS t (n)
  GROUP BY cohort, n
),
returned AS (
  SELECT cohort, date_diff('day', cohort, day) AS n, count(*) AS players
  FROM activity
  JOIN cohorts USING (user_id)
  GROUP BY 1, 2
),
counted AS (
  SELECT
    cells.cohort,
    cells.n,
    cells.players,
    CASE WHEN date_add('day', cells.n, cells.cohort) < date(:until)
         THEN coalesce(returned.players, 0) END AS retained
  FROM cells
  LEFT JOIN returned ON returned.cohort = cells.cohort AND returned.n = cells.n
)
SELECT cohort, n, players, retained, CAST(retained AS DOUBLE) / players AS retention
FROM counted
ORDER BY cohort, n
