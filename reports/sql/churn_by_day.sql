-- title: Churn
-- says: Of the players who were active in the week before the last seven days, how many were not active in the last seven.
-- chart: lines
-- unit: %
-- x: day
-- y: churn (lost)
-- edges: Windows are [d-13, d-7] and [d-6, d]; NULL before both have passed. Who came back later has churned all the same on that day.
-- with: played, activity, calendar
-- How many days ago each player was active last, for each of the fourteen days that an active day matters to.
WITH latest AS (
  SELECT user_id, date_add('day', ago, day) AS day, min(ago) AS ago, max(ago) AS longest_ago
  FROM activity
  CROSS JOIN UNNEST(sequence(0, 13)) AS t (ago)
  GROUP BY 1, 2
),
counted AS (
  SELECT day, count(*) AS at_risk, count_if(ago >= 7) AS churned
  FROM latest
  WHERE longest_ago >= 7
  GROUP BY day
),
complete AS (
  SELECT
    day,
    CASE WHEN age >= 13 THEN coalesce(at_risk, 0) END AS at_risk,
    CASE WHEN age >= 13 THEN coalesce(churned, 0) END AS churned
  FROM calendar
  LEFT JOIN counted USING (day)
)
SELECT day, at_risk, churned, CAST(churned AS DOUBLE) / NULLIF(at_risk, 0) AS churn
FROM complete
ORDER BY day
