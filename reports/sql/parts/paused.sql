-- whether an event is a player's first after a pause of more than 30 minutes
paused AS (
  SELECT
    user_id,
    event_ts,
    CASE WHEN date_diff('millisecond', lag(event_ts) OVER (PARTITION BY user_id ORDER BY event_ts), event_ts)
              <= 1800000 THEN 0 ELSE 1 END AS is_first
  FROM played
)
