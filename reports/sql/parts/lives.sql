-- the day on which each player was active first, and all days on which they were
lives AS (
  SELECT user_id, min(day) AS cohort, array_agg(day) AS days
  FROM activity
  GROUP BY user_id
)
