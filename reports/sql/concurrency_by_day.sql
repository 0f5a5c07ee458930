-- title: Players at the same time
-- says: The most sessions that touched one stretch of five minutes, and at which minute of the day that stretch began.
-- chart: days
-- unit: sessions
-- x: day
-- y: peak
-- edges: A session touches every stretch from its first event to its last, also across midnight. Of several peaks the first is shown.
-- with: played, calendar, sessions
WITH marked AS (
  SELECT
    date_diff('second', TIMESTAMP '1970-01-01 00:00:00', began) / 300 AS first_mark,
    date_diff('second', TIMESTAMP '1970-01-01 00:00:00', ended) / 300 AS last_mark
  FROM sessions
),
marks AS (
  SELECT mark, count(*) AS sessions
  FROM marked
  CROSS JOIN UNNEST(sequence(first_mark, last_mark)) AS t (mark)
  GROUP BY mark
),
peaks AS (
  SELECT
    date_add('day', mark / 288, DATE '1970-01-01') AS day,
    max(sessions) AS peak,
    min_by(mark % 288 * 5, ROW(-sessions, mark)) AS minute_of_day
  FROM marks
  GROUP BY 1
)
SELECT day, coalesce(peak, 0) AS peak, minute_of_day
FROM calendar
LEFT JOIN peaks USING (day)
ORDER BY day
