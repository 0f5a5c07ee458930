-- who was active on which day
activity AS (
  SELECT DISTINCT user_id, day
  FROM played
)
