-- title: First steps
-- says: How many players signed up, then completed a level, then bought something with gold, then joined a guild, all within seven days of signing up.
-- chart: bars
-- unit: players
-- x: name
-- y: players, of_all
-- edges: In this order; other events may come between, and two steps may have the same time. All within 168 hours of the first step; of several first steps the earliest that leads furthest counts. Median seconds are from the first step.
WITH steps AS (
  SELECT
    user_id,
    array_agg(event_ts) FILTER (WHERE event_type = 'signup') AS signups,
    array_agg(event_ts) FILTER (WHERE event_type = 'level_completed') AS levels,
    array_agg(event_ts) FILTER (WHERE event_type IN ('purchase_sword', 'purchase_item')) AS purchases,
    array_agg(event_ts) FILTER (WHERE event_type = 'join_guild') AS guilds
  FROM events
  WHERE traffic = 'player' AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
    AND event_type IN ('signup', 'level_completed', 'purchase_sword', 'purchase_item', 'join_guild')
  GROUP BY user_id
),
second AS (
  SELECT user_id, purchases, guilds, t1, array_min(filter(levels, at -> at >= t1)) AS t2
  FROM steps
  CROSS JOIN UNNEST(signups) AS t (t1)
),
third AS (
  SELECT user_id, guilds, t1, t2, array_min(filter(purchases, at -> at >= t2)) AS t3
  FROM second
),
fourth AS (
  SELECT user_id, t1, t2, t3, array_min(filter(guilds, at -> at >= t3)) AS t4
  FROM third
),
reached AS (
  SELECT step, user_id, min_by(date_diff('millisecond', t1, at), t1) AS took_ms
  FROM fourth
  CROSS JOIN UNNEST(ARRAY[1, 2, 3, 4], ARRAY[t1, t2, t3, t4]) AS t (step, at)
  WHERE date_diff('millisecond', t1, at) <= 604800000
  GROUP BY step, user_id
),
counted AS (
  SELECT step, count(*) AS players, array_sort(array_agg(took_ms)) AS took
  FROM reached
  GROUP BY step
),
named AS (
  SELECT step, name, CAST(coalesce(players, 0) AS INTEGER) AS players, took
  FROM UNNEST(
    ARRAY[1, 2, 3, 4], ARRAY['signup', 'level_completed', 'purchase_sword', 'join_guild']
  ) AS t (step, name)
  LEFT JOIN counted USING (step)
),
compared AS (
  SELECT
    step, name, players, took,
    CAST(players AS DOUBLE) / NULLIF(first_value(players) OVER (ORDER BY step), 0) AS of_all,
    CAST(players AS DOUBLE) / NULLIF(lag(players) OVER (ORDER BY step), 0) AS of_step_before
  FROM named
)
SELECT
  step, name, players, of_all, of_step_before,
  1 - of_step_before AS drop_off,
  (element_at(took, (players + 1) / 2) + element_at(took, players / 2 + 1)) / 2e3 AS median_seconds
FROM compared
ORDER BY step
