-- the day on which each player was active first
cohorts AS (
  SELECT user_id, min(day) AS cohort
  FROM activity
  GROUP BY user_id
)
