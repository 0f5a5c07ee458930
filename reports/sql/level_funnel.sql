-- title: Levels
-- says: How often each level was started, completed, failed and given up, how many attempts it took, and on which level players stopped playing.
-- chart: lines
-- unit: %
-- x: level (level)
-- y: completion_rate (completed), fail_rate (failed), abandonment (given up)
-- least: started 30
-- edges: Rates are of the starts: where everybody completes, the rate is 100 %. Attempts are the starts up to and with a player's first completion. Stuck is who was not active in the last seven days, by the level started last.
WITH attempted AS (
  SELECT
    user_id,
    level,
    count_if(event_type = 'level_started') AS started,
    count_if(event_type = 'level_completed') AS completed,
    count_if(event_type = 'level_failed') AS failed,
    array_agg(event_ts) FILTER (WHERE event_type = 'level_started') AS starts,
    max(event_ts) FILTER (WHERE event_type = 'level_started') AS started_at,
    min(event_ts) FILTER (WHERE event_type = 'level_completed') AS completed_at,
    max(event_ts) AS seen_at
  FROM events
  WHERE traffic = 'player' AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until AND event_type <> 'iap_refund'
  GROUP BY user_id, level
),
judged AS (
  SELECT
    *,
    CASE
      WHEN completed_at IS NOT NULL THEN coalesce(cardinality(filter(starts, at -> at <= completed_at)), 0)
    END AS attempts,
    level = max_by(level, started_at) OVER (PARTITION BY user_id)
      AND date(max(seen_at) OVER (PARTITION BY user_id)) < date_add('day', -7, date(:until)) AS is_stuck
  FROM attempted
),
counts AS (
  SELECT
    level,
    sum(started) AS started,
    sum(completed) AS completed,
    sum(failed) AS failed,
    sum(attempts) AS attempts,
    count(attempts) AS players,
    count_if(is_stuck) AS stuck
  FROM judged
  GROUP BY level
)
SELECT
  level, started, completed, failed,
  CAST(completed AS DOUBLE) / NULLIF(started, 0) AS completion_rate,
  CAST(failed AS DOUBLE) / NULLIF(started, 0) AS fail_rate,
  CAST(started - completed - failed AS DOUBLE) / NULLIF(started, 0) AS abandonment,
  CAST(attempts AS DOUBLE) / NULLIF(players, 0) AS attempts_per_completion,
  stuck
FROM counts
WHERE started + completed + failed > 0
ORDER BY level
