-- how many players were active on each day
active_days AS (
  SELECT day, count(*) AS dau
  FROM activity
  GROUP BY day
)
