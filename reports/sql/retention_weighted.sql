-- title: Retention on day 1, 7 and 30
-- says: Of all new players whose day N is over, how many were active on it.
-- chart: shares
-- unit: %
-- x: n (day)
-- y: retained, players
-- edges: The sum over cohorts divided by the sum of their sizes, not the mean of their percentages. Cohorts that are not complete count on neither side.
-- with: played, activity, lives
WITH counted AS (
  SELECT
    n,
    count(DISTINCT cohort) AS cohorts,
    count(*) AS players,
    count_if(contains(days, date_add('day', n, cohort))) AS retained
  FROM lives
  CROSS JOIN UNNEST(ARRAY[1, 7, 30]) AS t (n)
  WHERE date_add('day', n, cohort) < date(:until)
  GROUP BY n
)
SELECT
  n,
  coalesce(cohorts, 0) AS cohorts,
  coalesce(players, 0) AS players,
  coalesce(retained, 0) AS retained,
  CAST(retained AS DOUBLE) / players AS retention
FROM UNNEST(ARRAY[1, 7, 30]) AS t (n)
LEFT JOIN counted USING (n)
ORDER BY n
