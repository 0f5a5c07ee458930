-- title: Sessions and time played
-- says: How many sessions began on each day, how many a player had, and how long they were.
-- chart: lines
-- unit: minutes
-- x: day
-- y: mean_seconds (mean), median_seconds (median)
-- edges: A session ends with a pause of more than 30 minutes, and belongs to the day on which it began. A session of one event has no length. The median is exact, with the mean of the two in the middle.
-- with: played, activity, calendar, active_days, sessions
WITH session_days AS (
  SELECT day, count(*) AS sessions, sum(length) AS played_ms, array_sort(array_agg(length)) AS lengths
  FROM (SELECT date(began) AS day, date_diff('millisecond', began, ended) AS length FROM sessions)
  GROUP BY day
),
counted AS (
  SELECT day, coalesce(sessions, 0) AS sessions, coalesce(dau, 0) AS dau, coalesce(played_ms, 0) AS played_ms, lengths
  FROM calendar
  LEFT JOIN session_days USING (day)
  LEFT JOIN active_days USING (day)
)
SELECT
  day, sessions, dau,
  CAST(sessions AS DOUBLE) / NULLIF(dau, 0) AS sessions_per_dau,
  played_ms,
  played_ms / 1e3 / NULLIF(dau, 0) AS seconds_per_dau,
  played_ms / 1e3 / NULLIF(sessions, 0) AS mean_seconds,
  (element_at(lengths, (CAST(sessions AS INTEGER) + 1) / 2) + element_at(lengths, CAST(sessions AS INTEGER) / 2 + 1)) / 2e3 AS median_seconds
FROM counted
ORDER BY day
