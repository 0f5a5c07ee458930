-- title: Rolling retention
-- says: Of the players who were new on a day, how many were active N days later or at any time after that.
-- chart: curve
-- unit: %
-- x: n (days since arrival)
-- y: retained, players
-- across: n
-- edges: Never rises with N. NULL where day N is not over; the later the cohort, the less time its players had to come back.
-- with: played, activity, lives
WITH counted AS (
  SELECT
    cohort,
    n,
    count(*) AS players,
    CASE WHEN date_add('day', n, cohort) < date(:until)
         THEN count_if(array_max(days) >= date_add('day', n, cohort)) END AS retained
  FROM lives
  CROSS JOIN UNNEST(sequence(0, 30)) AS t (n)
  GROUP BY cohort, n
)
SELECT cohort, n, players, retained, CAST(retained AS DOUBLE) / players AS retention
FROM counted
ORDER BY cohort, n
