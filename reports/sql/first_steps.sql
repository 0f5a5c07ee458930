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
    event_ts,
    CASE event_type WHEN 'signup' THEN 1 WHEN 'level_completed' THEN 2 WHEN 'join_guild' THEN 4 ELSE 3 END AS step
  FROM events
  WHERE traffic = 'player' AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
    AND event_type IN ('signup', 'level_completed', 'purchase_sword', 'purchase_item', 'join_guild')
),
second AS (
  SELECT one.user_id, one.event_ts AS t1, min(two.event_ts) AS t2
  FROM steps AS one
  LEFT JOIN (SELECT * FROM steps WHERE step = 2) AS two ON two.user_id = one.user_id AND two.event_ts >= one.event_ts
  WHERE one.step = 1
  GROUP BY 1, 2
),
third AS (
  SELECT second.user_id, t1, t2, min(three.event_ts) AS t3
  FROM second
  LEFT JOIN (SELECT * FROM steps WHERE step = 3) AS three ON three.user_id = second.user_id AND three.event_ts >= t2
  GROUP BY 1, 2, 3
),
fourth AS (
  SELECT third.user_id, t1, t2, t3, min(four.event_ts) AS t4
  FROM third
  LEFT JOIN (SELECT * FROM steps WHERE step = 4) AS four ON four.user_id = third.user_id AND four.event_ts >= t3
  GROUP BY 1, 2, 3, 4
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
