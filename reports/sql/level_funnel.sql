-- title: Levels
-- says: How often each level was started, completed, failed and given up, how many attempts it took, and on which level players stopped playing.
-- chart: lines
-- unit: %
-- x: level (level)
-- y: completion_rate (completed), fail_rate (failed), abandonment (given up)
-- least: started 30
-- edges: Rates are of the starts: where everybody completes, the rate is 100 %. Attempts are the starts up to and with a player's first completion. Stuck is who was not active in the last seven days, by the level started last.
WITH played AS (
  SELECT user_id, event_type, event_ts, level
  FROM events
  WHERE traffic = 'player' AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until AND event_type <> 'iap_refund'
),
counts AS (
  SELECT
    level,
    count_if(event_type = 'level_started') AS started,
    count_if(event_type = 'level_completed') AS completed,
    count_if(event_type = 'level_failed') AS failed
  FROM played
  WHERE event_type IN ('level_started', 'level_completed', 'level_failed')
  GROUP BY level
),
first_completions AS (
  SELECT user_id, level, min(event_ts) AS completed_at
  FROM played
  WHERE event_type = 'level_completed'
  GROUP BY user_id, level
),
attempts AS (
  SELECT
    done.level,
    count(starts.event_ts) AS attempts,
    count(DISTINCT done.user_id) AS players
  FROM first_completions AS done
  LEFT JOIN (SELECT * FROM played WHERE event_type = 'level_started') AS starts
    ON starts.user_id = done.user_id AND starts.level = done.level AND starts.event_ts <= done.completed_at
  GROUP BY done.level
),
last_seen AS (
  SELECT
    max_by(level, CASE WHEN event_type = 'level_started' THEN event_ts END) AS level,
    date(max(event_ts)) AS day
  FROM played
  GROUP BY user_id
),
stuck AS (
  SELECT level, count(*) AS players
  FROM last_seen
  WHERE day < date_add('day', -7, date(:until))
  GROUP BY level
)
SELECT
  counts.level, started, completed, failed,
  CAST(completed AS DOUBLE) / NULLIF(started, 0) AS completion_rate,
  CAST(failed AS DOUBLE) / NULLIF(started, 0) AS fail_rate,
  CAST(started - completed - failed AS DOUBLE) / NULLIF(started, 0) AS abandonment,
  CAST(attempts AS DOUBLE) / NULLIF(attempts.players, 0) AS attempts_per_completion,
  coalesce(stuck.players, 0) AS stuck
FROM counts
LEFT JOIN attempts ON attempts.level = counts.level
LEFT JOIN stuck ON stuck.level = counts.level
ORDER BY counts.level
