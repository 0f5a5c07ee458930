-- the session of each event, counted for each player
numbered AS (
  SELECT user_id, event_ts, sum(is_first) OVER (PARTITION BY user_id ORDER BY event_ts ROWS UNBOUNDED PRECEDING) AS session
  FROM paused
)
