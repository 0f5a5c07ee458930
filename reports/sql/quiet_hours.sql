-- title: Hours that are too quiet
-- says: How many hours of each day had fewer than half of the events that are usual at that hour.
-- chart: days
-- unit: hours
-- x: day
-- y: quiet (quiet hours)
-- edges: Usual is the median over all days of the same hour (UTC), by corrected event time. Only hours of which there are three days or more, with a median of 10 events or more: others say little. Before a game has grown its hours are quiet by this rule.
-- with: calendar
WITH hours AS (
  SELECT date(event_ts) AS day, hour(event_ts) AS of_day, count(*) AS events
  FROM events
  WHERE traffic = 'player' AND (:run_id IS NULL OR run_id = :run_id) AND event_ts < :until
  GROUP BY 1, 2
),
all_hours AS (
  SELECT day, of_day
  FROM calendar
  CROSS JOIN UNNEST(sequence(0, 23)) AS t (of_day)
),
counted AS (
  SELECT day, of_day, coalesce(events, 0) AS events
  FROM all_hours
  LEFT JOIN hours USING (day, of_day)
),
compared AS (
  SELECT
    day,
    events,
    approx_percentile(events, 0.5) OVER (PARTITION BY of_day) AS median,
    count(*) OVER (PARTITION BY of_day) AS days
  FROM counted
)
SELECT day, count(*) AS hours, count_if(events < median / 2e0) AS quiet
FROM compared
WHERE days >= 3 AND median >= 10
GROUP BY day
ORDER BY day
